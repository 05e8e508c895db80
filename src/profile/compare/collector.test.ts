import { describe, expect, test } from 'vitest';
import { CALM, contrast, findFunction, type Stacks } from '../../../test/support/contrast.js';
import { leastFound } from '../../../test/support/least-found.js';
import { buildProfile } from '../../../test/support/profiles.js';
import { deviation } from '../contrast/contrast.js';
import { collectorGrowth, findCollectorAlone } from './collector.js';

const growth = (before: Stacks, after: Stacks) => collectorGrowth(contrast(before, after));
const WORK = { 'main work': 900 };

describe('collectorGrowth', () => {
  test('share of the collector outside own stacks, and whether it grew', () => {
    expect(
      growth(
        { ...WORK, 'runtime.gcBgMarkWorker runtime.gcDrain runtime.scanobject': 100 },
        { ...WORK, 'runtime.gcBgMarkWorker runtime.gcDrain runtime.scanobject': 600 },
      ),
    ).toEqual({ before: 0.1, after: 0.4, hasGrown: true });
  });

  test('nested collector frames count once', () => {
    const { before } = growth({ ...WORK, 'runtime.gcBgMarkWorker runtime.gcDrain': 100 }, WORK);
    expect(before).toBe(0.1);
  });

  test('collecting within own stacks is the cost of those', () => {
    const helped = {
      'main work runtime.mallocgc runtime.gcAssistAlloc runtime.gcDrainN': 500,
      'main work': 500,
    };
    expect(growth({ 'main work': 1000 }, helped)).toEqual({ before: 0, after: 0, hasGrown: false });
  });

  test('less than two points, noise, a fall, and no collector at all', () => {
    const gc = (value: number) => ({ ...WORK, 'runtime.bgsweep': value });
    expect(growth(gc(10), gc(20)).hasGrown).toBe(false);
    expect(growth({ main: 9, 'runtime.bgsweep': 1 }, { main: 8, 'runtime.bgsweep': 2 }).hasGrown).toBe(false);
    expect(growth(gc(600), gc(100)).hasGrown).toBe(false);
    expect(growth(WORK, WORK)).toEqual({ before: 0, after: 0, hasGrown: false });
    expect(growth({}, {})).toEqual({ before: 0, after: 0, hasGrown: false });
  });

  test.each([
    '(garbage collector)',
    'G1ConcurrentMarkThread::run_service',
    'libjvm.so.GCTaskThread::run',
    'GCTaskThread::run',
    'gc_collect_main',
    'runtime.gcDrainMarkWorkerIdle',
    'WKS::gc_heap::mark_phase',
  ])('knows %s', (name) => {
    const side = (value: number) =>
      buildProfile([[{ name: 'work', file: '/app/work.js' }], 900], [[name], value]);
    expect(collectorGrowth(contrast(side(100), side(600))).hasGrown).toBe(true);
  });

  test.each([
    'northwind.dev/gc.Collect',
    'ZoneService.findMarker',
    'ParallelTaskRunner.run',
    'PSGateway.collect',
  ])('does not take %s for a collector', (name) => {
    const side = (value: number) => buildProfile([['work'], 900], [[name], value]);
    expect(collectorGrowth(contrast(side(100), side(600))).hasGrown).toBe(false);
  });
});

describe('gates', () => {
  const gc = (collector: number) => ({ 'main work': 100_000 - collector, 'runtime.bgsweep': collector });

  test.each([
    { what: 'less than two points', after: 11_990, hasGrown: false },
    { what: 'two points', after: 12_010, hasGrown: true },
  ])('$what of growth: $hasGrown', ({ after, hasGrown }) => {
    expect(growth(gc(10_000), gc(after)).hasGrown).toBe(hasGrown);
  });

  test('it must stand out by 3.5 standard errors', async () => {
    const side = (collector: number) => ({ ...WORK, 'runtime.bgsweep': collector });
    const least = await leastFound(20, 200, (collector) => growth(side(20), side(collector)).hasGrown);
    const z = deviation([20, 920], [least, 900 + least], CALM);
    expect(z).toBeGreaterThanOrEqual(3.5);
    // Samples are whole.
    expect(z).toBeLessThan(3.8);
  });
});

test('collectors side by side add up', () => {
  const both = { 'main work': 700, 'runtime.bgsweep': 100, 'runtime.gcBgMarkWorker runtime.gcDrain': 200 };
  expect(growth(both, both)).toMatchObject({ before: 0.3, after: 0.3 });
});

describe('a collector that costs more for itself', () => {
  const gc = (value: number) => ({
    ...WORK,
    'runtime.gcBgMarkWorker runtime.gcDrain': value,
    'runtime.bgsweep': 1,
  });
  const find = (before: Stacks, after: Stacks, allocations: number | null = 1, gate = 4) =>
    findCollectorAlone(contrast(before, after), allocations, gate);

  test('is named by the outermost of its functions that costs most', () => {
    const sides = contrast(gc(100), gc(500));
    const found = findCollectorAlone(sides, 1, 4);
    expect(found?.fn).toBe(findFunction(sides, 'runtime.gcBgMarkWorker'));
    expect(found?.load).toBe(1);
    expect(found?.growth).toBe(400);
  });

  test.each([
    { what: 'a tenth of all was added', before: gc(99), after: gc(199), is: true },
    { what: 'less than a tenth of all was added', before: gc(99), after: gc(198), is: false },
    { what: 'it costs half as much again', before: gc(400), after: gc(600), is: true },
    { what: 'it costs less than that', before: gc(400), after: gc(599), is: false },
    { what: 'it costs half as much again beside the allocations', allocations: 2, after: gc(300), is: true },
    { what: 'allocations explain it', allocations: 2, after: gc(299), is: false },
    {
      what: 'fewer allocations explain nothing',
      allocations: 0.5,
      before: gc(400),
      after: gc(599),
      is: false,
    },
    { what: 'allocations were not read', allocations: null, after: gc(300), is: true },
    { what: 'it stands out by less than the gate', after: gc(300), gate: 11, is: false },
    {
      what: 'it takes hardly more of all that is spent, of which there is far more',
      before: { 'main work': 90_000, 'runtime.bgsweep': 10_000 },
      after: { 'main work': 267_500, 'runtime.bgsweep': 32_500 },
      is: false,
    },
    { what: 'there is no collector', before: WORK, after: { 'main work': 1500 }, is: false },
  ])('$what: $is', ({ before = gc(100), after, allocations = 1, gate = 4, is }) => {
    expect(find(before, after, allocations, gate) !== null).toBe(is);
  });
});
