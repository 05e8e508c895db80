import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { safeRow } from '../text/sanitise.js';
import { type Answer, type Block, BUDGET, type JsonObject, renderJson, renderText } from './render.js';

const bytes = (text: string) => Buffer.byteLength(text);
const rows = (count: number, row = 'row') => Array.from({ length: count }, (_, index) => `${row} ${index}`);
const anyText = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '"', 'é', '…', '😀', '\ud83d', '\ude00') });

describe('renderText', () => {
  test('blocks follow one another; a block without rows is left out with its title', () => {
    const blocks = [{ title: 'One:', rows: ['a', 'b'] }, { title: 'None:', rows: [] }, { rows: ['c'] }];
    expect(renderText(blocks, 1_000)).toBe('One:\na\nb\nc');
    expect(renderText([], 1_000)).toBe('');
  });

  test('rows are cut from the end of the last block that allows it, and it says how many', () => {
    const text = renderText(
      [{ rows: rows(3) }, { title: 'Table:', rows: rows(200), keep: 5, more: 'ask with a limit' }],
      500,
    );
    expect(bytes(text)).toBeLessThanOrEqual(500);
    const left = /^… (\d+) more: ask with a limit$/m.exec(text)?.[1];
    expect(text.split('\n').length - 3 - 1 - 1).toBe(200 - Number(left));
    expect(text.startsWith('row 0\nrow 1\nrow 2\nTable:\nrow 0\n')).toBe(true);
  });

  test('a cut measures each line once, not the whole answer at every step', () => {
    const measure = vi.spyOn(String.prototype, 'codePointAt');
    try {
      const blocks = ['One', 'Two', 'Three'].map((title) => ({ title, rows: rows(3_000), keep: 0 }));
      const all = blocks.reduce((sum, block) => sum + bytes(block.rows.join('\n')), 0);
      renderText(blocks, 500);
      const measured = measure.mock.calls.length;
      expect(measured).toBeGreaterThan(0);
      expect(measured).toBeLessThan(2 * all);
    } finally {
      measure.mockRestore();
    }
  });

  test('rows to keep stay over the budget', () => {
    expect(renderText([{ rows: rows(200) }], 500)).toBe(rows(200).join('\n'));
    expect(renderText([{ rows: rows(200), keep: 100 }], 500)).toBe(
      [...rows(200).slice(0, 100), '… 100 more'].join('\n'),
    );
  });

  test('over the hard cap whole lines are left out, and their number is said', () => {
    const all = rows(10_000, 'a row that must stay');
    const text = renderText([{ rows: all }], 500);
    expect(bytes(text)).toBeLessThanOrEqual(BUDGET.max);
    expect(bytes(text)).toBeGreaterThan(BUDGET.max - 300);
    const lines = text.split('\n');
    const lastLine = lines.pop() ?? '';
    expect(lines).toEqual(all.slice(0, lines.length));
    expect(lastLine).toBe(
      `… ${10_000 - lines.length} more lines left out: the answer is over ${BUDGET.max} bytes. Narrow the request: a smaller limit, a shorter window (from, to) or a further matcher in selector.`,
    );
  });

  test('a single line over the hard cap leaves what was left out', () => {
    expect(renderText([{ rows: ['😀'.repeat(BUDGET.max)] }], 500)).toMatch(/^… 1 more line left out: /);
  });

  const block: fc.Arbitrary<Block> = fc.record(
    {
      title: anyText,
      rows: fc.oneof(
        fc.array(anyText, { maxLength: 60 }),
        fc.tuple(anyText, fc.nat(3_000)).map(([row, count]) => rows(count, row)),
        fc.nat(40_000).map((length) => ['x'.repeat(length), 'y']),
      ),
      keep: fc.integer({ min: -1, max: 50 }),
      more: anyText,
    },
    { requiredKeys: ['rows'] },
  );

  test('any blocks in any budget: bounded, well-formed, and a cut is said', () => {
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 5 }),
        fc.integer({ min: 500, max: 2 * BUDGET.max }),
        (blocks, budget) => {
          const text = renderText(blocks, budget);
          expect(bytes(text)).toBeLessThanOrEqual(Math.max(budget, BUDGET.max));
          expect(text.isWellFormed()).toBe(true);
          const whole = blocks
            .filter((part) => part.rows.length > 0)
            .flatMap((part) => [...(part.title === undefined ? [] : [part.title]), ...part.rows])
            .map(safeRow)
            .join('\n');
          if (text !== whole) expect(text).toMatch(/… \d+ more/);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('blocks that may be cut to nothing hold any budget', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(400), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 500, max: BUDGET.max }),
        (counts, budget) => {
          const text = renderText(
            counts.map((count) => ({ title: 'Table:', rows: rows(count), keep: 0 })),
            budget,
          );
          expect(bytes(text)).toBeLessThanOrEqual(budget);
        },
      ),
    );
  });
});

describe('renderJson', () => {
  const parse = (answer: Answer, budget?: number): JsonObject => JSON.parse(renderJson(answer, budget));
  const readList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const named = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `name-${index}` }));

  test('what fits is given as it is', () => {
    const data = { scope: { source: 'a' }, list: named(3), none: null, notes: ['n'] };
    expect(parse({ data, text: [], lists: ['list', 'absent', 'scope.absent', 'none.x'] })).toEqual(data);
  });

  test('the longest list is cut from the end, and the notes say how many of which', () => {
    const data = { short: named(3), long: named(2_000), notes: ['first'] };
    const answer = parse({ data, text: [], lists: ['short', 'long'] }, 2_000);
    expect(answer.short).toEqual(data.short);
    const kept = readList(answer.long);
    expect(kept).toEqual(data.long.slice(0, kept.length));
    expect(answer.notes).toEqual([
      'first',
      `${2_000 - kept.length} more in long left out to fit the answer; narrow the request.`,
    ]);
  });

  test('a list inside an object is cut by its dotted path, and its neighbours stay', () => {
    const frames = Array.from({ length: 300 }, (_, index) => ({ function: 'f'.repeat(200), line: index }));
    const data = { hottest_path: { frames, explains_until: 3 }, top: [1, 2], notes: [] };
    const text = renderJson({ data, text: [], lists: ['hottest_path.frames', 'top'] });
    expect(bytes(text)).toBeLessThanOrEqual(BUDGET.max);
    const answer = JSON.parse(text);
    const kept = answer.hottest_path.frames.length;
    expect(kept).toBeGreaterThan(80);
    expect(answer).toEqual({
      hottest_path: { frames: frames.slice(0, kept), explains_until: 3 },
      top: [1, 2],
      notes: [`${300 - kept} more in hottest_path.frames left out to fit the answer; narrow the request.`],
    });
    expect(data.hottest_path.frames).toHaveLength(300);
  });

  test('long texts are cut when the lists do not suffice', () => {
    const data = { headline: 'h'.repeat(40_000), list: [{ name: 'n'.repeat(90) }], next: ['é'.repeat(500)] };
    const answer = parse({ data, text: [], lists: ['list'] }, 3_000);
    expect(answer).toEqual({
      headline: `${'h'.repeat(999)}…`,
      list: data.list,
      next: data.next,
      notes: ['Texts over 1000 characters are cut to fit the answer ("…"); narrow the request.'],
    });
  });

  test('what cannot be cut is left out whole, and the answer says how to narrow', () => {
    const data = { numbers: Array.from({ length: 20_000 }, (_, index) => index), scope: { source: 'a' } };
    expect(parse({ data, text: [], lists: [] })).toEqual({
      too_large: true,
      notes: [
        'The answer does not fit into 28000 bytes and was left out. Narrow the request: a smaller limit, a shorter window (from, to) or a further matcher in selector.',
      ],
    });
  });

  const leaf = fc.oneof(
    anyText,
    fc.double({ noNaN: true }),
    fc.constant(null),
    fc.nat(20_000).map((length) => 'é'.repeat(length)),
  );
  const list = fc.oneof(
    fc.array(fc.record({ name: anyText, value: leaf }), { maxLength: 20 }),
    fc.nat(2_000).map((count) => Array.from({ length: count }, (_, index) => ({ rank: index }))),
  );

  test('any data in any budget: bounded, parseable, well-formed, and a cut is said', () => {
    fc.assert(
      fc.property(
        fc.record({
          headline: leaf,
          top: list,
          unlisted: fc.oneof(fc.constant([]), list),
          path: fc.record({ frames: list, share: leaf }),
          notes: fc.array(anyText, { maxLength: 3 }),
        }),
        fc.integer({ min: 500, max: BUDGET.max }),
        (data, budget) => {
          const text = renderJson(
            { data, text: [], lists: ['top', 'path.frames', 'headline', 'x.y'] },
            budget,
          );
          expect(bytes(text)).toBeLessThanOrEqual(budget);
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/);
          const answer = JSON.parse(text);
          if (answer.too_large === true) return;
          const left = data.top.length - answer.top.length;
          const missing = data.path.frames.length - answer.path.frames.length;
          if (left > 0) expect(answer.notes.join('\n')).toContain(`${left} more in top left out`);
          if (missing > 0)
            expect(answer.notes.join('\n')).toContain(`${missing} more in path.frames left out`);
          expect(answer.top.length).toBeGreaterThanOrEqual(Math.min(1, data.top.length));
        },
      ),
      { numRuns: 300 },
    );
  });
});
