import { describe, expect, test } from 'vitest';
import { changing, pods, readyFor } from '../../../test/support/small-service.js';
import type { SiteGrowth } from '../../profile/compare/growth.js';
import type { LevelLens } from '../evidence/levels.js';
import { briefEvidence, concludeBriefly, lookAtMain, withPlainCause } from './brief.js';

/** Growth of the team's own function 0, or of function 1 of a framework, as far as the rule looks at it. */
const buildGrowth = (fn: 0 | 1) =>
  ({ joined: { application: Uint8Array.of(1, 0) }, site: { fn } }) as unknown as SiteGrowth;

/** A level from 10 to so much; it leaks, or it only rose. */
function level(
  after: number,
  fn: 0 | 1,
  { leaks = true, instance = null as LevelLens['leak'] | string } = {},
) {
  const growth = buildGrowth(fn);
  return {
    before: 10,
    after,
    leak: leaks
      ? { before: 10, after, growth, instance: instance === null ? null : { name: 'pod', value: 'a' } }
      : null,
    rise: leaks ? null : { since: null, growth },
  } as unknown as LevelLens;
}

const evidence = (risen: number, hasTurnover = false) => ({
  hasTurnover,
  mainTotals: {
    load: { ratio: risen, risen, z: 9, hasRisen: risen > 1 },
  } as unknown as Parameters<typeof withPlainCause>[1]['mainTotals'],
});

describe('a level of one of many services', () => {
  test.each([
    ['a leak of own code', level(25, 0), evidence(2), true],
    ['a leak of frameworks that the load explains', level(25, 1), evidence(2), false],
    ['a leak of frameworks beyond the load', level(35, 1), evidence(2), true],
    ['a leak of frameworks without more load', level(25, 1), evidence(1), true],
    ['a doubling in one instance', level(25, 0, { instance: 'a' }), evidence(1), false],
    ['a fourfold rise in one instance', level(40, 0, { instance: 'a' }), evidence(1), true],
    ['a doubling where instances are new', level(25, 0), evidence(1, true), false],
    ['a fourfold rise where instances are new', level(40, 0), evidence(1, true), true],
  ])('%s', (_, leaking, surroundings, stands) => {
    expect(withPlainCause(leaking, surroundings).leak !== null).toBe(stands);
  });

  test('a rise without a leak names a place in own code only', () => {
    const findPlace = (fn: 0 | 1) => withPlainCause(level(25, fn, { leaks: false }), evidence(1)).rise;
    expect(findPlace(0)?.growth).toEqual(buildGrowth(0));
    expect(findPlace(1)).toEqual({ since: null, growth: null });
  });
});

test('a change of one of many services must stand out by a margin more', async () => {
  const stacks = (price: number) => ({ 'main serve': 60, 'main poll': 40, 'main price': price });
  const { context, lens, profileTimes } = await readyFor(
    'cpu',
    pods(1, { cpu: changing(stacks(10), stacks(20)) }),
  );
  const evidence = briefEvidence(context, [], [{ lens, times: profileTimes }], false);
  await lookAtMain(evidence);
  const z = evidence.shares[0]?.change?.culprit.z ?? 0;
  expect(z).toBeGreaterThan(4.5);
  const verdicts = [0, z - 4.51, z - 4.49].map((margin) => concludeBriefly(evidence, margin).verdict);
  expect(verdicts).toEqual(['code_regression', 'code_regression', 'no_change']);
});
