import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Flame } from '../../src/report/picture/format.js';
import { readFrames } from '../../src/report/picture/layout.js';
import { drawSvg } from '../../src/report/picture/svg.js';
import { listRows } from '../../view/rows.js';
import { fixture, INCIDENT_WINDOW, INCIDENTS } from '../support/ask.js';
import { askForPicture, buildPage, readBuiltView } from '../support/pictures.js';

type Row = Readonly<Record<string, unknown>>;

/** Objects in a list of an answer. */
function list(data: unknown, name: string): Row[] {
  const value = typeof data === 'object' && data !== null && name in data ? (data as Row)[name] : [];
  return Array.isArray(value) ? value : [];
}

function num(row: Row | undefined, name: string): number {
  const value = row?.[name];
  return typeof value === 'number' ? value : Number.NaN;
}

function rowIn(flame: Flame, name: string) {
  const row = listRows(flame).find((each) => each.name === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
}

describe.each(INCIDENTS)('$name', ({ directory, service }) => {
  const args = { service, ...INCIDENT_WINDOW };

  test('the picture of investigate has the numbers of the finding, and its function on the path', async () => {
    const made = await askForPicture(directory, 'investigate', args);
    const [finding] = list(made.data, 'findings');
    const [flame] = made.flames;
    const name = finding?.function;
    if (typeof name !== 'string') {
      expect(made.flames.every(({ named }) => named === -1)).toBe(true);
      return;
    }
    if (flame === undefined) throw new Error('a finding without a flame graph');
    expect(flame.type.id).toBe(finding?.profile_type_id);
    const at = flame.path[flame.named] ?? -1;
    expect(flame.strings[flame.functions.name[flame.nodes.fn[at] ?? -1] ?? -1]).toBe(name);
    const row = rowIn(flame, name);
    expect(row.total).toBeCloseTo(num(finding, 'value_after'), 2);
    expect(row.before).toBeCloseTo(num(finding, 'value_before'), 2);
    const [before, after] = readFrames(flame).whole;
    expect(row.total / after).toBeCloseTo(num(finding, 'share_after'), 5);
    expect((row.before ?? 0) / (before ?? 1)).toBeCloseTo(num(finding, 'share_before'), 5);
    expect(row.mark).toBe(num(finding, 'value_after') > num(finding, 'value_before') ? 1 : 2);
    expect(made.courses.some(({ title, since }) => title === flame.title && since !== null)).toBe(true);
  });

  test('the picture of a comparison has the numbers of its movers, coloured where they are significant', async () => {
    const made = await askForPicture(directory, 'compare_profiles', args);
    const flame = made.flames.find(({ of }) => !of.startsWith('Only'));
    if (flame === undefined) throw new Error('a comparison without a flame graph');
    for (const mover of list(made.data, 'movers')) {
      const row = rowIn(flame, String(mover.function));
      if (flame.by === 'amount') continue;
      expect(100 * row.change).toBeCloseTo(num(mover, 'delta_pp'), 3);
      expect(row.total).toBeCloseTo(num(mover, 'rate_after'), 2);
      const grew = num(mover, 'delta_pp') > 0 ? 1 : 2;
      expect([mover.function, row.mark]).toEqual([
        mover.function,
        mover.significant && mover.kind !== 'diluted' ? grew : 0,
      ]);
    }
  });

  test('the picture of a summary has the numbers of its top functions and its total', async () => {
    const made = await askForPicture(directory, 'summarize_profile', args);
    const [flame] = made.flames;
    if (flame === undefined) throw new Error('a summary without a flame graph');
    const top = list(made.data, 'top_functions');
    expect(top.length).toBeGreaterThan(3);
    for (const each of top) {
      const row = rowIn(flame, String(each.function));
      expect([row.self, row.total]).toEqual([
        expect.closeTo(num(each, 'self'), 2),
        expect.closeTo(num(each, 'total'), 2),
      ]);
    }
    const frames = readFrames(flame);
    const hottest = list(made.data.hottest_path, 'frames');
    for (const [step, node] of flame.path.entries()) {
      const share = (frames.after[node] ?? 0) / frames.whole[1];
      expect(share).toBeCloseTo(num(hottest[step], 'total_share'), 5);
    }
  });

  test('the page of investigate is under 1 MB', async () => {
    const made = await askForPicture(directory, 'investigate', args);
    expect(Buffer.byteLength(await buildPage(made))).toBeLessThan(1_000_000);
  });
});

test('a picture says nothing of an answer without data but its text', async () => {
  const made = await askForPicture(fixture('demo'), 'summarize_profile', { service: 'nothing-like-it' });
  expect(made.flames).toEqual([]);
  expect(made.text).toContain('No data');
});

test('a timeline has a line with its onset, and one of each label value', async () => {
  const made = await askForPicture(fixture('demo'), 'get_timeline', {
    service: 'checkout-api',
    from: '2026-11-20T14:00:00Z',
    to: '2026-11-20T14:45:00Z',
    group_by: 'pod',
  });
  expect(made.courses.map(({ title }) => title.split('=')[0])).toEqual(['cpu', 'pod', 'pod']);
  const [series] = list(made.data, 'series');
  expect(made.courses[1]?.points.map(({ value }) => Math.round(value ?? 0))).toEqual(
    list(series, 'points').map((point) => Math.round(num(point, 'value'))),
  );
  expect(made.courses[0]?.since).not.toBeNull();
});

test('a filter holds in the picture, too', async () => {
  const made = await askForPicture(fixture('demo'), 'query_profile', {
    service: 'checkout-api',
    ...INCIDENT_WINDOW,
    view: 'tree',
    focus: 'loadPattern',
  });
  const [flame] = made.flames;
  expect(flame?.of).toBe('Only stacks with "loadPattern".');
  expect(listRows(flame as Flame).some(({ name }) => name.includes('gopark'))).toBe(false);
});

test('ten thousand frames fit into 100 KB', async () => {
  const { generateProfile } = await import('../support/generate-profile.js');
  const { decodePprof, pprofToProfile } = await import('../../src/profile/pprof/pprof.js');
  const { changeFlame } = await import('../../src/report/picture/flame.js');
  const { contrast } = await import('../support/contrast.js');
  const sides = [1, 2].map((seed) =>
    pprofToProfile(decodePprof(generateProfile({ nodes: 10_000, seed: 7, slower: seed }).bytes)),
  );
  const [before, after] = sides;
  if (before === undefined || after === undefined) throw new Error('two sides');
  const { parseProfileType } = await import('../../src/profile/types/types.js');
  const type = parseProfileType('process_cpu:cpu:nanoseconds:cpu:nanoseconds');
  if (type === null) throw new Error('cpu is a type');
  const flame = changeFlame(
    {
      kind: 'change',
      type,
      sides: contrast(before, after, { quantum: 10_000_000 }),
      gate: 4,
      windows: { before: { from: 0, to: 1 }, after: { from: 2, to: 3 } },
      of: '',
      finding: null,
    },
    10_000,
  );
  expect(flame.nodes.fn.length).toBeGreaterThan(9_000);
  expect(gzipSync(JSON.stringify(flame)).length).toBeLessThan(100_000);
});

test('the view is one page of at most 60 KB that names nothing outside of it', async () => {
  const view = await readBuiltView();
  expect(Buffer.byteLength(view)).toBeLessThanOrEqual(60_000);
  expect(view).not.toMatch(
    /\b(?:src|href)=["']?[^"' ]|@import|@font-face|url\(|localStorage|sessionStorage|indexedDB/,
  );
  expect(view).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|\beval\(|new Function/);
});

test('a drawing shows hostile names as text', async () => {
  const made = await askForPicture(fixture('demo'), 'summarize_profile', { service: 'checkout-api' });
  const [flame] = made.flames;
  if (flame === undefined) throw new Error('a summary without a flame graph');
  const hostile = ['<script>alert(1)</script>', '"><a href="x">&\'', '\u202eabc', ']]><![CDATA['];
  const strings = flame.strings.map((_, at) => hostile[at % hostile.length] ?? '');
  const svg = drawSvg({ ...flame, strings }, hostile.join(' '));
  const rest = svg.replace(/<\/?(?:svg|g|rect|text|title)(?: [a-z-]+="[^"<>]*")*\/?>/gi, '');
  expect(rest).not.toMatch(/[<>"']/);
  expect(svg).not.toContain('\u202e');
  expect(svg).toContain('&#60;script&#62;');
});
