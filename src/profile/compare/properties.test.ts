import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALM, contrast, getName, goFrame } from '../../../test/support/contrast.js';
import type { TestFrame } from '../../../test/support/profiles.js';
import { joinKey } from '../code/names.js';
import { type Contrast, findUniverse, rankShifts } from '../contrast/contrast.js';
import { buildContrast, sumSide, wholeRun } from '../contrast/runs.js';
import type { Profile } from '../model.js';
import { ProfileBuilder } from '../pprof/builder.js';
import { analyse, changeOverTime, countsIn, type Reading } from './analysis.js';
import { attribute } from './attribution.js';
import { collectorGrowth } from './collector.js';
import { findCulprit } from './culprit.js';
import { busiestPlace } from './growth/busiest-place.js';
import { growthPath } from './growth/path.js';
import { growthSite } from './growth.js';
import { movedFrom } from './moved.js';
import { listMovers } from './movers/movers.js';
import { changeInSlice } from './slices.js';

type Stack = readonly [frames: readonly TestFrame[], value: number];

/**
 * Few names, so that recursion, ties and shared prefixes are common; unnamed functions, type parameters, one
 * name in two files.
 */
const frame: fc.Arbitrary<TestFrame> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('main', 'a', 'b', 'c', 'd', 'lib.x', 'runtime.gcDrain').map(goFrame),
  },
  { weight: 1, arbitrary: fc.constantFrom('f[go.shape.int]', 'f[go.shape.string]', 'f').map(goFrame) },
  {
    weight: 2,
    arbitrary: fc.record({
      name: fc.constantFrom('shop.Get', '(anonymous)'),
      file: fc.constantFrom('/src/shop/get.go', '/go/pkg/mod/lib@v1.0.0/get.go'),
      line: fc.nat(3),
      startLine: fc.integer({ min: 1, max: 2 }),
    }),
  },
);
const stacksWith = (value: fc.Arbitrary<number>, minLength = 1): fc.Arbitrary<Stack[]> =>
  fc.array(fc.tuple(fc.array(frame, { minLength, maxLength: 6 }), value), { minLength, maxLength: 12 });
const stacks = stacksWith(fc.integer({ min: 1, max: 400 }));
/** Whatever a server might send. */
const anyStacks = stacksWith(
  fc.oneof(
    fc.constantFrom(0, 1, 1e-9, 0.1, 2 ** 53, 1e18, 1e100),
    fc.nat(2000),
    fc.double({ min: 0, max: 1e15, noNaN: true }),
  ),
  0,
);

function build(all: readonly Stack[]): Profile {
  const builder = new ProfileBuilder('cpu', 'nanoseconds');
  for (const [frames, value] of all) {
    const ids = frames.map((part) => {
      const { name, file = '', line = 0, startLine = 0 } = typeof part === 'string' ? { name: part } : part;
      return builder.frameId(builder.functionId({ name, file, startLine, isSymbolised: true }), line);
    });
    builder.pushFrames(Uint32Array.from(ids.reverse()), 0, ids.length);
    builder.endStack(value);
  }
  return builder.build();
}

const scaled = (all: readonly Stack[], factor: number): Stack[] =>
  all.map(([frames, value]) => [frames, value * factor]);
const GATE = 3;

/** All that a contrast says, with keys in the place of numbers. */
function findings(contrasted: Contrast) {
  const { joined, before, after } = contrasted;
  const key = (fn: number | null | undefined) => {
    const info = fn === null || fn === undefined ? undefined : joined.functions[fn];
    return info === undefined ? null : joinKey(info);
  };
  const culprit = findCulprit(contrasted, GATE);
  const site = growthSite(joined, before, after);
  const path = culprit === null ? null : growthPath(contrasted, culprit.fn, culprit.load);
  return {
    shifts: rankShifts(contrasted, findUniverse(contrasted)).map(({ fn, z }) => [key(fn), z]),
    culprit: culprit === null ? null : { ...culprit, fn: key(culprit.fn) },
    from: culprit === null ? null : key(movedFrom(contrasted, culprit)),
    path: path?.functions.map(key) ?? null,
    line: culprit === null ? null : busiestPlace(contrasted, after.parts, culprit.fn).line,
    site: site === null ? null : { ...site, fn: key(site.fn) },
    collector: collectorGrowth(contrasted),
    movers: listMovers(contrasted, { gate: GATE, culprit: culprit?.fn ?? null, moved: new Set() }).map(
      (row) => ({
        ...row,
        fn: key(row.fn),
      }),
    ),
  };
}

/** Paths to numbers that are none. */
function notNumbers(value: unknown, at = ''): string[] {
  if (typeof value === 'number') return Number.isNaN(value) ? [at] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => notNumbers(inner, `${at}.${name}`));
}

describe('comparison of two sides', () => {
  test('swapped sides: the same movers with the sign changed', () => {
    const opposite = {
      grew: 'shrank',
      shrank: 'grew',
      new: 'gone',
      gone: 'new',
      moved: 'moved',
      diluted: '',
    };
    fc.assert(
      fc.property(stacks, stacks, (some, more) => {
        const [left, right] = [build(some), build(more)];
        const rows = (contrasted: Contrast) =>
          new Map(
            listMovers(contrasted, { gate: GATE, culprit: null, moved: new Set() }).map((row) => [
              getName(contrasted, row.fn) + String(contrasted.joined.functions[row.fn]?.startLine),
              row,
            ]),
          );
        const there = rows(contrast(left, right, { profiles: [3, 2] }));
        const back = rows(contrast(right, left, { profiles: [2, 3] }));
        expect([...back.keys()].sort()).toEqual([...there.keys()].sort());
        for (const [name, row] of there) {
          const mirror = back.get(name);
          expect(mirror?.kind).toBe(opposite[row.kind]);
          expect(mirror?.delta).toBeCloseTo(-row.delta, 10);
          expect(mirror?.z).toBeCloseTo(-row.z, 6);
          expect(mirror?.interval[0]).toBeCloseTo(-row.interval[1], 10);
          expect(mirror?.interval[1]).toBeCloseTo(-row.interval[0], 10);
          expect([mirror?.valueBefore, mirror?.valueAfter]).toEqual([row.valueAfter, row.valueBefore]);
        }
      }),
    );
  });

  test('the same on both sides, in whatever number of profiles: no finding', () => {
    fc.assert(
      fc.property(stacks, fc.integer({ min: 1, max: 5 }), (some, profiles) => {
        const result = findings(contrast(build(some), build(some), { profiles: [profiles, profiles] }));
        expect(result).toMatchObject({ shifts: [], culprit: null, site: null, movers: [] });
        expect(result.collector.hasGrown).toBe(false);
      }),
    );
  });

  test('more of everything, or less, accuses nobody', () => {
    fc.assert(
      fc.property(stacks, fc.constantFrom(0.25, 0.5, 1.8, 2, 40), (some, factor) => {
        const result = findings(contrast(build(some), build(scaled(some, factor))));
        expect([result.culprit, result.movers, result.collector.hasGrown]).toEqual([null, [], false]);
      }),
    );
  });

  test('the order of stacks changes nothing, not even how ties fall', () => {
    const pair = fc.tuple(stacks, stacks).chain(([some, more]) => {
      const shuffled = (all: Stack[]) =>
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
      return fc.tuple(fc.constant(some), fc.constant(more), shuffled(some), shuffled(more));
    });
    fc.assert(
      fc.property(pair, ([some, more, someShuffled, moreShuffled]) => {
        const plain = findings(contrast(build(some), build(more)));
        expect(findings(contrast(build(someShuffled), build(moreShuffled)))).toEqual(plain);
      }),
    );
  });

  test('the order of the parts of a side changes nothing', () => {
    fc.assert(
      fc.property(fc.array(stacks, { minLength: 2, maxLength: 4 }), stacks, (baseline, incident) => {
        const read = (parts: readonly Stack[][]) => {
          const all = analyse({
            baseline: parts.map((part) => ({ profile: build(part), profiles: 1 })),
            incident: [{ profile: build(incident), profiles: 1 }],
            slices: [],
            quantum: 1,
          });
          return findings({ ...buildContrast(all, wholeRun(all)), dispersion: CALM });
        };
        // Without the first part, which may be left out as warm-up.
        const [first = [], ...others] = baseline;
        const warm = read([first, ...others]);
        expect(read([first, ...others.reverse()])).toEqual(warm);
      }),
    );
  });

  test('other names in the same order change nothing but the names', () => {
    const renamed = (all: readonly Stack[]): Stack[] =>
      all.map(([frames, value]) => [
        frames.map((part) => {
          const { name, ...place } = typeof part === 'string' ? { name: part } : part;
          const newName = name === '(anonymous)' ? name : `${name}q`;
          return { ...place, name: newName };
        }),
        value,
      ]);
    const withoutSuffix = (result: ReturnType<typeof findings>) =>
      JSON.parse(
        JSON.stringify(result, (_, value) => (typeof value === 'string' ? value.replace(/q$/, '') : value)),
      );
    fc.assert(
      fc.property(stacks, stacks, (some, more) => {
        const plain = withoutSuffix(findings(contrast(build(some), build(more))));
        expect(withoutSuffix(findings(contrast(build(renamed(some)), build(renamed(more)))))).toEqual(plain);
      }),
    );
  });

  test('shares lie within 0 and 1, intervals around the difference, values add up', () => {
    fc.assert(
      fc.property(stacks, stacks, (some, more) => {
        const contrasted = contrast(build(some), build(more), { dispersion: { phi: 1.5, freedom: 20 } });
        for (const row of findings(contrasted).movers) {
          for (const part of [
            row.selfShareBefore,
            row.selfShareAfter,
            row.totalShareBefore,
            row.totalShareAfter,
          ]) {
            expect(part).toBeGreaterThanOrEqual(0);
            expect(part).toBeLessThanOrEqual(1);
          }
          expect(row.interval[0]).toBeLessThanOrEqual(row.delta);
          expect(row.interval[1]).toBeGreaterThanOrEqual(row.delta);
          expect(Math.abs(row.z) >= GATE).toBe(row.significant);
        }
        for (const { costs } of [contrasted.before, contrasted.after]) {
          const sum = (values: Float64Array) => values.reduce((all, value) => all + value, 0);
          expect([sum(costs.self), sum(costs.charged)]).toEqual([costs.total, costs.application]);
        }
      }),
    );
  });
});

describe('any reading', () => {
  const counted = fc.record({ profile: anyStacks.map(build), profiles: fc.nat(4) });
  const side = fc.array(counted, { maxLength: 4 });
  const reading: fc.Arbitrary<Reading> = fc.record({
    baseline: side,
    incident: side,
    slices: side,
    quantum: fc.constantFrom(1, 0.5, 1e7, 2 ** 19),
  });

  test('throws nothing and has no number that is none', { tags: ['many-cases'] }, () => {
    fc.assert(
      fc.property(reading, (read) => {
        const analysed = analyse(read);
        const whole = buildContrast(analysed, wholeRun(analysed));
        const rows = findings(whole);
        const { z: _, ...load } = analysed.load;
        const change = changeOverTime(analysed, { gate: GATE });
        const inSlices = analysed.slices.map((__, at) => changeInSlice(analysed, at, GATE));
        const fn = change?.culprit.fn ?? 0;
        const slices = analysed.slices.map((part, at) => ({
          labels: { pod: String(at) },
          ...countsIn(analysed, part, fn),
          total: part.costs.total / analysed.quantum,
        }));
        const before = countsIn(analysed, sumSide(analysed.joined, analysed.baseline), fn);
        const labels = attribute(slices, before, analysed.dispersion, 'pod');
        const changes = [change, ...inSlices].map((timed) => [timed?.culprit, timed?.from, timed?.run]);
        expect(
          notNumbers([rows, load, analysed.load, analysed.samples, analysed.dispersion, changes, labels]),
        ).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
