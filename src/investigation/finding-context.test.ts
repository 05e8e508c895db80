import { describe, expect, test } from 'vitest';
import { buildReading, levelEvidence, shareEvidence } from '../../test/support/evidence.js';
import { toLens } from '../../test/support/type-ids.js';
import type { Finding } from '../profile/compare/finding.js';
import type { Cause } from './conclude.js';
import { findCollectorTime, withContext } from './finding-context.js';
import { buildFindings } from './findings.js';

const cpu = shareEvidence('cpu', { change: {} });
const alloc = shareEvidence('alloc', { change: { culprit: 'stock' } });
const collector = { before: 0.05, after: 0.2, hasGrown: true };
const code = (of: typeof cpu): Cause => ({ kind: 'code', of });
const findings = (...causes: Cause[]) => buildFindings({ verdict: 'code_regression', causes }, null);

describe('time of the collector', () => {
  test.each<[string, Cause[], Partial<Parameters<typeof buildReading>[0]>, readonly boolean[]]>([
    ['stands with the allocations', [code(cpu), code(alloc)], { collector }, [false, true]],
    [
      'stands with a function that allocates, too',
      [code(cpu), code(shareEvidence('alloc', { change: {} }))],
      { collector },
      [true],
    ],
    [
      'is left out where it did not grow',
      [code(alloc)],
      { collector: { ...collector, hasGrown: false } },
      [false],
    ],
    ['is left out where it is unknown', [code(alloc)], { collector: null }, [false]],
    ['is left out where nothing allocates', [code(cpu)], { collector }, [false]],
    ['is left out where the allocations only moved', [{ kind: 'moved', of: alloc }], { collector }, [false]],
  ])('%s', (_name, causes, evidence, charged) => {
    const reading = buildReading({ shares: [cpu, alloc], ...evidence });
    const withTimes = withContext(findings(...causes), reading);
    expect(withTimes.map((finding) => finding.collector !== null)).toEqual(charged);
  });

  test('as shares of the time and per profile', () => {
    const reading = buildReading({ shares: [cpu, alloc], collector });
    const [finding] = withContext(findings(code(alloc)), reading);
    expect(finding?.collector).toMatchObject({
      type: { alias: 'cpu' },
      shareBefore: 0.05,
      shareAfter: 0.2,
      valueBefore: 45,
      valueAfter: 180,
    });
  });
});

test('each finding has the instances in which its own type rose', () => {
  const levels = [levelEvidence('inuse', { after: 40, hasGrown: { from: {}, to: { 'main serve': 40 } } })];
  const rises = { cpu: null, inuse: { label: 'pod', risen: ['a'], all: 2 } };
  const reading = buildReading({ shares: [cpu], levels });
  const totals = reading.totals.map((row) => ({
    ...row,
    instances: row.lens.type.alias === 'inuse' ? rises.inuse : null,
  }));
  const causes: Cause[] = [...levels.map((of): Cause => ({ kind: 'leak', of })), code(cpu)];
  const withInstances = withContext(findings(...causes), { ...reading, totals });
  expect(withInstances.map(({ type, instances }) => [type.alias, instances])).toEqual([
    ['inuse', rises.inuse],
    ['cpu', null],
  ]);
});

test('time of the collector is known of types of time that it grew in', () => {
  const stacks = (collector: number) => ({
    'main serve': 900,
    'runtime.gcBgMarkWorker runtime.gcDrain': collector,
  });
  const grown = { before: stacks(100), after: stacks(600) };
  expect(findCollectorTime(shareEvidence('cpu', grown))).toMatchObject({ shareBefore: 0.1, shareAfter: 0.4 });
  expect(findCollectorTime(shareEvidence('alloc', grown))).toBeNull();
  expect(findCollectorTime(shareEvidence('cpu', { before: stacks(100) }))).toBeNull();
});

test('only the first type of time tells the collector, and without one nothing does', () => {
  const wall = shareEvidence('wall');
  const shares = [alloc, cpu, wall];
  const [finding] = withContext(findings(code(alloc)), buildReading({ shares, collector }));
  expect(finding?.collector?.type.alias).toBe('cpu');
  const [alone] = withContext(findings(code(alloc)), buildReading({ shares: [alloc], collector }));
  expect(alone?.collector).toBeNull();
});

test('a finding of a type without totals has no instances', () => {
  const reading = { ...buildReading({ shares: [cpu] }), totals: [] };
  expect(withContext(findings(code(cpu)), reading).map(({ instances }) => instances)).toEqual([null]);
});

describe('goroutines that leak without an own frame', () => {
  const leaking = (...entry: string[]) =>
    levelEvidence('goroutines', {
      after: 400,
      hasGrown: {
        from: { 'main serve': 4 },
        to: { 'main serve': 4, [[...entry, 'runtime.park'].join(' ')]: 400 },
      },
    });
  const time = shareEvidence('cpu', { before: { 'main serve fetch lib.(*Conn).send runtime.write': 90 } });
  const charge = (of: ReturnType<typeof leaking>) =>
    withContext(findings({ kind: 'leak', of }), buildReading({ shares: [time], levels: [of] })).map(
      ({ user, chargedTo }) => [user?.type, chargedTo?.function],
    );

  test('are charged to the own code that uses the type which they run', () => {
    expect(charge(leaking('lib.(*Conn).loop'))).toEqual([['lib.(*Conn)', 'fetch']]);
  });

  test('of another type are charged to nobody', () => {
    expect(charge(leaking('lib.(*Pool).loop'))).toEqual([[undefined, undefined]]);
  });

  test('that own code started, or the runtime, are not', () => {
    expect(charge(leaking('work'))).toEqual([[undefined, undefined]]);
    expect(charge(leaking('runtime.bgsweep'))).toEqual([[undefined, undefined]]);
  });

  const [found] = findings({ kind: 'leak', of: leaking('lib.(*Conn).loop') });
  if (found === undefined) throw new Error('no finding');
  const other = { function: 'serve', file: '', line: 0 };
  const { type: cpuType } = cpu.lens;
  test.each<[string, Partial<Finding>, string | undefined]>([
    ['of goroutines that leak', {}, 'fetch'],
    ['of work on threads of its own', { kind: 'code', type: cpuType }, 'fetch'],
    ['of memory that leaks', { type: toLens('inuse').type }, undefined],
    ['of goroutines that rose with the load', { kind: 'load' }, undefined],
    ['without a function', { fn: null }, undefined],
    ['without a path', { path: [] }, undefined],
    ['below own code', { caller: other }, undefined],
    ['above a library that keeps the growth', { callee: other }, undefined],
  ])('a finding %s is charged to %s', (_, changed, charged) => {
    const [told] = withContext([{ ...found, ...changed }], buildReading({ shares: [time] }));
    expect(told?.chargedTo?.function).toBe(charged);
  });

  test.each<[string, string, string | undefined]>([
    ['own code, which is charged with its own cost', 'shop.(*Conn).loop', undefined],
    ['a library, though its time was seen, too', 'lib.(*Conn).loop', 'fetch'],
  ])('of %s', (_, entry, charged) => {
    const type = entry.replace('.loop', '');
    const shares = [
      shareEvidence('cpu', { before: { [`main serve fetch ${type}.send runtime.write`]: 90, [entry]: 50 } }),
    ];
    const finding = { ...found, path: found.path.map((fn) => ({ ...fn, function: entry })) };
    const [told] = withContext([finding], buildReading({ shares }));
    expect(told?.chargedTo?.function).toBe(charged);
  });
});

test('a leak keeps the instances in which it was seen to grow', () => {
  const level = levelEvidence('inuse', { after: 40, hasGrown: { from: {}, to: { 'main serve': 40 } } });
  const seen = { label: 'pod', risen: ['a', 'b'], all: 2 };
  const leak = level.leak === null ? null : { ...level.leak, instances: seen };
  const reading = buildReading({ levels: [level] });
  const instances = { label: 'pod', risen: ['a'], all: 2 };
  const totals = reading.totals.map((row) => ({ ...row, instances }));
  const [finding] = withContext(findings({ kind: 'leak', of: { ...level, leak } }), { ...reading, totals });
  expect(finding?.instances).toEqual(seen);
});
