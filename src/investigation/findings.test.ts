import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../test/support/contrast.js';
import {
  buildReading,
  type ChangeEvidence,
  levelEvidence,
  shareEvidence,
  waitEvidence,
} from '../../test/support/evidence.js';
import { times } from '../../test/support/handlers.js';
import { INCIDENT, START } from '../../test/support/small-service.js';
import type { Cause } from './conclude.js';
import type { ShareLens } from './evidence/shares.js';
import { buildFindings, causeFinding, rateConfidence } from './findings.js';
import { lensRows } from './lens-rows.js';

const GREW = { from: { 'main serve': 10 }, to: { 'main serve': 40 } };
const SINCE = { after: START, before: START + 60_000 };
const code = (of: ShareLens): Cause => ({ kind: 'code', of });
const cpu = (change: ChangeEvidence = {}) => shareEvidence('cpu', { change });
const conclusion = (...causes: Cause[]) => ({ verdict: 'code_regression' as const, causes });

describe('confidence', () => {
  test.each([
    [4.1, 'low'],
    [4.99, 'low'],
    [5, 'medium'],
    [7.49, 'medium'],
    [7.5, 'high'],
    [30, 'high'],
  ])('a change that stands out by %d standard errors: %s', (z, confidence) => {
    expect(rateConfidence(z)).toBe(confidence);
    expect(causeFinding(code(cpu({ z })), null)).toMatchObject({ confidence, z });
    const load = shareEvidence('cpu', { load: { z, risen: 2, hasRisen: true } });
    expect(causeFinding({ kind: 'load', of: load }, null)).toMatchObject({ confidence, z });
  });

  const spread = {
    from: { 'main a': 10, 'main b': 10, 'main serve x': 10 },
    to: { 'main a': 40, 'main b': 30, 'main serve x': 60 },
  };
  test.each([
    { what: 'grew threefold, all from one place', before: 10, after: 30, hasGrown: GREW, confidence: 'high' },
    { what: 'grew by less', before: 10, after: 29, hasGrown: GREW, confidence: 'medium' },
  ])('a leak that $what: $confidence', ({ before, after, hasGrown, confidence }) => {
    const of = levelEvidence('inuse', { before, after, hasGrown });
    expect(causeFinding({ kind: 'leak', of }, null)).toMatchObject({ kind: 'leak', confidence, z: null });
  });

  test('a leak of which one place holds half is as sure as one of a single place', () => {
    const of = levelEvidence('inuse', { before: 10, after: 30, hasGrown: spread });
    expect(of.leak?.growth.site.part).toBeGreaterThanOrEqual(0.5);
    expect(causeFinding({ kind: 'leak', of }, null)?.confidence).toBe('high');
  });

  test.each([
    { after: 3, confidence: 'high' },
    { after: 2.99, confidence: 'medium' },
  ])('waiting that rose from 1 s to $after s: $confidence', ({ after, confidence }) => {
    const of = waitEvidence('mutex', { before: 1, after, hasGrown: GREW });
    expect(causeFinding({ kind: 'contention', of }, null)).toMatchObject({ kind: 'contention', confidence });
  });

  test('waiting that may be on purpose is no more than medium', () => {
    const to = { 'main serve price runtime.selectgo': 3_000 };
    const of = waitEvidence('block', { before: 1, after: 3, hasGrown: { from: {}, to } });
    const expected = { kind: 'contention', confidence: 'medium', mayBeOnPurpose: true };
    expect(causeFinding({ kind: 'contention', of }, null)).toMatchObject(expected);
  });
});

describe('findings of a conclusion', () => {
  test('in the order of the causes; the onset is that of the first', () => {
    const causes: Cause[] = [
      { kind: 'leak', of: levelEvidence('inuse', { before: 10, after: 40, hasGrown: GREW }) },
      { kind: 'contention', of: waitEvidence('mutex', { before: 0.1, after: 2, hasGrown: GREW }) },
      code(cpu()),
      { kind: 'load', of: shareEvidence('wall', { load: { risen: 2, z: 8, hasRisen: true } }) },
    ];
    expect(buildFindings(conclusion(...causes), SINCE).map(({ kind }) => kind)).toEqual([
      'leak',
      'contention',
      'code',
      'load',
    ]);
    const [first, second] = buildFindings(conclusion(code(cpu()), code(cpu({ culprit: 'stock' }))), SINCE);
    expect([first?.since, second?.since]).toEqual([SINCE, null]);
  });

  test('a function that changed in several types is one finding, with the others beside it', () => {
    const allocations = shareEvidence('alloc', { change: {} });
    const [finding, ...others] = buildFindings(conclusion(code(cpu()), code(allocations)), null);
    expect(others).toEqual([]);
    expect([finding?.type.alias, finding?.also.map(({ type }) => type.alias)]).toEqual(['cpu', ['alloc']]);
  });

  test('another function, or another kind of change, is a finding of its own', () => {
    const allocations = shareEvidence('alloc', { change: { culprit: 'stock' } });
    expect(buildFindings(conclusion(code(cpu()), code(allocations)), null)).toHaveLength(2);
    const leak: Cause = {
      kind: 'leak',
      of: levelEvidence('inuse', { after: 40, hasGrown: { from: {}, to: { 'main serve price': 40 } } }),
    };
    expect(
      buildFindings(conclusion(leak, code(cpu())), null).map(({ fn, kind }) => [kind, fn?.function]),
    ).toEqual([
      ['leak', 'price'],
      ['code', 'price'],
    ]);
    // Load names no function; two types that show it are two findings.
    const load = (alias: 'cpu' | 'wall'): Cause => ({ kind: 'load', of: shareEvidence(alias) });
    expect(buildFindings(conclusion(load('cpu'), load('wall')), null)).toHaveLength(2);
  });

  const GOROUTINES = { before: 10, after: 40, hasGrown: { from: {}, to: { 'main serve price': 40 } } };
  test('waits of goroutines that leak stand with the leak', () => {
    const waits = [
      waitEvidence('block', {
        after: 2,
        hasGrown: { from: { main: 6 }, to: { main: 6, 'main serve price': 18 } },
      }),
      waitEvidence('mutex'),
    ];
    const leak: Cause = { kind: 'leak', of: levelEvidence('goroutines', GOROUTINES), waits };
    const [finding, ...others] = buildFindings(conclusion(leak), null);
    expect(others).toEqual([]);
    expect(finding?.also).toMatchObject([
      { type: { alias: 'block' }, shareBefore: 0, shareAfter: 0.75, isOfWaiters: true },
    ]);
  });

  test.each<['goroutines' | 'inuse', 'wall' | 'cpu', string, boolean]>([
    ['goroutines', 'wall', 'price', true],
    ['goroutines', 'wall', 'stock', false],
    ['goroutines', 'cpu', 'price', false],
    ['inuse', 'wall', 'price', false],
  ])('%s that leak, and %s of %s that grew: the same cause: %s', (level, time, culprit, isSame) => {
    const leak: Cause = { kind: 'leak', of: levelEvidence(level, GOROUTINES) };
    const [finding, ...others] = buildFindings(
      conclusion(leak, code(shareEvidence(time, { change: { culprit } }))),
      null,
    );
    expect(others).toHaveLength(isSame ? 0 : 1);
    expect(finding?.also.map(({ type, isOfWaiters }) => [type.alias, isOfWaiters])).toEqual(
      isSame ? [['wall', true]] : [],
    );
  });

  test('a leak says in which instances it is', () => {
    const level = levelEvidence('goroutines', GOROUTINES);
    const instances = { label: 'pod', risen: ['a', 'b'], all: 2 };
    const leak = level.leak === null ? null : { ...level.leak, instances };
    expect(causeFinding({ kind: 'leak', of: { ...level, leak } }, null)?.instances).toEqual(instances);
    expect(causeFinding({ kind: 'leak', of: level }, null)?.instances).toBeNull();
  });

  test('a cause whose lens has nothing to show is no finding', () => {
    const causes: Cause[] = [
      { kind: 'leak', of: levelEvidence('inuse') },
      { kind: 'contention', of: waitEvidence('mutex') },
      code(shareEvidence('cpu')),
    ];
    expect(buildFindings(conclusion(...causes), null)).toEqual([]);
  });
});

describe('a finding about code', () => {
  const HOUR = { 'main serve price': 100, 'main serve stock': 300, 'main poll': 400, 'runtime.gc': 100 };
  const after = { ...HOUR, 'main serve price': 400 };

  test('shares are of the active total, values are per profile', () => {
    const finding = causeFinding(code(shareEvidence('cpu', { after, change: {} })), SINCE);
    expect(finding).toMatchObject({
      kind: 'code',
      fn: { function: 'price' },
      caller: { function: 'serve' },
      chargedTo: null,
      shareBefore: 100 / 900,
      shareAfter: 400 / 1_200,
      valueBefore: 100,
      valueAfter: 400,
      since: SINCE,
      until: null,
      from: null,
      label: null,
    });
    expect(finding?.path.map((fn) => fn.function)).toEqual(['main', 'serve', 'price']);
    expect(finding?.at).toBe(2);
  });

  test('a library is charged to its nearest own caller', () => {
    const stacks = { 'main serve lib.parse': 100, 'main poll': 400 };
    const change = { culprit: 'lib.parse' };
    const finding = causeFinding(code(shareEvidence('cpu', { before: stacks, change })), null);
    expect(finding).toMatchObject({ fn: { function: 'lib.parse' }, chargedTo: { function: 'serve' } });
  });

  test('moved cost names where it came from', () => {
    const of = cpu({ from: 'stock' });
    expect(causeFinding({ kind: 'moved', of }, null)).toMatchObject({
      kind: 'moved',
      from: { function: 'stock' },
    });
  });

  test.each([
    {
      what: 'over before the last part of the window ends with its own last part',
      last: 1,
      slice: false,
      kind: 'code',
      until: 1,
    },
    { what: 'there in the last part has no end', last: 3, slice: false, kind: 'code', until: null },
    { what: 'of one slice of the fleet has no end', last: 1, slice: true, kind: 'code', until: null },
    { what: 'of place has no end', last: 1, slice: false, kind: 'moved', until: null },
  ] as const)('a change $what', ({ last, slice, kind, until }) => {
    const share = shareEvidence('cpu', { parts: 4, change: { run: { last } } });
    const { change } = share;
    if (change === null) throw new Error('no change');
    const labels = { pod: 'a' };
    const podSlice = slice ? { labels, matcher: { name: 'pod', op: '=' as const, value: 'a' } } : null;
    const finding = causeFinding({ kind, of: { ...share, change: { ...change, slice: podSlice } } }, null);
    expect(finding?.until).toBe(until === null ? null : share.windows.incident[until]?.to);
    expect(share.windows.incident.at(-1)?.to).toBe(INCIDENT.to - 1);
  });

  // Before, price is 11.1 % of the service; in the pod that was searched alone 45 %, 33.9 points more.
  const withPrice = (price: number): Stacks => ({
    'main serve price': price,
    'main serve stock': 300,
    'main poll': 400,
    'runtime.gc': 100,
  });
  test.each([
    { what: 'that all show', together: 655, carrier: undefined, label: null, shareAfter: 0.45 },
    { what: 'of which all show half', together: 315, carrier: undefined, label: null, shareAfter: 0.283 },
    { what: 'of which all show less', together: 300, carrier: undefined, label: 'a', shareAfter: 0.45 },
    { what: 'whose pod stands out', together: 655, carrier: {}, label: 'a', shareAfter: 0.45 },
  ])('a change of one pod $what', ({ together, carrier, label, shareAfter }) => {
    const change = carrier === undefined ? {} : { carrier };
    const share = shareEvidence('cpu', { after: withPrice(together), change });
    const alone = shareEvidence('cpu', { after: withPrice(655), change: {} });
    if (share.change === null || alone.change === null) throw new Error('no change');
    const slice = { labels: { pod: 'a' }, matcher: { name: 'pod', op: '=' as const, value: 'a' } };
    const of = { ...share, change: { ...share.change, contrast: alone.change.contrast, slice } };
    const finding = causeFinding(code(of), null);
    expect(finding?.of.label?.value ?? null).toBe(label);
    expect(finding?.shareBefore).toBeCloseTo(0.111, 3);
    expect(finding?.shareAfter).toBeCloseTo(shareAfter, 3);
    // Without the stacks of an earlier change it is the rest of the slice.
    const later = { ...of, change: { ...of.change, leftOut: new Set(['main']) } };
    expect(finding?.of.isRestOfLabel).toBeUndefined();
    expect(causeFinding(code(later), null)?.of.isRestOfLabel).toBe(label === null ? undefined : true);
  });

  test('the label value that carries it, with its siblings and what ties with it', () => {
    const carrier = { label: 'version', value: '2', z: 8 };
    const ties = [
      { label: 'pod', value: 'x', z: 8 },
      { label: 'zone', value: 'near', z: 7.9 },
      { label: 'team', value: 'none', z: 8, carries: false },
    ];
    expect(causeFinding(code(cpu({ carrier, ties })), null)?.label).toEqual({
      name: 'version',
      value: '2',
      shareAfter: 0.38,
      shareOthers: 0.09,
      also: ['pod=x'],
    });
  });
});

test('load names no function and tells the value per profile', () => {
  const doubled = { 'main serve price': 200, 'main serve stock': 600, 'main poll': 800, 'runtime.gc': 100 };
  const of = shareEvidence('cpu', { after: doubled, load: { risen: 2, z: 8, hasRisen: true } });
  expect(causeFinding({ kind: 'load', of }, SINCE)).toMatchObject({
    kind: 'load',
    fn: null,
    valueBefore: 900,
    valueAfter: 1_700,
    since: SINCE,
  });
});

describe('an amount that rose as a whole', () => {
  const handlers = {
    'runtime.serve access runtime.mux show render': 200,
    'runtime.serve access runtime.mux show encode': 200,
    'runtime.serve access runtime.mux save parse': 100,
    'runtime.serve access runtime.mux save store': 100,
  };
  const allocIn = (after: Stacks) => {
    const load = { risen: 2, z: 8, hasRisen: true };
    const of = shareEvidence('alloc', { before: handlers, after, load });
    return causeFinding({ kind: 'load', of }, null)?.fn?.function ?? null;
  };

  test.each<[string, Stacks, string | null]>([
    ['in one place', { ...handlers, 'runtime.serve access runtime.mux save parse': 900 }, 'parse'],
    ['below the middleware that calls them all, which says nothing', times(handlers, 'serve', 3), null],
    [
      'in one kind of request, of which more came while the others fell',
      times(times(handlers, 'save', 6), 'show', 0.5),
      null,
    ],
  ])('%s', (_, after, expected) => {
    expect(allocIn(after)).toBe(expected);
  });
});

test('a finding is about the stretch that it was seen in, also where that begins before the window', () => {
  const early = shareEvidence('cpu', { change: {} });
  const { windows, change } = early;
  if (change === null) throw new Error('no change');
  const run = { ...change.run, early: 1 };
  const finding = causeFinding(code({ ...early, change: { ...change, run } }), null);
  expect(finding?.of.stretch).toEqual({
    from: windows.baseline.at(-1)?.from,
    to: windows.incident.at(-1)?.to,
  });
  expect(causeFinding(code(early), null)?.of.stretch).toBeNull();
});

test('a further change whose value stayed is none: the rest shrank by what was left out', () => {
  const all = { 'main serve price': 100, 'main serve stock': 100, 'main poll': 800 };
  const rest = (price: number) => ({ 'main serve price': price, 'main serve stock': 100, 'main poll': 600 });
  const whole = shareEvidence('cpu', { before: all, after: all });
  const further = (price: number) => ({
    ...shareEvidence('cpu', { before: { ...all, 'main poll': 800 }, after: rest(price), change: {} }),
    analysis: whole.analysis,
  });
  const first = shareEvidence('alloc', { change: { culprit: 'stock' } });
  const named = (price: number) =>
    buildFindings(conclusion(code(first), code(further(price))), null).map(({ fn }) => fn?.function);
  expect(named(100)).toEqual(['stock']);
  expect(named(300)).toEqual(['stock', 'price']);
});

test('a growth that only the rest shows has medium confidence at most', () => {
  const all = { 'main serve price': 100, 'main serve stock': 100, 'main poll': 800 };
  const grown = shareEvidence('cpu', {
    before: all,
    after: { ...all, 'main serve price': 300, 'main poll': 600 },
    change: {},
  });
  const told = (of: typeof grown) => {
    const finding = causeFinding(code(of), null);
    return [finding?.of.isRest, finding?.confidence];
  };
  expect(told(grown)).toEqual([undefined, 'high']);
  // Another change raised all to eight times as much.
  const whole = shareEvidence('cpu', { before: all, after: { ...all, 'main serve stock': 8_000 } });
  expect(told({ ...grown, analysis: whole.analysis })).toEqual([true, 'medium']);
});

describe('one row for each type', () => {
  const rows = (evidence: Parameters<typeof buildReading>[0]) =>
    lensRows(buildReading(evidence)).map(({ type, verdict }) => [type.alias, verdict]);

  test.each([
    { what: 'a change of code', evidence: { shares: [cpu()] }, row: ['cpu', 'code_regression'] },
    { what: 'a move', evidence: { shares: [cpu({ from: 'stock' })] }, row: ['cpu', 'moved'] },
    {
      what: 'a change of code beside a rise of the load',
      evidence: { shares: [shareEvidence('cpu', { change: {}, load: { hasRisen: true } })] },
      row: ['cpu', 'code_regression'],
    },
    {
      what: 'load',
      evidence: { shares: [shareEvidence('cpu', { load: { hasRisen: true } })] },
      row: ['cpu', 'load_increase'],
    },
    { what: 'nothing', evidence: { shares: [shareEvidence('cpu')] }, row: ['cpu', 'no_change'] },
    {
      what: 'instances that still warm up',
      evidence: { shares: [shareEvidence('cpu', { unsettled: 'init', load: { hasRisen: true } })] },
      row: ['cpu', 'inconclusive'],
    },
    {
      what: 'a leak',
      evidence: { levels: [levelEvidence('inuse', { after: 40, hasGrown: GREW })] },
      row: ['inuse', 'leak'],
    },
    {
      what: 'a level that stayed',
      evidence: { levels: [levelEvidence('inuse')] },
      row: ['inuse', 'no_change'],
    },
    {
      what: 'a level without a past',
      evidence: { levels: [levelEvidence('inuse', { before: null })] },
      row: ['inuse', 'inconclusive'],
    },
    {
      what: 'contention',
      evidence: { waits: [waitEvidence('mutex', { after: 2, hasGrown: GREW })] },
      row: ['mutex', 'contention'],
    },
    { what: 'waits that stayed', evidence: { waits: [waitEvidence('mutex')] }, row: ['mutex', 'no_change'] },
    {
      what: 'waits where no profile came before',
      evidence: { waits: [waitEvidence('mutex')], profilesBefore: 0 },
      row: ['mutex', 'inconclusive'],
    },
    {
      what: 'a type that could not be read',
      evidence: { unread: ['block' as const] },
      row: ['block', 'not_read'],
    },
  ])('$what: $row.1', ({ evidence, row }) => {
    expect(rows(evidence)).toEqual([row]);
  });

  test('values are per profile, of time without idle, of levels at the ends of the windows', () => {
    const after = { 'main poll': 1_000 };
    const evidence = {
      shares: [shareEvidence('cpu', { after })],
      levels: [levelEvidence('inuse', { before: 7, after: 9 })],
      unread: ['mutex' as const],
    };
    expect(lensRows(buildReading(evidence)).map((row) => [row.before, row.after])).toEqual([
      [900, 1_000],
      [7, 9],
      [100, 100],
    ]);
  });
});

describe('a further finding that may be chance', () => {
  const large = {
    before: { 'main price': 100, 'main serve': 900 },
    after: { 'main price': 300, 'main serve': 900 },
  };
  const small = {
    before: { 'main price': 10, 'main serve': 990 },
    after: { 'main price': 25, 'main serve': 975 },
  };
  const leak: Cause = { kind: 'leak', of: levelEvidence('inuse', { before: 10, after: 40, hasGrown: GREW }) };
  test.each<[string, typeof large, number, boolean]>([
    ['stands out by less than 5 standard errors', large, 4.9, true],
    ['stands out by 5', large, 5, false],
    ['grew by less than 2 points and stands out by less than 7.5', small, 7.4, true],
    ['grew by less than 2 points and stands out by 7.5', small, 7.5, false],
  ])('%s', (_, stacks, z, isSlight) => {
    const of = shareEvidence('cpu', { ...stacks, change: { z } });
    const [, beside] = buildFindings(conclusion(leak, code(of)), null);
    expect(beside?.mayBeChance ?? false).toBe(isSlight);
    const other = shareEvidence('cpu', { change: { culprit: 'stock' } });
    expect(buildFindings(conclusion(code(other), code(of)), null)).toHaveLength(isSlight ? 1 : 2);
    // A sure one of the same type may be told after it.
    expect(buildFindings(conclusion(leak, code(of), code(other)), null)).toHaveLength(isSlight ? 2 : 3);
    const [first] = buildFindings(conclusion(code(of)), null);
    expect(first?.mayBeChance).toBeUndefined();
  });
});
