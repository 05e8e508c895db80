import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIGHT } from '../../src/report/picture/colours.js';
import type { Flame, Picture } from '../../src/report/picture/format.js';
import { loadCaseFolder } from '../evaluation/case-folder.js';
import { fixture, INCIDENT_WINDOW, INCIDENTS } from '../support/ask.js';
import { hasNoBrowser, startBrowser } from '../support/browser.js';
import { askForPicture } from '../support/pictures.js';
import { type OpenOptions, openPage } from './open-page.js';

const DEMO = { service: 'checkout-api', ...INCIDENT_WINDOW };

describe.skipIf(hasNoBrowser())('the page in a browser', () => {
  let browser: Browser;
  let demo: Picture;
  beforeAll(async () => {
    [browser, demo] = await Promise.all([
      startBrowser(),
      askForPicture(fixture('demo'), 'investigate', DEMO),
    ]);
  });
  afterAll(() => browser?.close());

  const open = (picture: Picture, options?: OpenOptions) => openPage(browser, picture, options);

  const status = (page: Page) => page.locator('.status').first().textContent();

  /** The incidents with their sources; the last one is deeper than the chart is high. */
  const asked = [
    ...INCIDENTS.map(({ name, directory, service }) => ({ name, service, open: async () => directory })),
    {
      name: 'r15-jsonschema',
      service: 'contract-intake',
      open: async () => (await loadCaseFolder(fixture('libraries', 'r15-jsonschema'))).source,
    },
  ];
  test.each(asked)(
    '$name: the verdict, and the culprit without scrolling',
    async ({ service, open: source }) => {
      const picture = await askForPicture(await source(), 'investigate', { service, ...INCIDENT_WINDOW });
      const { page, problems } = await open(picture);
      expect(await page.locator('h1').textContent()).toMatch(/Code regression|Leak|No change found/);
      const [flame] = picture.flames;
      const named = flame?.path[flame.named];
      if (flame !== undefined && named !== undefined) {
        const name = await page.locator('.culprit strong').boundingBox();
        expect(name?.y).toBeLessThan(300);
        const { chart, top } = await page.locator('.chart').evaluate((element, depth) => {
          const { top } = element.getBoundingClientRect();
          return { chart: top, top: top + depth * 18 - element.scrollTop };
        }, flame.nodes.depth[named] ?? 0);
        expect(top).toBeGreaterThanOrEqual(chart);
        expect(top + 18).toBeLessThan(800);
        expect(await countPixels(page, LIGHT.path)).toBeGreaterThan(100);
        expect(await countPixels(page, LIGHT.marks[1])).toBeGreaterThan(100);
      } else {
        expect(await countPixels(page, LIGHT.marks[1])).toBe(0);
      }
      expect(problems).toEqual([]);
      await page.close();
    },
  );

  test('works in a frame without an origin', async () => {
    const { page, problems } = await open(demo, { isFramed: true });
    expect(await page.evaluate(() => window.origin)).toBe('null');
    expect(await status(page)).toContain('coupon.loadPattern');
    expect(problems).toEqual([]);
    await page.close();
  });

  test('the chosen frame, keys and zoom', async () => {
    const { page, problems } = await open(demo);
    expect(await status(page)).toContain('0 → 108 ms per profile (0% → 20.5% of cpu), grew');
    const canvas = page.locator('canvas');
    await canvas.focus();
    await page.keyboard.press('ArrowUp');
    expect(await status(page)).toContain('coupon.(*Validator).pattern');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await status(page)).toContain('regexp.MustCompile');
    await page.keyboard.press('Home');
    expect(await status(page)).toContain('net/http.(*conn).serve');
    const before = await countPixels(page, LIGHT.marks[1]);
    await page.getByRole('button', { name: 'Finding' }).click();
    const zoomed = await waitForChange(page, LIGHT.marks[1], before);
    expect(zoomed).toBeGreaterThan(2 * before);
    await canvas.focus();
    await page.keyboard.press('Escape');
    expect(await waitForChange(page, LIGHT.marks[1], zoomed)).toBeLessThan(zoomed / 2);
    // A click on a frame zooms to it, and a second one gives the width back.
    const box = await canvas.boundingBox();
    await page.mouse.click((box?.x ?? 0) + 600, (box?.y ?? 0) + 9);
    expect(await status(page)).toContain('net/http.(*conn).serve');
    expect(problems).toEqual([]);
    await page.close();
  });

  test('search by text and by RE2; a pattern that is not taken says why', async () => {
    const { page, problems } = await open(demo);
    const input = page.getByRole('searchbox', { name: 'Search functions' });
    await page.locator('canvas').focus();
    await page.keyboard.press('/');
    await page.keyboard.type('LOADPATTERN');
    const result = page.locator('.tools span');
    expect(await result.textContent()).toBe('1 functions, 20.5% of cpu');
    expect(await page.locator('tbody tr').count()).toBe(1);
    expect(await waitForPixels(page, LIGHT.match)).toBeGreaterThan(0);
    await page.getByRole('checkbox', { name: 'RE2' }).check();
    await input.fill('coupon\\.(loadPattern|\\(\\*Validator\\)\\.\\w+)$');
    expect(await result.textContent()).toMatch(/^3 functions, 20\.7% of cpu/);
    await input.fill('(a');
    expect(await result.textContent()).toBe('No pattern: a group is not closed: )');
    await input.fill('');
    expect(await page.locator('tbody tr').count()).toBe(100);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('callers and callees of a function of the table', async () => {
    const { page, problems } = await open(demo);
    await page.getByRole('button', { name: 'json.Unmarshal', exact: true }).first().click();
    await page.getByRole('button', { name: 'Callers and callees' }).click();
    expect(await page.locator('canvas').count()).toBe(2);
    const [callers, callees] = await page.locator('canvas').all();
    expect(await callers?.getAttribute('aria-label')).toContain('Callers of json.Unmarshal');
    await callees?.focus();
    await page.keyboard.press('ArrowDown');
    expect(await status(page)).toMatch(/^encoding\/json\.Unmarshal: /);
    await page.getByRole('button', { name: 'Back' }).click();
    expect(await page.locator('canvas').count()).toBe(1);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('width by the cost before, colours by whose code, entry points at the bottom', async () => {
    const { page, problems } = await open(demo);
    expect(await waitForPixels(page, LIGHT.marks[1])).toBeGreaterThan(0);
    await page.getByLabel('Width of a frame').selectOption('before');
    // Functions that came new had no cost before.
    await expect.poll(() => countPixels(page, LIGHT.marks[1])).toBeLessThan(4_000);
    await page.getByLabel('Width of a frame').selectOption('both');
    await page.getByLabel('Meaning of the colours').selectOption('owner');
    await expect.poll(() => countPixels(page, LIGHT.marks[1])).toBe(0);
    expect(await countPixels(page, LIGHT.owners[0])).toBeGreaterThan(1_000);
    await page.getByRole('button', { name: 'Turn over' }).click();
    const chart = page.locator('.chart').first();
    await expect.poll(() => chart.evaluate((element) => element.scrollTop)).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [320, 'light'],
    [320, 'dark'],
  ] as const)(
    'axe finds nothing serious at %i pixels in %s, and nothing sticks out',
    async (width, scheme) => {
      const { page, problems } = await open(demo, { width, height: 700, scheme });
      await page.locator('summary').click();
      // Injected past the policy, which would refuse it as it should.
      await page.evaluate(
        await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
      );
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: {
            run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
          };
        };
        const { violations } = await axe.run();
        return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html.slice(0, 150)}`);
      });
      expect(violations).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(problems).toEqual([]);
      await page.close();
    },
  );

  test('dark and light differ in more than the ground', async () => {
    const { page } = await open(demo, { scheme: 'dark' });
    expect(await countPixels(page, LIGHT.marks[0])).toBe(0);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(() => countPixels(page, LIGHT.marks[0])).toBeGreaterThan(1_000);
    await page.close();
  });

  test('hostile names stay text: markup, scripts, marks that turn text around, 10,000 characters', async () => {
    const names = [
      '<img src=x onerror=alert(1)>',
      '</script><script>alert(2)</script>',
      '"><svg/onload=alert(3)>',
      '\u202egnp.exe\u2066\u200bab',
      'x'.repeat(10_000),
      '名前'.repeat(3_000),
      '<!--',
      'javascript:alert(4)\'"`alert(5)',
    ];
    const { page, problems } = await open(poison(demo, names));
    expect(await page.locator('img, svg svg, script:not([id])').count()).toBe(1);
    await page.getByRole('button', { name: 'Show all' }).click();
    const text = await page.evaluate(() => document.body.textContent);
    expect(text).toContain('<img src=x onerror=alert(1)>');
    expect(text).not.toMatch(/[\u202e\u2066\u200b]/);
    const attributes = await page.evaluate(() =>
      [...document.querySelectorAll('*')].flatMap((element) =>
        [...element.attributes].map(({ value }) => value),
      ),
    );
    expect(attributes.filter((value) => /[\u202e\u2066\u200b]/.test(value) || value.length > 5_000)).toEqual(
      [],
    );
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('a fleet is a table, the worst first', async () => {
    const picture: Picture = {
      ...demo,
      flames: [],
      courses: [],
      data: {
        scope: { from: INCIDENT_WINDOW.from, to: INCIDENT_WINDOW.to, selector: '{}' },
        services: [
          {
            service: '<b>shop</b>',
            verdict: 'code_regression',
            function: 'a/b.Work',
            profile_type_id: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
            value_before: 1e6,
            value_after: 2e9,
            since: { after: '2026-11-20T14:28:00Z', before: '2026-11-20T14:32:00Z' },
          },
          { service: 'cart', verdict: 'load_increase', function: null },
        ],
        unchanged_count: 7,
      },
    };
    const { page, problems } = await open(picture);
    const rows = await page.locator('.fleet tbody tr').allTextContents();
    expect(rows).toEqual(['<b>shop</b>code regressionb.Work1 ms → 2 s14:32Z', 'cartload increase–––']);
    expect(await page.locator('.fleet p').textContent()).toBe('7 unchanged');
    expect(problems).toEqual([]);
    await page.close();
  });

  test('data that was cut, idle threads and the rule of the colours are said', async () => {
    const [flame] = demo.flames as [Flame];
    const { page } = await open({
      ...demo,
      flames: [{ ...flame, cut: { nodes: 12_345, largest: 0.0004 }, idle: 3.6e12 }],
    });
    const text = await page.evaluate(() => document.body.textContent);
    expect(text).toContain('12345 of ');
    expect(text).toContain('none of more than 0.04% of the total');
    expect(text).toContain('Idle threads are left out: 1 h.');
    expect(text).toContain('Grey: within noise.');
    await page.close();
  });
});

/** The picture with hostile names in the place of functions, files, and words of the answer. */
function poison(picture: Picture, names: readonly string[]): Picture {
  const pick = (at: number) => names[at % names.length] ?? '';
  const flames = picture.flames.map((flame) => ({
    ...flame,
    strings: flame.strings.map((_, at) => pick(at)),
  }));
  const all = names.map((name) => name.slice(0, 500)).join(' ');
  return {
    ...picture,
    text: `Verdict: ${all}\n${all}`,
    asked: { ...picture.asked, tool: pick(1), arguments: { service: pick(3), selector: all } },
    data: {
      ...picture.data,
      verdict_reason: all,
      findings: [{ function: pick(0), sentence: all }],
      links: [{ url: 'javascript:alert(6)', title: pick(0) }],
      scope: { service: pick(0) },
    },
    flames,
    courses: picture.courses.map((course) => ({ ...course, title: pick(3) })),
  };
}

/** Number of pixels of the first canvas that have a colour. */
function countPixels(page: Page, colour: string): Promise<number> {
  return page.evaluate((hex) => {
    const canvas = document.querySelector('canvas');
    const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    let count = 0;
    for (let at = 0; at < data.length; at += 4)
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count++;
    return count;
  }, colour);
}

async function waitForChange(page: Page, colour: string, from: number): Promise<number> {
  await expect.poll(() => countPixels(page, colour)).not.toBe(from);
  return countPixels(page, colour);
}

async function waitForPixels(page: Page, colour: string): Promise<number> {
  await expect.poll(() => countPixels(page, colour)).toBeGreaterThan(0);
  return countPixels(page, colour);
}
