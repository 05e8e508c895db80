import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { shareEvidence } from '../../../../test/support/evidence.js';
import { smallService } from '../../../../test/support/small-service.js';
import { toLens } from '../../../../test/support/type-ids.js';
import type { Labels, Matcher, ProfileSource } from '../../../sources/source.js';
import { describeFleet } from '../fleet.js';
import { createRequests } from '../requests.js';
import { attributeSettled } from './settled-slices.js';

const WINDOW = { from: 1_000, to: 2_000 };
const stacks = (price: number): Stacks => ({ 'main serve price': price, 'main serve stock': 300 });

interface Options {
  /** Pods that sent nothing since. */
  silent?: readonly string[];
  /** Pods without a region. */
  homeless?: readonly string[];
  /** Value of one sample. */
  quantum?: number;
  isChanged?: boolean;
}

/** Attributes a growth of `price` to pods that have settled, by what each sent of it. */
async function attributeTo(
  pods: Readonly<Record<string, number>>,
  max = 40,
  { silent = [], homeless = [], quantum = 1, isChanged = true }: Options = {},
) {
  const whole = Object.values(pods).reduce((sum, price) => sum + price, 0);
  const after = { 'main serve price': whole, 'main serve stock': 300 * Object.keys(pods).length };
  const share = shareEvidence('cpu', {
    before: stacks(30),
    after,
    parts: 1,
    change: {},
  });
  if (share.change === null) throw new Error('no change');
  const found = { ...share.change, analysis: { ...share.change.analysis, quantum } };
  const labels = Object.keys(pods).map(
    (pod): Labels => (homeless.includes(pod) ? { pod } : { pod, region: 'north' }),
  );
  const asked: string[] = [];
  const source: ProfileSource = {
    ...smallService([]),
    profile: async ({ matchers }) => {
      const pod = matchers.find(({ name }) => name === 'pod')?.value ?? '';
      asked.push(pod);
      return { profile: profileFrom(stacks(pods[pod] ?? 0)), notes: [], profiledSeconds: null };
    },
  };
  const slices = labels.map((one) => ({
    labels: one,
    matcher: { name: 'pod', op: '=', value: one.pod ?? '' } satisfies Matcher,
  }));
  const points = [{ time: 1_500, value: 1 }];
  const [change] = await attributeSettled(
    {
      readContext: {
        source,
        matchers: [],
        typeIds: [],
        repositories: [],
        signal: new AbortController().signal,
      },
      fleet: { ...describeFleet(['pod', 'region'], labels), unread: null },
      requests: createRequests(() => {}, max),
    },
    toLens('cpu'),
    {
      series: labels.map(({ pod = '' }) => ({ labels: { pod }, points: silent.includes(pod) ? [] : points })),
      stepMs: 100,
    },
    {
      changes: isChanged ? [found] : [],
      slices,
      window: WINDOW,
      whole: [{ profile: profileFrom(after), profiles: labels.length }],
    },
  );
  return { asked, change, isAsItWas: change === found };
}

describe('a change that was found after a warm-up', () => {
  test('is that of the pod that holds it, which need not be asked for', async () => {
    const { asked, change } = await attributeTo({ a: 200, b: 30, c: 30 });
    expect(asked).toEqual(['b', 'c']);
    expect(change?.carrier).toMatchObject({ label: 'pod', value: 'a', ofTotal: 0.4 });
    expect(change?.carrier?.othersOfTotal).toBeCloseTo(30 / 330);
  });

  test('is that of no pod where all hold it', async () => {
    const { change } = await attributeTo({ a: 200, b: 200 });
    expect(change?.carrier).toBeNull();
    expect(change?.attribution.map(({ label, value }) => `${label}=${value}`)).toEqual(['pod=a', 'pod=b']);
  });

  test.each([
    { what: 'only one pod sent profiles', pods: { a: 200 }, max: 40 },
    { what: 'there are fewer requests left than pods to ask for', pods: { a: 200, b: 30, c: 30 }, max: 1 },
  ])('stays as it is where $what', async ({ pods, max }) => {
    const { asked, change, isAsItWas } = await attributeTo(pods, max);
    expect(asked).toEqual([]);
    expect(change?.attribution).toEqual([]);
    expect(isAsItWas).toBe(true);
  });

  test('is asked for with the last requests, and nothing is where nothing changed', async () => {
    expect((await attributeTo({ a: 200, b: 30, c: 30 }, 2)).asked).toEqual(['b', 'c']);
    const none = await attributeTo({ a: 200, b: 30, c: 30 }, 40, { isChanged: false });
    expect(none).toMatchObject({ asked: [], change: undefined });
  });

  test('is not that of a pod that sent nothing since', async () => {
    const { asked, change } = await attributeTo({ a: 200, b: 30, c: 0 }, 40, { silent: ['c'] });
    expect(asked).toEqual(['b']);
    expect(change?.attribution.map(({ value }) => value).sort()).toEqual(['a', 'b']);
  });

  test('is that of no region where all that have one have the same', async () => {
    const { change } = await attributeTo({ a: 200, b: 30, c: 30 }, 40, { homeless: ['c'] });
    expect(new Set(change?.attribution.map(({ label }) => label))).toEqual(new Set(['pod']));
  });

  test('is told by samples, whatever one is worth', async () => {
    const { change } = await attributeTo({ a: 2_000, b: 30, c: 30 }, 40, { quantum: 10 });
    expect(change?.carrier?.ofTotal).toBeCloseTo(2_000 / 2_300);
  });
});
