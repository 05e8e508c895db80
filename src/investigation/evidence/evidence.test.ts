import { describe, expect, test } from 'vitest';
import { getName, type Stacks } from '../../../test/support/contrast.js';
import { leastFound } from '../../../test/support/least-found.js';
import {
  always,
  changing,
  pods,
  questionAbout,
  readAll,
  type SmallInstance,
  smallService,
} from '../../../test/support/small-service.js';
import { UpstreamError } from '../../errors.js';
import type { ProfileSource } from '../../sources/source.js';
import { conclude } from '../conclude.js';
import { readEvidence } from './evidence.js';

const REST = { 'main serve': 60, 'main poll': 40 };
const withPrice = (samples: number): Stacks => ({ ...REST, 'main price': samples });
const CALM = withPrice(10);
const level = (held: number): Stacks => ({ 'main serve cache.put': held, 'main boot': 100 });
const wait = (ms: number): Stacks => ({ 'main serve cache.get': ms });
const rising = (minute: number) => level(100 + 60 * Math.max(0, minute));

/** Verdict and causes of a small service, from its profiles to the conclusion. */
async function conclusion(profiles: SmallInstance['profiles']) {
  const { verdict, causes } = conclude(await readAll(pods(3, profiles)));
  return { verdict, causes: causes.map(({ kind, of }) => `${kind} ${of.lens.type.alias}`) };
}

describe('from profiles to a verdict', () => {
  const contended = changing(wait(20), wait(2_000));
  const doubled = changing(CALM, { 'main serve': 120, 'main poll': 80, 'main price': 20 });

  test.each([
    {
      what: 'nothing',
      profiles: { cpu: always(CALM), inuse: always(level(100)), mutex: always(wait(20)) },
      verdict: 'no_change',
      causes: [],
    },
    {
      what: 'code',
      profiles: { cpu: changing(CALM, withPrice(60)) },
      verdict: 'code_regression',
      causes: ['code cpu'],
    },
    {
      what: 'moved code',
      profiles: { cpu: changing({ ...REST, 'main serve old': 40 }, { ...REST, 'main serve fresh': 40 }) },
      verdict: 'moved',
      causes: ['moved cpu'],
    },
    {
      what: 'load',
      profiles: { cpu: doubled, alloc: always(CALM) },
      verdict: 'load_increase',
      causes: ['load cpu'],
    },
    {
      what: 'contention, and the little code that it costs',
      profiles: { cpu: changing(CALM, withPrice(30)), mutex: contended },
      verdict: 'contention',
      causes: ['contention mutex', 'code cpu'],
    },
    {
      what: 'contention on a service whose load rose: far more than that',
      profiles: { cpu: doubled, mutex: contended },
      verdict: 'contention',
      causes: ['contention mutex', 'load cpu'],
    },
    {
      what: 'waiting that the load explains',
      profiles: { cpu: doubled, mutex: changing(wait(20), wait(100)) },
      verdict: 'load_increase',
      causes: ['load cpu'],
    },
    {
      what: 'a leak, and the code that it costs',
      profiles: { cpu: changing(CALM, withPrice(60)), inuse: rising },
      verdict: 'leak',
      causes: ['leak inuse', 'code cpu'],
    },
  ])('$what: $verdict', async ({ profiles, verdict, causes }) => {
    expect(await conclusion(profiles)).toEqual({ verdict, causes });
  });

  test('nothing before: inconclusive', async () => {
    const instances = pods(1, {}, { a: { minutes: { from: 0 }, profiles: { cpu: always(CALM) } } });
    expect(conclude(await readAll(instances)).verdict).toBe('inconclusive');
  });

  test('no profile at all in the window: nothing is read', async () => {
    const question = await questionAbout(pods(1, { cpu: always(CALM) }, { a: { minutes: { to: -61 } } }));
    expect(await readEvidence(question, { signal: new AbortController().signal })).toBeNull();
  });
});

test('a type that is gone in the incident leads nothing: the next one is the main witness', async () => {
  const instances = [
    ...pods(2, { wall: changing(CALM, withPrice(60)) }),
    ...pods(2, {}).map((pod) => ({ ...pod, minutes: { to: -1 }, profiles: { cpu: always(CALM) } })),
  ];
  const reading = await readAll(instances);
  expect(reading.main.alias).toBe('wall');
  expect(reading.shares.map(({ lens }) => lens.type.alias)).toEqual(['wall']);
  expect(reading.missing).toEqual(['cpu: no profiles in the window']);
  expect(conclude(reading).verdict).toBe('code_regression');
});

describe('how readily the second type is accused', () => {
  /** Allocations of which one function takes more, with a collector that grew or not. */
  const service = (samples: number, collector: number) =>
    pods(1, {
      cpu: changing(
        { ...REST, 'runtime.gcBgMarkWorker': 10 },
        { ...REST, 'runtime.gcBgMarkWorker': collector },
      ),
      alloc: changing(CALM, withPrice(samples)),
    });

  test.each([
    { what: 'calm collector', collector: 10, gate: 4.8 },
    { what: 'collector that grew: half of the evidence is there', collector: 40, gate: 3.5 },
  ])('beside a $what: from $gate standard errors on', async ({ collector, gate }) => {
    const change = async (samples: number) => {
      const { shares } = await readAll(service(samples, collector));
      return shares.find(({ lens }) => lens.type.alias === 'alloc')?.change ?? null;
    };
    const least = await leastFound(10, 30, async (samples) => (await change(samples)) !== null);
    const z = (await change(least))?.culprit.z ?? 0;
    expect(z).toBeGreaterThanOrEqual(gate);
    expect(z).toBeLessThan(gate + 0.1);
  });

  test('a burst is looked for in the first type only', async () => {
    const burst = (minute: number) => (minute >= 4 && minute < 8 ? withPrice(90) : CALM);
    const { shares } = await readAll(pods(1, { cpu: burst, alloc: burst }));
    expect(shares.map(({ analysis, change }) => getName(analysis, change?.culprit.fn))).toEqual([
      'price',
      null,
    ]);
  });
});

test('waits of one type are judged with those of the others', async () => {
  const { waits } = await readAll(
    pods(2, {
      cpu: always(CALM),
      mutex: changing({ 'main serve sync.Unlock': 20 }, { 'main serve sync.Unlock': 180 }),
      block: changing({ 'main collect chanrecv': 20 }, { 'main collect chanrecv': 49 }),
    }),
  );
  expect(waits.map(({ lens, dismissed }) => [lens.type.alias, dismissed])).toEqual([
    ['mutex', 'alike'],
    ['block', null],
  ]);
});

describe('instances that are all new', () => {
  test('other types are judged from the time on at which they have settled, too', async () => {
    const warm = (minute: number) => minute >= 0 && minute < 3;
    const profiles = (isNew: boolean): SmallInstance['profiles'] => ({
      cpu: (minute) => (warm(minute) ? { ...CALM, 'main init': 200 } : CALM),
      alloc: (minute) => (warm(minute) ? { ...CALM, 'main init': 400 } : CALM),
      mutex: (minute) => ({ 'main serve sync.Unlock': warm(minute) ? 900_000_000 : 1_000_000 }),
      inuse: always({ 'main cache': isNew ? 30 : 40 }),
    });
    const evidence = await readAll([
      { labels: { pod: 'a' }, minutes: { to: -1 }, profiles: profiles(false) },
      { labels: { pod: 'x' }, minutes: { from: 0 }, profiles: profiles(true) },
    ]);
    expect(evidence.shares.map(({ analysis, change }) => getName(analysis, change?.culprit.fn))).toEqual([
      null,
      null,
    ]);
    expect(evidence.waits.map(({ contention, dismissed }) => contention ?? dismissed)).toEqual([null]);
    expect(evidence.totals.map(({ lens, after }) => [lens.type.alias, after.profiles])).toEqual([
      ['cpu', 11],
      ['alloc', 11],
      ['inuse', 15],
      ['mutex', 11],
    ]);
  });
});

describe('what is left out is said', () => {
  const ask = async (instances: readonly SmallInstance[], spent = 0) => {
    const { missing, unread } = await readAll(instances, { spent });
    return { missing, unread: unread.types.map(({ lens, reason }) => `${lens.type.alias}: ${reason}`) };
  };
  const both = (alloc: Partial<SmallInstance>): SmallInstance[] => [
    { labels: { pod: 'a' }, profiles: { cpu: always(CALM) } },
    { labels: { pod: 'a' }, profiles: { alloc: always(CALM) }, ...alloc },
  ];

  test.each([
    { what: 'all was read', instances: both({}), spent: 0, missing: [], unread: [] },
    {
      what: 'no request was left for the second type',
      instances: both({}),
      spent: 26,
      missing: [],
      unread: ['alloc: no_request_left'],
    },
    {
      what: 'no profile before',
      instances: both({ minutes: { from: 0 } }),
      spent: 0,
      missing: ['alloc: no profiles in the baseline'],
      unread: [],
    },
    {
      what: 'no profile in the window',
      instances: both({ minutes: { to: -1 } }),
      spent: 0,
      missing: ['alloc: no profiles in the window'],
      unread: [],
    },
  ])('$what', async ({ instances, spent, missing, unread }) => {
    expect(await ask(instances, spent)).toEqual({ missing, unread });
  });

  test('slices of the fleet are read as far as requests are left', async () => {
    const slices = async (spent: number) =>
      (await readAll(pods(6, { cpu: always(CALM) }), { spent })).shares[0]?.analysis.slices.length;
    expect(await slices(0)).toBe(6);
    // Three are asked before, eight parts and the value of a sample are reserved: five are left for slices.
    expect(await slices(40 - 3 - 8 - 2 - 5)).toBe(0);
    expect(await slices(40 - 3 - 8 - 2 - 6)).toBe(6);
  });
});

describe('a store that fails', () => {
  const failing = (typeId: string): ProfileSource => {
    const source = smallService(pods(1, { cpu: always(CALM), alloc: always(CALM) }));
    return {
      ...source,
      profile: async (query, signal) => {
        if (query.profileTypeId.startsWith(typeId)) throw new UpstreamError('too_large', 'over 100 MiB');
        return source.profile(query, signal);
      },
    };
  };

  test('for one type leaves that out', async () => {
    const reading = await readAll([], { types: ['cpu', 'alloc'], source: failing('memory') });
    expect(reading.missing).toEqual([]);
    expect(reading.unread.types).toMatchObject([
      { lens: { type: { alias: 'alloc' } }, reason: 'too_large', why: 'the answer was over the size limit' },
    ]);
    expect(reading.shares.map(({ lens }) => lens.type.alias)).toEqual(['cpu']);
  });

  test('for the series of the main type leaves that out, and the rest is read', async () => {
    const source = smallService(pods(1, { cpu: always(CALM), alloc: always(CALM) }));
    const reading = await readAll([], {
      types: ['cpu', 'alloc'],
      source: {
        ...source,
        timeSeries: async (query, ...rest) => {
          if (query.profileTypeId.startsWith('process_cpu'))
            throw new UpstreamError('overloaded', 'busy', { status: 429 });
          return source.timeSeries(query, ...rest);
        },
      },
    });
    expect(reading.main.alias).toBe('cpu');
    expect(reading.totals.map(({ lens }) => lens.type.alias)).toEqual(['alloc']);
    expect(reading.unread.types).toMatchObject([
      { lens: { type: { alias: 'cpu' } }, why: 'the store was overloaded (HTTP 429)' },
    ]);
  });

  test('for the label sets leaves instances and choices out', async () => {
    const source = smallService(pods(3, { cpu: always(CALM) }));
    const series = () => Promise.reject(new UpstreamError('failed', 'boom', { status: 500 }));
    const reading = await readAll([], { types: ['cpu'], source: { ...source, series } });
    expect(reading.unread).toMatchObject({
      types: [],
      labels: { reason: 'failed', why: 'the store failed (HTTP 500)' },
    });
    // The label of instances is known: profiles are still counted apart.
    expect(reading.totals[0]?.after.profiles).toBe(45);
  });

  describe('to answer for one type at all', () => {
    const silent = (typeId: string, series: boolean): ProfileSource => {
      const source = smallService(pods(1, { cpu: always(CALM), alloc: always(CALM) }));
      const never = (signal: AbortSignal) =>
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      return {
        ...source,
        profile: (query, signal) =>
          !series && query.profileTypeId.startsWith(typeId) ? never(signal) : source.profile(query, signal),
        timeSeries: (query, options, signal) =>
          series && query.profileTypeId.startsWith(typeId)
            ? never(signal)
            : source.timeSeries(query, options, signal),
      };
    };

    test.each([
      ['series', true],
      ['merges', false],
    ])('does not use up the time of the others (%s)', async (_, series) => {
      const question = await questionAbout([], {
        types: ['cpu', 'alloc'],
        source: silent('process_cpu', series),
      });
      const { signal } = new AbortController();
      const early = new AbortController();
      const reading = readEvidence(question, { signal, early: early.signal, soon: signal });
      // All that can be answered by then has been: half of the time is over.
      await expect.poll(() => question.requests.ended).toBeGreaterThanOrEqual(series ? 3 : 4);
      early.abort();
      const { unread, shares } = (await reading) ?? {};
      expect(unread?.types.map(({ lens, reason }) => [lens.type.alias, reason])).toEqual([
        ['cpu', 'no_time'],
      ]);
      expect(shares?.map(({ lens }) => lens.type.alias)).toEqual(['alloc']);
    });
  });

  test('for all types is a failure', async () => {
    await expect(readAll([], { types: ['cpu', 'alloc'], source: failing('') })).rejects.toThrow(
      'over 100 MiB',
    );
  });
});

test('more than 60 instances are read as sums, with the cost per profile of each', async () => {
  const fleet = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      labels: { pod: `p${at}` },
      profiles: { cpu: always({ main: 10 }) },
    }));
  for (const [count, isCrowd] of [
    [60, false],
    [61, true],
  ] as const) {
    const { totals, shares, instances } = await readAll(fleet(count));
    expect(shares[0]?.profileTimes.largeFleet !== undefined).toBe(isCrowd);
    expect(totals[0]?.before).toEqual({ profiles: 60 * count, value: 60 * count * 10 * 1e7 });
    expect(instances).toEqual({ stayed: count, left: 0, arrived: 0 });
  }
});
