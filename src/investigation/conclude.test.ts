import { describe, expect, test } from 'vitest';
import { getName } from '../../test/support/contrast.js';
import {
  buildReading,
  levelEvidence,
  type ReadingEvidence,
  shareEvidence,
  waitEvidence,
} from '../../test/support/evidence.js';
import { type Cause, conclude } from './conclude.js';
import type { LevelLens } from './evidence/levels.js';
import type { WaitLens } from './evidence/waits.js';

/** `leak goroutines`, `code cpu price`: a cause as a row of a table states it. */
function causeText(cause: Cause): string {
  const change = cause.kind === 'code' || cause.kind === 'moved' ? cause.of.change : null;
  const culprit = change === null ? [] : [getName(change.analysis, change.culprit.fn)];
  return [cause.kind, cause.of.lens.type.alias, ...culprit].join(' ');
}

function concluded(evidence: ReadingEvidence) {
  const { verdict, causes } = conclude(buildReading(evidence));
  return { verdict, causes: causes.map(causeText) };
}

const GREW = { from: { 'main serve': 10 }, to: { 'main serve': 40 } };
const LEAK = levelEvidence('inuse', { before: 10, after: 40, hasGrown: GREW });
const GOROUTINE_LEAK = levelEvidence('goroutines', { before: 10, after: 40, hasGrown: GREW });
const HIDDEN_LEAK = levelEvidence('inuse', { before: 68, after: 92, hasGrown: GREW, isHidden: true });
const HELD_BY_CODE = levelEvidence('inuse', {
  before: 68,
  after: 92,
  hasGrown: { from: { 'main serve price': 10 }, to: { 'main serve price': 40 } },
  isHidden: true,
});
const CONTENTION = waitEvidence('mutex', { before: 0.1, after: 2.1, hasGrown: GREW });
const CODE = shareEvidence('cpu', { change: { addedSeconds: 0.5 } });
const BUSY_CODE = shareEvidence('cpu', {
  after: { 'main serve price': 4e9, 'main serve stock': 300, 'main poll': 400, 'runtime.gc': 100 },
  change: { addedSeconds: 0.5 },
});
const QUEUE = levelEvidence('goroutines', {
  before: 10,
  after: 40,
  hasGrown: {
    from: { 'main serve sync.(*Mutex).Lock runtime.gopark': 10 },
    to: { 'main serve sync.(*Mutex).Lock runtime.gopark': 40 },
  },
});
const LESS = shareEvidence('cpu', {
  after: { 'main serve price': 90, 'main serve stock': 290, 'main poll': 390, 'runtime.gc': 90 },
  load: { risen: 1.3, z: 4, hasRisen: true },
});
const MOVED = shareEvidence('cpu', { change: { from: 'stock' } });
const MOVED_ALLOCATIONS = shareEvidence('alloc', { change: { culprit: 'poll', from: 'stock' } });
const LOAD = shareEvidence('wall', { load: { risen: 2, z: 8, hasRisen: true } });
const CALM = shareEvidence('cpu');
const RISE_OF_CODE = shareEvidence('wall', {
  before: { 'main serve price': 10, 'main serve poll': 10 },
  after: { 'main serve price': 60, 'main serve poll': 15 },
  load: { risen: 3, z: 8, hasRisen: true },
});

test('a baseline of two rounds of profiles does not tell how the load swings', () => {
  const { series, stepMs } = LOAD.profileTimes;
  const last = (LOAD.windows.baseline.at(-1)?.to ?? 0) - 10 * 60_000;
  const brief = series.map(({ labels, points }) => ({
    labels,
    points: points.filter(({ time }) => time > last),
  }));
  const of = { ...LOAD, profileTimes: { series: brief, stepMs } };
  expect(conclude(buildReading({ shares: [LOAD] })).verdict).toBe('load_increase');
  expect(conclude(buildReading({ shares: [of] })).verdict).toBe('no_change');
});

describe('which verdict wins, and what else is named', () => {
  test.each([
    {
      what: 'a leak before everything else; what only moved is no news beside it',
      evidence: { levels: [LEAK], waits: [CONTENTION], shares: [CODE, MOVED_ALLOCATIONS, LOAD] },
      verdict: 'leak',
      causes: ['leak inuse', 'contention mutex', 'code cpu price', 'load wall'],
    },
    {
      what: 'a leak beneath a large level only where nothing else is told',
      evidence: { levels: [HIDDEN_LEAK], shares: [CALM] },
      verdict: 'leak',
      causes: ['leak inuse'],
    },
    {
      what: 'a change of code before a leak beneath a large level',
      evidence: { levels: [HIDDEN_LEAK], shares: [CODE] },
      verdict: 'code_regression',
      causes: ['code cpu price', 'leak inuse'],
    },
    {
      what: 'a leak beneath a large level, where the changed function holds it',
      evidence: { levels: [HELD_BY_CODE], shares: [CODE] },
      verdict: 'leak',
      causes: ['leak inuse', 'code cpu price'],
    },
    {
      what: 'a leak beneath a large level before what only moved',
      evidence: { levels: [HIDDEN_LEAK], shares: [MOVED] },
      verdict: 'leak',
      causes: ['leak inuse'],
    },
    {
      what: 'the load before a leak beneath a large level',
      evidence: { levels: [HIDDEN_LEAK], shares: [LOAD] },
      verdict: 'load_increase',
      causes: ['load wall', 'leak inuse'],
    },
    {
      what: 'contention before code that added less',
      evidence: { waits: [CONTENTION], shares: [CODE, MOVED_ALLOCATIONS, LOAD] },
      verdict: 'contention',
      causes: ['contention mutex', 'code cpu price', 'load wall'],
    },
    {
      what: 'code alone where all of the time that came with it is more than what contention added',
      evidence: { waits: [CONTENTION], shares: [BUSY_CODE] },
      verdict: 'code_regression',
      causes: ['code cpu price'],
    },
    {
      what: 'contention before the goroutines that queue for the lock',
      evidence: { waits: [CONTENTION], levels: [QUEUE] },
      verdict: 'contention',
      causes: ['contention mutex', 'leak goroutines'],
    },
    {
      what: 'goroutines that wait for a lock which nobody gives on',
      evidence: { levels: [QUEUE] },
      verdict: 'leak',
      causes: ['leak goroutines'],
    },
    {
      what: 'no load where the service costs less as a whole',
      evidence: { shares: [LESS] },
      verdict: 'no_change',
      causes: [],
    },
    {
      what: 'code before moved code and load',
      evidence: { shares: [CODE, MOVED_ALLOCATIONS, LOAD] },
      verdict: 'code_regression',
      causes: ['code cpu price', 'load wall'],
    },
    {
      what: 'the rise of another type that the changed function holds is no load',
      evidence: { shares: [CODE, RISE_OF_CODE] },
      verdict: 'code_regression',
      causes: ['code cpu price'],
    },
    {
      what: 'moved code before load',
      evidence: { shares: [MOVED, LOAD] },
      verdict: 'moved',
      causes: ['moved cpu price', 'load wall'],
    },
    { what: 'load alone', evidence: { shares: [LOAD] }, verdict: 'load_increase', causes: ['load wall'] },
    {
      what: 'nothing',
      evidence: { levels: [levelEvidence('inuse')], waits: [waitEvidence('mutex')], shares: [CALM] },
      verdict: 'no_change',
      causes: [],
    },
  ])('$what', ({ evidence, verdict, causes }) => {
    expect(concluded(evidence)).toEqual({ verdict, causes });
  });
});

describe('leaks', () => {
  test('parked goroutines hold memory: where both rise they come first, in whatever order they were read', () => {
    for (const levels of [
      [LEAK, GOROUTINE_LEAK],
      [GOROUTINE_LEAK, LEAK],
    ])
      expect(concluded({ levels }).causes).toEqual(['leak goroutines', 'leak inuse']);
  });

  const frameworks = { from: { 'runtime.serve': 10 }, to: { 'runtime.serve': 40 } };
  test.each([
    {
      what: 'frameworks alone, as much as the load explains',
      hasGrown: frameworks,
      after: 29,
      verdict: 'load_increase',
    },
    {
      what: 'frameworks alone, by more than the load explains',
      hasGrown: frameworks,
      after: 31,
      verdict: 'leak',
    },
    { what: 'own code, as much as the load explains', hasGrown: GREW, after: 29, verdict: 'leak' },
  ])('$what, while the load doubled', ({ hasGrown, after, verdict }) => {
    const levels = [levelEvidence('goroutines', { before: 10, after, hasGrown })];
    expect(concluded({ levels, shares: [LOAD] }).verdict).toBe(verdict);
  });

  test.each([
    { what: 'held as much as the load explains', held: { before: 10, after: 29 }, leaks: false },
    { what: 'held more than the load explains', held: { before: 10, after: 31 }, leaks: true },
    { what: 'held nothing before', held: { before: 0, after: 31 }, leaks: true },
  ])('beneath a large level a place of frameworks that $what, while the load doubled', ({ held, leaks }) => {
    const hasGrown = { from: { 'runtime.serve': held.before }, to: { 'runtime.serve': held.after } };
    const levels = [levelEvidence('inuse', { before: 68, after: 92, hasGrown, isHidden: true })];
    const { causes } = concluded({ levels, shares: [LOAD] });
    expect(causes).toEqual(['load wall', ...(leaks ? ['leak inuse'] : [])]);
  });

  test('of goroutines are none on a throttled host', () => {
    const levels = [GOROUTINE_LEAK, LEAK];
    const starved = { ...waitEvidence('mutex'), dismissed: 'starved' as const };
    expect(concluded({ levels, waits: [starved] }).causes).toEqual(['leak inuse']);
    const alike = { ...waitEvidence('mutex'), dismissed: 'alike' as const };
    expect(concluded({ levels, waits: [alike] }).causes).toEqual(['leak goroutines', 'leak inuse']);
  });

  /** Goroutines, or what else, that rose to 40 in all, of 10 before, in the given stacks below `serve`. */
  const waiting = (alias: 'goroutines' | 'inuse', stacks: Readonly<Record<string, number>>) =>
    levelEvidence(alias, {
      before: 10,
      after: 40,
      hasGrown: {
        from: { 'main serve': 10 },
        to: Object.fromEntries(
          Object.entries(stacks).map(([stack, value]) => [`main serve ${stack}`, value]),
        ),
      },
    });
  const LOCK = 'sync.(*Mutex).Lock runtime.gopark';
  test.each<[string, ReadingEvidence['levels'], string]>([
    ['goroutines that wait for locks are its queue', [QUEUE], 'contention'],
    [
      'goroutines of which most wait for locks',
      [waiting('goroutines', { [LOCK]: 24, 'runtime.chanrecv1': 16 })],
      'contention',
    ],
    [
      'goroutines of which most wait for something else',
      [waiting('goroutines', { [LOCK]: 18, 'runtime.chanrecv1': 14, 'runtime.selectgo': 14 })],
      'leak',
    ],
    ['goroutines that wait for work', [waiting('goroutines', { 'runtime.chanrecv1': 40 })], 'leak'],
    ['goroutines that do not wait', [GOROUTINE_LEAK], 'leak'],
    ['memory that was allocated under a lock', [waiting('inuse', { [LOCK]: 40 })], 'leak'],
  ])('beside contention: %s', (_, levels, verdict) => {
    expect(concluded({ levels: levels ?? [], waits: [CONTENTION] }).verdict).toBe(verdict);
  });

  const measured = (waiters?: 'leak' | 'queue', place = 'serve') =>
    waitEvidence('block', {
      before: 0.1,
      after: 2.1,
      hasGrown: { from: { [`main ${place}`]: 10 }, to: { [`main ${place}`]: 40 } },
      ...(waiters === undefined ? {} : { waiters }),
    });
  test.each<[string, LevelLens, WaitLens, readonly string[]]>([
    [
      'the waits of goroutines that leak are the same cause',
      GOROUTINE_LEAK,
      measured('leak'),
      ['leak goroutines'],
    ],
    ['so they are where those wait for locks', QUEUE, measured('leak'), ['leak goroutines']],
    [
      'a queue that was measured stands before the goroutines that wait in it',
      GOROUTINE_LEAK,
      measured('queue'),
      ['contention block', 'leak goroutines'],
    ],
    ['waits that nobody counted, of no locks', GOROUTINE_LEAK, measured(), ['leak goroutines']],
    ['waits that nobody counted, of locks', QUEUE, measured(), ['contention block', 'leak goroutines']],
    [
      'a queue elsewhere',
      GOROUTINE_LEAK,
      measured('queue', 'stock'),
      ['leak goroutines', 'contention block'],
    ],
    ['waits elsewhere', GOROUTINE_LEAK, measured('leak', 'stock'), ['leak goroutines', 'contention block']],
    ['memory that leaks where others queue', LEAK, measured('leak'), ['leak inuse', 'contention block']],
    [
      'goroutines that leak beneath many others',
      levelEvidence('goroutines', { before: 68, after: 92, hasGrown: GREW, isHidden: true }),
      measured('leak'),
      ['leak goroutines'],
    ],
  ])('beside contention: %s', (_, level, wait, causes) => {
    expect(concluded({ levels: [level], waits: [wait] }).causes).toEqual(causes);
    const { causes: told } = conclude(buildReading({ levels: [level], waits: [wait] }));
    const isOfLeak = causes.length === 1;
    expect(told.map((cause) => (cause.kind === 'leak' ? cause.waits : []))).toEqual(
      causes.map(() => (isOfLeak ? [wait] : [])),
    );
  });

  test('goroutines that wait for locks are no queue without contention', () => {
    expect(concluded({ levels: [QUEUE], shares: [LOAD] }).verdict).toBe('leak');
  });

  test('frameworks alone, while the load stayed', () => {
    const levels = [levelEvidence('goroutines', { before: 10, after: 29, hasGrown: frameworks })];
    expect(concluded({ levels, shares: [CALM] }).verdict).toBe('leak');
  });
});

describe('contention beside a change of code', () => {
  const contention = (added: number) =>
    waitEvidence('mutex', { before: 0.1, after: 0.1 + added, hasGrown: GREW });
  const code = (addedSeconds: number) => shareEvidence('cpu', { change: { addedSeconds } });

  test.each([
    {
      what: 'waiting grew by more time than the code added',
      waited: 0.5,
      computed: 0.4,
      verdict: 'contention',
    },
    {
      what: 'waiting grew by less: it follows from the code',
      waited: 0.3,
      computed: 0.4,
      verdict: 'code_regression',
    },
  ])('$what', ({ waited, computed, verdict }) => {
    const { causes, ...rest } = concluded({ waits: [contention(waited)], shares: [code(computed)] });
    expect(rest.verdict).toBe(verdict);
    expect(causes.includes('contention mutex')).toBe(verdict === 'contention');
  });

  test('a change of allocations adds no time', () => {
    const shares = [shareEvidence('cpu'), shareEvidence('alloc', { change: { addedSeconds: 99 } })];
    expect(concluded({ waits: [contention(0.01)], shares }).verdict).toBe('contention');
  });
});

describe('a change of code in several types', () => {
  const grown = { 'main serve price': 200, 'main serve stock': 300, 'main poll': 400, 'runtime.gc': 100 };
  const time = shareEvidence('cpu', { after: grown, change: {} });
  const allocations = shareEvidence('alloc', { change: { culprit: 'stock' } });
  /** The culprit's share of the CPU profile grew from 100 of 900 to 200 of 1,000: by 8.9 points. */
  const GROWTH = 200 / 1_000 - 100 / 900;
  const collector = (growth: number, hasGrown = true) => ({ before: 0.1, after: 0.1 + growth, hasGrown });

  test.each([
    {
      what: 'time first, allocations after it',
      collector: null,
      causes: ['code cpu price', 'code alloc stock'],
    },
    {
      what: 'allocations first where the collector grew by more than the code',
      collector: collector(GROWTH + 0.01),
      causes: ['code alloc stock', 'code cpu price'],
    },
    {
      what: 'time first where the collector grew by less than the code',
      collector: collector(GROWTH - 0.01),
      causes: ['code cpu price', 'code alloc stock'],
    },
    {
      what: 'time first where the growth of the collector is within noise',
      collector: collector(GROWTH + 0.01, false),
      causes: ['code cpu price', 'code alloc stock'],
    },
  ])('$what', ({ causes, ...evidence }) => {
    for (const shares of [
      [time, allocations],
      [allocations, time],
    ])
      expect(concluded({ shares, collector: evidence.collector }).causes).toEqual(causes);
  });

  test('the collector is compared with the growth of time alone', () => {
    const more = shareEvidence('alloc', {
      after: { ...grown, 'main serve stock': 3_000 },
      change: { culprit: 'stock' },
    });
    expect(concluded({ shares: [time, more], collector: collector(GROWTH + 0.01) }).causes).toEqual([
      'code alloc stock',
      'code cpu price',
    ]);
  });

  test('exceptions are never put first by the collector', () => {
    const exceptions = shareEvidence('exceptions', { change: { culprit: 'stock' } });
    expect(concluded({ shares: [exceptions, time], collector: collector(0.5) }).causes).toEqual([
      'code cpu price',
      'code exceptions stock',
    ]);
  });

  test('what only moved in one type did not grow in another', () => {
    const shares = [MOVED, shareEvidence('alloc', { change: { culprit: 'price' } })];
    expect(concluded({ shares })).toEqual({ verdict: 'moved', causes: ['moved cpu price'] });
    const other = [MOVED, shareEvidence('alloc', { change: { culprit: 'poll' } })];
    expect(concluded({ shares: other }).verdict).toBe('code_regression');
  });
});

describe('load', () => {
  const rise = (z: number, risen = 2) => ({ load: { ratio: risen, risen, z, hasRisen: false } });
  const cpu = (z: number, risen?: number) => shareEvidence('cpu', rise(z, risen));
  const alloc = (z: number, risen?: number) => shareEvidence('alloc', rise(z, risen));

  test.each([
    { what: 'time rose beyond doubt', shares: [LOAD], causes: ['load wall'] },
    {
      what: 'time rose by 2 standard errors, allocations by 2.5',
      shares: [cpu(2), alloc(2.5)],
      causes: ['load cpu'],
    },
    { what: 'time rose by less', shares: [cpu(1.9), alloc(9)], causes: [] },
    { what: 'allocations rose by less', shares: [cpu(3), alloc(2.4)], causes: [] },
    { what: 'time rose by less than a fifth', shares: [cpu(3, 1.19), alloc(9)], causes: [] },
    { what: 'time rose by a fifth', shares: [cpu(3, 1.2), alloc(9)], causes: ['load cpu'] },
    { what: 'allocations rose by less than a fifth', shares: [cpu(3), alloc(9, 1.19)], causes: [] },
    { what: 'time alone, not beyond doubt', shares: [cpu(3)], causes: [] },
    {
      what: 'a second type of time is no witness',
      shares: [cpu(3), shareEvidence('wall', rise(3))],
      causes: [],
    },
    {
      what: 'allocations that doubled beyond doubt rose on their own',
      shares: [CALM, shareEvidence('alloc', { load: { risen: 2, z: 9, hasRisen: true } })],
      causes: ['load alloc'],
    },
    {
      what: 'allocations that rose by less than half are no finding',
      shares: [CALM, shareEvidence('alloc', { load: { risen: 1.45, z: 9, hasRisen: true } })],
      causes: [],
    },
    {
      what: 'a rise of time while new instances warm up is none',
      shares: [shareEvidence('cpu', { load: { risen: 2, z: 9, hasRisen: true }, unsettled: 'init' })],
      causes: [],
    },
    {
      what: 'nor is one of allocations',
      shares: [CALM, shareEvidence('alloc', { load: { risen: 2, z: 9, hasRisen: true }, unsettled: 'init' })],
      causes: [],
    },
    {
      what: 'a type whose code changed tells nothing about the load',
      shares: [shareEvidence('cpu', { change: {}, load: { risen: 2, z: 9, hasRisen: true } })],
      causes: ['code cpu price'],
    },
    {
      what: 'a rise in the smaller part of the instances is no witness',
      shares: [cpu(3), shareEvidence('alloc', { ...rise(9), isPartly: true })],
      causes: [],
    },
    {
      what: 'a rise of time in the smaller part of the instances is none',
      shares: [shareEvidence('cpu', { ...rise(3), isPartly: true }), alloc(9)],
      causes: [],
    },
  ])('$what', ({ shares, causes }) => {
    expect(concluded({ shares }).causes).toEqual(causes);
  });
});

describe('no change, or nothing to tell it by', () => {
  const few = (samples: { before: number; after: number }) => shareEvidence('cpu', { samples });

  test.each([
    { what: 'no type at all', evidence: {}, verdict: 'inconclusive' },
    {
      what: 'no profile in the baseline',
      evidence: { shares: [CALM], profilesBefore: 0 },
      verdict: 'inconclusive',
    },
    {
      what: 'cost rose in the smaller part of the instances',
      evidence: { shares: [shareEvidence('cpu', { isPartly: true })], levels: [levelEvidence('inuse')] },
      verdict: 'inconclusive',
    },
    {
      what: 'new instances still warm up',
      evidence: { shares: [shareEvidence('cpu', { unsettled: 'init' })], levels: [levelEvidence('inuse')] },
      verdict: 'inconclusive',
    },
    {
      what: '39 samples after',
      evidence: { shares: [few({ before: 500, after: 39 })] },
      verdict: 'inconclusive',
    },
    {
      what: '39 samples before',
      evidence: { shares: [few({ before: 39, after: 500 })] },
      verdict: 'inconclusive',
    },
    { what: '40 samples', evidence: { shares: [few({ before: 40, after: 40 })] }, verdict: 'no_change' },
    {
      what: 'few samples of time, but levels that did not rise',
      evidence: { shares: [few({ before: 9, after: 9 })], levels: [levelEvidence('inuse')] },
      verdict: 'no_change',
    },
    {
      what: 'few samples of time, but waits that did not grow',
      evidence: { shares: [few({ before: 9, after: 9 })], waits: [waitEvidence('mutex')] },
      verdict: 'no_change',
    },
    {
      what: 'no profile of time, but levels',
      evidence: { levels: [levelEvidence('inuse')] },
      verdict: 'no_change',
    },
    {
      what: 'a type that could not be read',
      evidence: { unread: ['cpu' as const] },
      verdict: 'inconclusive',
    },
  ])('$what: $verdict', ({ evidence, verdict }) => {
    expect(concluded(evidence)).toEqual({ verdict, causes: [] });
  });
});

describe('a garbage collector that costs more for itself', () => {
  const collecting = (alias: 'cpu' | 'wall', { risen = 900 } = {}) =>
    shareEvidence(alias, {
      before: { 'main serve price': 900, 'runtime.gcBgMarkWorker': 100 },
      after: { 'main serve price': 900, 'runtime.gcBgMarkWorker': risen },
    });
  const allocated = (after: number) =>
    shareEvidence('alloc', { before: { 'main serve price': 100 }, after: { 'main serve price': after } });

  test.each([
    { what: 'of processor time', shares: [collecting('cpu')], is: true },
    { what: 'beside about the same allocations', shares: [collecting('cpu'), allocated(120)], is: true },
    { what: 'of wall-clock time, which idle workers take', shares: [collecting('wall')], is: false },
    {
      what: 'that allocations explain',
      shares: [collecting('cpu', { risen: 300 }), allocated(220)],
      is: false,
    },
    { what: 'that costs the same', shares: [collecting('cpu', { risen: 100 })], is: false },
  ])('$what: $is', ({ shares, is }) => {
    expect(concluded({ shares })).toEqual(
      is
        ? { verdict: 'code_regression', causes: ['code cpu runtime.gcBgMarkWorker'] }
        : { verdict: 'no_change', causes: [] },
    );
  });

  test('is no cause beside code that changed, or instances that still warm up', () => {
    const { causes } = concluded({ shares: [collecting('cpu'), CODE] });
    expect(causes).toEqual([expect.stringContaining('price')]);
    const warming = shareEvidence('cpu', {
      before: { 'main serve price': 900, 'runtime.gcBgMarkWorker': 100 },
      after: { 'main serve price': 900, 'runtime.gcBgMarkWorker': 900 },
      unsettled: 'init',
    });
    expect(concluded({ shares: [warming] })).toEqual({ verdict: 'inconclusive', causes: [] });
  });
});

describe('levels that rose without leaking', () => {
  const since = { after: 0, before: 1 };
  const alone = (alias: 'inuse' | 'goroutines') => {
    const level = levelEvidence(alias, { before: 10, after: 40, hasGrown: GREW });
    const growth = level.leak?.growth ?? null;
    return { ...level, leak: null, rise: { since, growth } };
  };
  const alike = { ...levelEvidence('inuse', { before: 10, after: 40 }), rise: { since, growth: null } };

  test.each([
    {
      what: 'by one function: code',
      levels: [alone('inuse')],
      verdict: 'code_regression',
      causes: ['level inuse'],
    },
    { what: 'in all places: load', levels: [alike], verdict: 'load_increase', causes: ['level inuse'] },
    {
      what: 'both, code first',
      levels: [alike, alone('goroutines')],
      verdict: 'code_regression',
      causes: ['level goroutines', 'level inuse'],
    },
    { what: 'none', levels: [levelEvidence('inuse')], verdict: 'no_change', causes: [] },
  ])('$what', ({ levels, verdict, causes }) => {
    expect(concluded({ levels, shares: [CALM] })).toEqual({ verdict, causes });
  });

  test('come after a change of code and the load', () => {
    expect(concluded({ levels: [alone('inuse')], shares: [CODE, LOAD] }).causes).toEqual([
      'code cpu price',
      'load wall',
      'level inuse',
    ]);
  });
});

describe('amounts that rose beyond the load', () => {
  const amount = (alias: 'alloc' | 'exceptions', risen: number | null) =>
    shareEvidence(alias, { load: { risen, z: 9, hasRisen: true } });
  const whole = (alias: 'alloc' | 'exceptions', risen: number | null, hasRisen = true) => {
    const { lens, profileTimes, analysis } = amount(alias, risen);
    return { lens, profileTimes, before: 1, after: 2, load: analysis.load, hasRisen };
  };
  const conclusion = (
    shares: NonNullable<ReadingEvidence['shares']>,
    wholes: ReturnType<typeof whole>[] = [],
  ) => {
    const { verdict, causes } = conclude({ ...buildReading({ shares }), wholes });
    return { verdict, causes: causes.map(causeText) };
  };
  const loaded = shareEvidence('cpu', { load: { risen: 2, z: 8, hasRisen: true } });

  test('the largest rise comes first, one from nothing before all', () => {
    expect(conclusion([CALM, amount('alloc', 2)], [whole('exceptions', 3)]).causes).toEqual([
      'total exceptions',
      'load alloc',
    ]);
    expect(conclusion([CALM, amount('alloc', 4)], [whole('exceptions', 3)]).causes).toEqual([
      'load alloc',
      'total exceptions',
    ]);
    expect(conclusion([CALM, amount('alloc', 4)], [whole('exceptions', null)]).causes[0]).toBe(
      'total exceptions',
    );
  });

  test('totals that did not rise are none', () => {
    expect(conclusion([CALM], [whole('exceptions', 3, false)])).toEqual({ verdict: 'no_change', causes: [] });
  });

  test.each([
    { what: 'less than one and a half times the load', risen: 2.9, causes: ['load cpu'] },
    { what: 'one and a half times the load', risen: 3, causes: ['load cpu', 'load alloc'] },
  ])('$what', ({ risen, causes }) => {
    expect(conclusion([loaded, amount('alloc', risen)]).causes).toEqual(causes);
  });

  test('the load is that of a type of time, whichever type was read first', () => {
    const calm = shareEvidence('exceptions');
    expect(conclusion([calm, loaded, amount('alloc', 2.9)]).causes).toEqual(['load cpu']);
  });

  test('those whose code changed, or that rose in the smaller part of the instances, are told otherwise', () => {
    const risen = { load: { risen: 2, z: 9, hasRisen: true } };
    expect(conclusion([CALM, shareEvidence('alloc', { ...risen, isPartly: true })]).causes).toEqual([]);
    expect(conclusion([CALM, shareEvidence('alloc', { ...risen, change: {} })]).causes).toEqual([
      'code alloc price',
    ]);
  });
});

test('each further change of a type is a cause of its own', () => {
  const second = shareEvidence('cpu', { change: { culprit: 'stock' } }).change;
  if (second === null) throw new Error('no change');
  const both = { ...CODE, further: [second] };
  expect(concluded({ shares: [both] }).causes).toEqual(['code cpu price', 'code cpu stock']);
});

test('waits that did not grow are no contention, whatever they added', () => {
  expect(concluded({ waits: [waitEvidence('block'), CONTENTION], shares: [CALM] }).causes).toEqual([
    'contention mutex',
  ]);
});

test('a leak of frameworks is judged by the load of a type of time alone', () => {
  const frameworks = { from: { 'runtime.serve': 10 }, to: { 'runtime.serve': 40 } };
  const levels = [levelEvidence('goroutines', { before: 10, after: 29, hasGrown: frameworks })];
  const alloc = shareEvidence('alloc', { load: { risen: 2, z: 9, hasRisen: true } });
  expect(concluded({ levels, shares: [alloc] }).verdict).toBe('leak');
  expect(concluded({ levels }).verdict).toBe('leak');
});
