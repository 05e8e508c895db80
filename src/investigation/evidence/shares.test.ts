import { describe, expect, test } from 'vitest';
import { getName, type Stacks } from '../../../test/support/contrast.js';
import { leastFound } from '../../../test/support/least-found.js';
import { always, changing, pods, readyFor, type SmallInstance } from '../../../test/support/small-service.js';
import { countsIn, distance } from '../../profile/compare/analysis.js';
import { type Resolution, readShares, type ShareLens } from './shares.js';

/** The finest reading: that of the main type. */
const FINE: Resolution = { baselineParts: 4, incidentParts: 4, slices: 7 };
const REST = { 'main serve': 60, 'main poll': 40 };
const withPrice = (samples: number): Stacks => ({ ...REST, 'main price': samples });
const CALM = withPrice(10);

async function read(
  instances: readonly SmallInstance[],
  resolution: Partial<Resolution> = {},
): Promise<ShareLens> {
  const { context, lens, profileTimes } = await readyFor('cpu', instances);
  const share = await readShares(context, lens, profileTimes, { ...FINE, ...resolution });
  if (share === null) throw new Error('one of the windows has no profile');
  return share;
}

/** The decisions of a lens in a form that a row of a table can state. */
async function decide(instances: readonly SmallInstance[], resolution: Partial<Resolution> = {}) {
  const { analysis, change, notes } = await read(instances, resolution);
  const carrier = change?.carrier ?? null;
  return {
    accused: getName(analysis, change?.culprit.fn),
    carrier: carrier === null ? null : `${carrier.label}=${carrier.value}`,
    notes,
  };
}

const cpu = (samplesAt: (minute: number) => Stacks) => ({ profiles: { cpu: samplesAt } });
const allPods = (samples: number) => pods(1, { cpu: changing(CALM, withPrice(samples)) });
const onePod = (samples: number) =>
  pods(6, { cpu: always(CALM) }, { c: cpu(changing(CALM, withPrice(samples))) });

describe('how far a change must stand out', () => {
  test.each([
    {
      what: 'a change of all instances, by default',
      gate: 4.1,
      most: 4.2,
      instances: allPods,
      resolution: {},
    },
    {
      what: 'a change of all instances, by the gate of its type',
      gate: 4.8,
      most: 4.9,
      instances: allPods,
      resolution: { gate: 4.8 },
    },
    { what: 'a change of one of six instances', gate: 4.6, most: 4.7, instances: onePod, resolution: {} },
    {
      what: 'a change of one instance of a type with a higher gate',
      gate: 5.2,
      most: 5.3,
      instances: onePod,
      resolution: { gate: 5.2 },
    },
  ])('$what: $gate standard errors', async ({ gate, most, instances, resolution }) => {
    const change = async (samples: number) => (await read(instances(samples), resolution)).change;
    const least = await leastFound(10, 30, async (samples) => (await change(samples)) !== null);
    const z = (await change(least))?.culprit.z ?? 0;
    expect(z).toBeGreaterThanOrEqual(gate);
    expect(z).toBeLessThan(most);
  });
});

describe('a slice against its own past', () => {
  const usual = { cpu: always(CALM) };

  test('an instance that always differed did not change', async () => {
    const instances = pods(4, usual, { c: cpu(always(withPrice(50))) });
    expect((await decide(instances)).accused).toBeNull();
  });

  test('an instance that differed, and then changed, is accused', async () => {
    const instances = pods(4, usual, { c: cpu(changing(withPrice(20), withPrice(60))) });
    expect(await decide(instances)).toMatchObject({ accused: 'price', carrier: 'pod=c' });
  });

  test('it must differ by 4 standard errors', async () => {
    // A pod with another mix of work than its siblings, which grows a little in the incident.
    const look = (samples: number) =>
      read(pods(6, usual, { c: cpu(changing(withPrice(25), withPrice(samples))) }));
    const least = await leastFound(25, 50, async (samples) => (await look(samples)).change !== null);
    const { analysis, change } = await look(least);
    if (change === null) throw new Error('no change');
    const now = countsIn(analysis, change.contrast.after, change.culprit.fn);
    const past = { x: 60 * 25, n: 60 * 125 };
    expect(distance(past, now, analysis.dispersion)).toBeGreaterThanOrEqual(4);
    expect(distance(past, now, analysis.dispersion)).toBeLessThan(4.1);
  });

  test.each([
    { what: 'after a quarter of the baseline has no calm past: it is accused', from: -40, accused: 'price' },
    { what: 'before that has a past: it is not', from: -50, accused: null },
  ])('an instance that came $what', async ({ from, accused }) => {
    const late = { minutes: { from }, profiles: { cpu: always(withPrice(20)) } };
    expect((await decide(pods(6, usual, { c: late }))).accused).toBe(accused);
  });
});

describe('which slices of the fleet are read', () => {
  const labelled = (count: number, labels: (index: number) => Record<string, string>): SmallInstance[] =>
    Array.from({ length: count }, (_, index) => ({
      labels: labels(index),
      profiles: { cpu: index === 0 ? changing(CALM, withPrice(60)) : always(CALM) },
    }));
  const versions = (index: number) => ({ pod: `p${index}`, version: index === 0 ? '2' : '1' });

  test.each([
    {
      what: 'few instances, with all of their labels',
      instances: labelled(6, versions),
      slices: 6,
      carrier: 'version=2',
    },
    {
      what: 'many instances: the values of a label with few',
      instances: labelled(9, versions),
      slices: 2,
      carrier: 'version=2',
    },
    {
      what: 'many instances and no other label: none',
      instances: labelled(9, (index) => ({ pod: `p${index}` })),
      slices: 0,
      carrier: null,
    },
    {
      what: 'a single instance: none',
      instances: labelled(1, () => ({ pod: 'p' })),
      slices: 0,
      carrier: null,
    },
    {
      what: 'no instance label: the values of the others, as far as they fit into the limit',
      instances: labelled(6, (index) => ({ version: index === 0 ? '2' : '1', zone: `z${index}` })),
      slices: 2,
      carrier: 'version=2',
    },
  ])('$what', async ({ instances, slices, carrier }) => {
    const { analysis, change } = await read(instances);
    expect(analysis.slices).toHaveLength(slices);
    expect(change?.carrier ? `${change.carrier.label}=${change.carrier.value}` : null).toBe(carrier);
  });

  test('an instance without a profile in the window is no slice', async () => {
    const gone = { minutes: { to: -10 }, profiles: { cpu: always(CALM) } };
    expect((await read(pods(3, { cpu: always(CALM) }, { c: gone }))).analysis.slices).toHaveLength(2);
  });
});

test('a window without any profile of the type has no reading', async () => {
  for (const minutes of [{ to: -1 }, { from: 0 }]) {
    const instances = [
      { labels: { pod: 'a' }, minutes, profiles: { cpu: always(REST) } },
      { labels: { pod: 'a' }, profiles: { goroutines: always({ 'main serve': 5 }) } },
    ];
    const { context, lens, profileTimes } = await readyFor('cpu', instances);
    expect(await readShares(context, lens, profileTimes, FINE)).toBeNull();
  }
});

test('the stronger of a change over time and one in a slice is named', async () => {
  const instances = pods(
    3,
    { cpu: changing({ ...CALM, 'main stock': 10 }, { ...CALM, 'main stock': 16 }) },
    { c: cpu(changing({ ...CALM, 'main stock': 10 }, { ...withPrice(90), 'main stock': 16 })) },
  );
  expect(await decide(instances)).toMatchObject({ accused: 'price', carrier: 'pod=c' });
});

test('a second change is found below the caller that the first one seemed to move from', async () => {
  const merge = (rank: number, order: number): Stacks => ({
    'main serve': 400,
    'main merge': 500,
    'main merge rank': rank,
    'main merge order': order,
  });
  const { change, further, analysis } = await read(
    pods(1, { cpu: changing(merge(50, 80), merge(140, 130)) }),
  );
  expect([change, ...further].map((found) => getName(analysis, found?.culprit.fn))).toEqual([
    'rank',
    'order',
  ]);
});

describe('parts that are read at first', () => {
  const atFirst = { baselineParts: 2, incidentParts: 2 };
  const ask = async (instances: readonly SmallInstance[], resolution: Partial<Resolution>) => {
    const { context, lens, profileTimes } = await readyFor('cpu', instances);
    const before = context.requests.made;
    const share = await readShares(context, lens, profileTimes, { ...FINE, ...resolution });
    const { baseline = [], incident = [] } = share?.windows ?? {};
    return {
      share,
      parts: [baseline.length, incident.length],
      requests: context.requests.made - before,
    };
  };
  const burst = (minute: number) => (minute >= 4 && minute < 8 ? withPrice(60) : CALM);

  test.each([
    { what: 'suffice where nothing changed', samplesAt: always(CALM), parts: [2, 2], requests: 4 },
    {
      what: 'are divided where a function grew',
      samplesAt: changing(CALM, withPrice(60)),
      parts: [3, 4],
      requests: 7,
    },
    { what: 'are divided where it grew for a quarter', samplesAt: burst, parts: [3, 4], requests: 7 },
    {
      what: 'are divided in the baseline alone where that did not lie still, and differs no more in its parts',
      samplesAt: (minute: number) => withPrice(minute < -30 ? 16 : minute < 0 ? 10 : 13),
      parts: [4, 2],
      requests: 6,
    },
    {
      what: 'are divided in the incident alone where too little grew in it for a change',
      samplesAt: (minute: number) => withPrice(minute < 0 ? 10 : 14),
      parts: [2, 4],
      requests: 6,
    },
    {
      what: 'are all divided where the baseline did not lie still',
      samplesAt: (minute: number) => (minute < -50 ? withPrice(60) : changing(CALM, withPrice(60))(minute)),
      parts: [4, 4],
      requests: 8,
    },
  ])('$what', async ({ samplesAt, parts, requests }) => {
    const instances = pods(1, { cpu: samplesAt });
    const staged = await ask(instances, { atFirst });
    expect(staged).toMatchObject({ parts, requests });
    const finest = await ask(instances, {});
    expect(getName(staged.share?.analysis ?? fail(), staged.share?.change?.culprit.fn)).toBe(
      getName(finest.share?.analysis ?? fail(), finest.share?.change?.culprit.fn),
    );
  });

  test('and divided say what all parts would have said', async () => {
    const instances = pods(3, { cpu: changing(CALM, withPrice(60), 3) });
    const [staged, finest] = [await ask(instances, { atFirst }), await ask(instances, {})];
    const told = ({ share }: typeof staged) => ({
      run: share?.change?.run,
      growth: share?.change?.culprit.growth,
      samples: share?.analysis.samples,
      attribution: share?.change?.attribution.map(({ value, x, n, carries }) => ({ value, x, n, carries })),
    });
    expect(told(staged)).toEqual(told(finest));
    // Three slices: one is what the others leave.
    expect([staged.requests, finest.requests]).toEqual([9, 10]);
  });

  test('tell a load that rose by the totals of the finer ones', async () => {
    const risen = { 'main serve': 180, 'main poll': 120, 'main price': 30 };
    const { share, parts } = await ask(pods(1, { cpu: changing(CALM, risen) }), { atFirst });
    expect(share?.analysis.load).toMatchObject({ hasRisen: true });
    expect(share?.analysis.load.risen).toBeCloseTo(3);
    expect(parts).toEqual([2, 2]);
  });

  const fail = (): never => {
    throw new Error('nothing was read');
  };
});

test.each([
  { what: 'with waiting threads', waiting: 400, notes: 1 },
  { what: 'of running threads', waiting: 4, notes: 0 },
])('a note on CPU profiles $what: $notes', async ({ waiting, notes }) => {
  const stacks = { 'main serve': 60, 'main serve Condition.wait': waiting };
  const told = (await read(pods(1, { cpu: always(stacks) }))).notes;
  expect(told.filter((note) => note.includes('oncpu=False'))).toHaveLength(notes);
});
