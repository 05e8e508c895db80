import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DARK, LIGHT, type Palette } from '../../src/report/picture/colours.js';
import { fixture, INCIDENT_WINDOW, INCIDENTS } from '../support/ask.js';
import { hasNoBrowser, startBrowser } from '../support/browser.js';
import { askForPicture } from '../support/pictures.js';
import { type OpenOptions, openPage } from './open-page.js';

// Screenshots as a person can review them: every cell of a grid over a drawing is the letter of the colour
// that covers most of it. Letters of names are thin, so that the fonts of a machine do not matter.

const SCREENS = path.join(import.meta.dirname, 'screens');
/** Height of a row of the flame graph, and width of a cell, in pixels. */
const CELL = { width: 10, height: 18 };

const asked = new Map(
  [{ name: 'demo', directory: fixture('demo'), service: 'checkout-api' }, ...INCIDENTS].map((incident) => [
    incident.name,
    incident,
  ]),
);

interface Screen extends OpenOptions {
  name: string;
  incident: string;
  tool: string;
  arguments?: Readonly<Record<string, unknown>>;
  /** Steps of a person before the picture is taken. */
  act?(page: Page): Promise<void>;
}

const WALL = INCIDENTS.find(({ name }) => name.startsWith('16-'))?.name ?? '';
const LEAK = INCIDENTS.find(({ name }) => name.startsWith('05-'))?.name ?? '';

const SCREENS_TAKEN: readonly Screen[] = [
  { name: 'investigate', incident: 'demo', tool: 'investigate' },
  { name: 'investigate-dark', incident: 'demo', tool: 'investigate', scheme: 'dark' },
  { name: 'investigate-narrow', incident: 'demo', tool: 'investigate', width: 320 },
  { name: 'leak', incident: LEAK, tool: 'investigate' },
  { name: 'wall', incident: WALL, tool: 'investigate' },
  { name: 'summary', incident: 'demo', tool: 'summarize_profile', arguments: { profile_type: 'cpu' } },
  {
    name: 'turned-over',
    incident: 'demo',
    tool: 'summarize_profile',
    arguments: { profile_type: 'cpu' },
    act: (page) => page.getByRole('button', { name: 'Turn over' }).click(),
  },
  {
    name: 'search',
    incident: 'demo',
    tool: 'investigate',
    act: (page) => page.getByRole('searchbox', { name: 'Search functions' }).fill('regexp'),
  },
  {
    name: 'zoomed',
    incident: 'demo',
    tool: 'investigate',
    act: (page) => page.getByRole('button', { name: 'Finding' }).click(),
  },
];

describe.skipIf(hasNoBrowser())('screens', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  test.each(SCREENS_TAKEN)('$name', async ({ name, incident, tool, arguments: more, act, ...options }) => {
    const { directory = '', service } = asked.get(incident) ?? {};
    const picture = await askForPicture(directory, tool, { service, ...INCIDENT_WINDOW, ...more });
    const { page, problems } = await openPage(browser, picture, options);
    await act?.(page);
    // Two equal screens in a row: the drawing has come to rest.
    let screen = '';
    await expect
      .poll(async () => {
        const last = screen;
        screen = await readScreen(page, options.scheme === 'dark' ? DARK : LIGHT);
        return screen === last;
      })
      .toBe(true);
    await expect(screen).toMatchFileSnapshot(path.join(SCREENS, `${name}.txt`));
    expect(problems).toEqual([]);
    await page.close();
  });
});

/** The drawings of a page as letters, with the letters explained. */
async function readScreen(page: Page, palette: Palette): Promise<string> {
  const { owners, marks } = palette;
  const letters: Record<string, string> = {
    [palette.ground]: ' ',
    [owners[0]]: 'o',
    [owners[1]]: 'l',
    [owners[2]]: 'r',
    [owners[3]]: '?',
    [marks[0]]: '.',
    [marks[1]]: '+',
    [marks[2]]: '-',
    [palette.cut]: 'c',
    [palette.path]: 'P',
    [palette.match]: 'm',
  };
  const drawings = await page.evaluate(
    ({ letters, cell }) =>
      [...document.querySelectorAll('canvas')].map((canvas) => {
        const { width, height } = canvas;
        const data = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
        const hex = (at: number) =>
          `#${[0, 1, 2].map((part) => (data[at + part] ?? 0).toString(16).padStart(2, '0')).join('')}`;
        const letterAt = (left: number, top: number) => {
          const counts = new Map<string, number>();
          for (let y = top; y < Math.min(height, top + cell.height); y++)
            for (let x = left; x < Math.min(width, left + cell.width); x++) {
              const at = (y * width + x) * 4;
              const colour = data[at + 3] === 0 ? '' : hex(at);
              counts.set(colour, (counts.get(colour) ?? 0) + 1);
            }
          const [most = ''] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
          return most === '' ? ' ' : (letters[most] ?? '~');
        };
        const rows: string[] = [];
        for (let top = 0; top < height; top += cell.height) {
          let row = '';
          for (let left = 0; left < width; left += cell.width) row += letterAt(left, top);
          rows.push(row.trimEnd());
        }
        return `${width} x ${height} pixels\n${rows.join('\n').trimEnd()}`;
      }),
    { letters, cell: CELL },
  );
  return [
    'o own code, l library, r runtime, ? no symbols; . within noise, + grew, - shrank; c cut, P path, m match, ~ faded',
    ...drawings,
    '',
  ].join('\n\n');
}
