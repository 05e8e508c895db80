import { mkdir, mkdtemp, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { INCIDENT_WINDOW } from '../support/ask.js';
import { DEMO, run } from '../support/process.js';

// The command `report`: what it writes, and how it fails.

const { from, to } = INCIDENT_WINDOW;
const QUESTION = ['service=checkout-api', `from=${from}`, `to=${to}`];
const report = (...args: string[]) => run(['report', '--profiles', DEMO, ...args]);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'report-'));
});
const inFolder = (name: string) => path.join(folder, name);

describe('a report', () => {
  test('is one page with the answer, its numbers and its question', async () => {
    const file = inFolder('a.html');
    const { code, stdout, stderr } = await report('investigate', ...QUESTION, '--output', file);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Wrote .*a\.html \(\d+(\.\d+)? KiB\): Verdict: CODE REGRESSION/);
    const page = await readFile(file, 'utf8');
    const json = /<script type="application\/json" id="picture">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    const picture = JSON.parse(json);
    expect(picture).toMatchObject({
      version: 1,
      asked: { tool: 'investigate', arguments: { service: 'checkout-api', from, to } },
      data: { verdict: 'code_regression' },
      flames: [{ title: 'cpu' }],
    });
    expect(Math.abs(Date.parse(picture.asked.at) - Date.now())).toBeLessThan(3_600_000);
    // Nothing is fetched: no address, no file of another kind.
    expect(page.replace(json, '')).not.toMatch(/\b(?:src|href)=|@import|url\(/);
  });

  test('as SVG is a drawing without a script', async () => {
    const file = inFolder('a.svg');
    const { code } = await report('compare', ...QUESTION, '--svg', '--output', file);
    expect(code).toBe(0);
    const svg = await readFile(file, 'utf8');
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*► \+ coupon\.loadPattern[\s\S]*<\/svg>\n$/,
    );
    expect(svg).not.toMatch(/<script|\son\w+=|href/);
  });

  test('of a window over midnight names both days', async () => {
    const file = inFolder('days.svg');
    const window = ['from=2026-11-20T12:00:00Z', 'to=2026-11-21T12:00:00Z'];
    await report('summarize', 'service=checkout-api', ...window, '--svg', '--output', file);
    expect(await readFile(file, 'utf8')).toContain('2026-11-20T12:00Z to 2026-11-21T12:00Z"');
  });

  test('does not replace a file unless it is told to', async () => {
    const file = inFolder('mine.html');
    await writeFile(file, 'mine');
    const refused = await report('summarize', 'service=checkout-api', '--output', file);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('exists.\nNext: Give another name, or --force to replace it.');
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect((await report('summarize', 'service=checkout-api', '--force', '--output', file)).code).toBe(0);
    expect(await readFile(file, 'utf8')).toMatch(/^<!doctype html>/);
  });

  test('behind a link replaces the file, not the link', async () => {
    const [file, link] = [inFolder('target.html'), inFolder('link.html')];
    await writeFile(file, 'mine');
    await symlink(file, link);
    expect((await report('summarize', 'service=checkout-api', '--force', '--output', link)).code).toBe(0);
    expect(await readlink(link)).toBe(file);
    expect(await readFile(file, 'utf8')).toMatch(/^<!doctype html>/);
  });

  test.each<[string, () => Promise<string[]>, RegExp]>([
    [
      'a folder in the place of the file',
      async () => {
        await mkdir(inFolder('d'), { recursive: true });
        return ['summarize', 'service=checkout-api', '--force', '--output', inFolder('d')];
      },
      /cannot be written: it is not a regular file/,
    ],
    [
      'a folder that does not exist',
      async () => ['summarize', 'service=checkout-api', '--output', inFolder('no/a.html')],
      /cannot be written: there is no such folder/,
    ],
    [
      'a device in the place of the file',
      async () => ['summarize', 'service=checkout-api', '--force', '--output', '/dev/null'],
      /cannot be written: it is not a regular file/,
    ],
    [
      'an argument that the tool does not have',
      async () => ['investigate', 'servis=a', '--output', inFolder('b.html')],
      /investigate has no argument "servis"/,
    ],
    [
      'an SVG of an answer without a flame graph',
      async () => ['summarize', 'service=nothing', '--svg', '--output', inFolder('c.svg')],
      /This answer has no flame graph/,
    ],
  ])('fails with a reason: %s', async (_name, args, reason) => {
    const { code, stdout, stderr } = await report(...(await args()));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(reason);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});
