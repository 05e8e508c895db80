import { describe, expect, test } from 'vitest';
import { type ShareEvidence, shareEvidence } from '../../../test/support/evidence.js';
import { lensRow } from '../../../test/support/lens-row.js';
import type { Alias } from '../../../test/support/type-ids.js';
import { inAgreement } from '../agreement.js';
import { countAtOnce, withSharedWork } from './shared-work.js';

const GAP = 10_000;
const PLAN = {
  baseline: { from: 0, to: 20 * GAP - 1 },
  incident: { from: 20 * GAP, to: 30 * GAP - 1 },
  stepMs: 1_000,
};

/** Instances with the rounds of their first and their last profile. */
type Lives = Readonly<Record<string, readonly [first: number, last: number]>>;

function listTimes(lives: Lives) {
  const series = Object.entries(lives).map(([pod, [first, last]]) => ({
    labels: { pod },
    points: Array.from({ length: last - first + 1 }, (_, at) => ({
      time: (first + at) * GAP + 5_000,
      value: 1,
    })),
  }));
  return { series, stepMs: 1_000 };
}

const OLD: Lives = { a: [0, 19], b: [0, 19] };
const DOUBLED: Lives = { ...OLD, c: [20, 29], d: [20, 29], e: [20, 29], f: [20, 29] };

function findExcuses(
  row: ReturnType<typeof lensRow>,
  given: { lives?: Lives; label?: string | null; evidence?: ShareEvidence; factor?: number } = {},
) {
  const { lives = DOUBLED, label = 'pod', evidence, factor = 0.5 } = given;
  const shares = [{ ...shareEvidence('cpu', evidence), profileTimes: listTimes(lives) }];
  const rows = [lensRow('cpu', 4e9, 4e9 * factor, 0.01), row].map(inAgreement);
  const context = { plan: PLAN, fleet: { instanceLabel: label } };
  return withSharedWork(rows, { shares, context }).map(({ excuse }) => excuse);
}

describe('what fell is no news where more instances share the same work', () => {
  const alloc = (after: number) => lensRow('alloc' satisfies Alias, 100, after, 0.01);

  test.each<[string, number, string | undefined]>([
    ['as much in all', 0.5, 'shared'],
    ['up to 1.2 times as much', 0.599, 'shared'],
    ['more', 0.601, undefined],
    ['down to a 1.2th', 0.418, 'shared'],
    ['less', 0.416, undefined],
  ])('the main type of twice as many: %s', (_, factor, excuse) => {
    expect(findExcuses(alloc(50), { factor })).toEqual([excuse, excuse]);
  });

  test.each<[string, number, string | undefined]>([
    ['within what is small', 34, 'shared'],
    ['by more than that', 33, undefined],
    ['that is unchanged', 100, undefined],
    ['that rose', 160, undefined],
  ])('another type: %s', (_, after, excuse) => {
    expect(findExcuses(alloc(after))).toEqual(['shared', excuse]);
  });

  test.each<[string, Parameters<typeof findExcuses>[1]]>([
    ['the same number was replaced', { lives: { ...OLD, c: [20, 29], d: [20, 29] } }],
    ['instances are not told apart', { label: null }],
    ['code changed', { evidence: { change: {} } }],
    ['new ones still warm up', { evidence: { unsettled: 'price' } }],
  ])('not where %s', (_, given) => {
    expect(findExcuses(alloc(50), given)).toEqual([undefined, undefined]);
  });

  test('six for five are more, and eleven for ten are not', () => {
    const crew = (count: number, life: readonly [number, number]): Lives =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`${life[0]}-${at}`, life]));
    const scaled = (was: number, is: number): Lives => ({ ...crew(was, [0, 19]), ...crew(is, [20, 29]) });
    expect(findExcuses(alloc(60), { lives: scaled(5, 6), factor: 0.83 })).toEqual([undefined, 'shared']);
    expect(findExcuses(alloc(60), { lives: scaled(10, 11), factor: 0.83 })).toEqual([undefined, undefined]);
  });

  test('a reason that is known stays', () => {
    expect(findExcuses({ ...lensRow('goroutines', 400, 150, null), excuse: 'restart' })).toEqual([
      'shared',
      'restart',
    ]);
  });
});

describe('instances that run at the same time', () => {
  const WINDOW = { from: 0, to: 15 * GAP - 1 };
  test.each<[string, Lives, number | null]>([
    ['are counted', { a: [0, 14], b: [0, 14] }, 2],
    ['count once with their replacements', { a: [0, 6], b: [0, 6], c: [7, 14], d: [7, 14] }, 2],
    ['are usually as many, though one came late', { a: [0, 14], b: [12, 14] }, 1],
    ['are unknown of too few rounds', { a: [0, 2] }, null],
  ])('%s', (_, lives, expected) => {
    expect(countAtOnce(listTimes(lives), WINDOW, 'pod')).toBe(expected);
  });

  test('are unknown without their label, and as sums of a large fleet', () => {
    const times = listTimes({ a: [0, 14] });
    expect(countAtOnce(times, WINDOW, null)).toBeNull();
    expect(countAtOnce({ ...times, largeFleet: [] }, WINDOW, 'pod')).toBeNull();
  });
});
