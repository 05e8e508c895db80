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

/** Attributes a growth of `price` to pods that have settled, by what each sent of it. */
async function attributeTo(pods: Readonly<Record<string, number>>, max = 40) {
  const whole = Object.values(pods).reduce((sum, price) => sum + price, 0);
  const after = { 'main serve price': whole, 'main serve stock': 300 * Object.keys(pods).length };
  const share = shareEvidence('cpu', {
    before: stacks(30),
    after,
    parts: 1,
    change: {},
  });
  if (share.change === null) throw new Error('no change');
  const labels = Object.keys(pods).map((pod): Labels => ({ pod, region: 'north' }));
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
    { series: labels.map(({ pod = '' }) => ({ labels: { pod }, points })), stepMs: 100 },
    {
      changes: [share.change],
      slices,
      window: WINDOW,
      whole: [{ profile: profileFrom(after), profiles: labels.length }],
    },
  );
  return { asked, change };
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
    const { asked, change } = await attributeTo(pods, max);
    expect(asked).toEqual([]);
    expect(change?.attribution).toEqual([]);
  });
});
