import { describe, expect, test } from 'vitest';
import { chain } from '../../test/evaluation/generator/frame.js';
import { createMemorySource } from '../../test/evaluation/generator/memory-source.js';
import { createEnvironment } from '../../test/support/ask.js';
import { getTypeId, toLens } from '../../test/support/type-ids.js';
import { measure } from './measure.js';

const START = Date.parse('2026-11-20T14:00:00Z');
/** Ten minutes. */
const WINDOW_S = 600;

interface Sent {
  /** Profiles of one instance. */
  profiles: number;
  /** Seconds that each covers; null where the store does not keep them. */
  seconds: number | null;
  instances?: number;
}

/**
 * The cores that are burned where each profile shows half a core for its time; null where no rate is told.
 */
async function readRate({ profiles, seconds, instances = 1 }: Sent) {
  const paths = [chain('main.main @ main.go:3\nmain.work @ main.go:9')];
  const covered = seconds ?? 10;
  const source = createMemorySource('rates', () =>
    Array.from({ length: instances * profiles }, (_, at) => ({
      time: START + Math.round(((Math.floor(at / instances) + 0.5) * WINDOW_S * 1_000) / profiles),
      seconds: covered,
      labels: { service_name: 'shop', pod: `p${at % instances}` },
      paths,
      values: new Map([[getTypeId('cpu'), Float64Array.of(covered * 5e8)]]),
    })),
  );
  const store =
    seconds === null
      ? {
          ...source,
          profile: async (...query: Parameters<typeof source.profile>) => ({
            ...(await source.profile(...query)),
            profiledSeconds: null,
          }),
        }
      : source;
  const { context } = createEnvironment([store]);
  const scope = {
    source: store,
    service: 'shop',
    matchers: [],
    window: { from: START, to: START + WINDOW_S * 1_000 },
    type: toLens('cpu').type,
    several: null,
    only: null,
    typeArgument: 'cpu',
    notes: [],
  };
  return (await measure(scope, { ...context, signal: new AbortController().signal }))?.rate ?? null;
}

describe('a rate is told only where the profiles cover the window', () => {
  test.each([
    { what: 'all of it', sent: { profiles: 60, seconds: 10 }, cores: 0.5 },
    { what: 'nine tenths of it', sent: { profiles: 54, seconds: 10 }, cores: 0.45 },
    { what: 'less than nine tenths', sent: { profiles: 53, seconds: 10 }, cores: null },
    { what: 'half of it', sent: { profiles: 30, seconds: 10 }, cores: null },
    { what: 'a ninth more than it', sent: { profiles: 66, seconds: 10 }, cores: 0.55 },
    { what: 'more than that: durations that overlap', sent: { profiles: 67, seconds: 10 }, cores: null },
    { what: 'by four profiles of an instance', sent: { profiles: 4, seconds: 150 }, cores: 0.5 },
    { what: 'by fewer than four', sent: { profiles: 3, seconds: 200 }, cores: null },
    {
      what: 'of two instances: the rates add up',
      sent: { profiles: 60, seconds: 10, instances: 2 },
      cores: 1,
    },
    {
      what: 'of two instances, each for half of it',
      sent: { profiles: 30, seconds: 10, instances: 2 },
      cores: null,
    },
    { what: 'without durations: one profile every 10 s', sent: { profiles: 60, seconds: null }, cores: 0.5 },
    { what: 'without durations: one every 18 s', sent: { profiles: 33, seconds: null }, cores: null },
    { what: 'without durations: one every 7 s', sent: { profiles: 86, seconds: null }, cores: null },
  ])('$what', async ({ sent, cores }) => {
    const rate = await readRate(sent);
    expect(rate?.value ?? null).toEqual(cores === null ? null : expect.closeTo(cores, 6));
    if (rate !== null) expect(rate.unit).toBe('cores');
  });
});
