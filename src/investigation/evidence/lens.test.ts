import { describe, expect, test } from 'vitest';
import { always, INCIDENT, smallService } from '../../../test/support/small-service.js';
import { type Alias, getSampleValue, getTypeId, toLens } from '../../../test/support/type-ids.js';
import { totalValue } from '../../profile/model.js';
import { orderTypes } from '../../profile/types/types.js';
import type { Window } from '../../sources/source.js';
import { hasWaitingThreads, planLenses, type ReadContext, readActive } from './lens.js';

const readContext = (
  profiles: Parameters<typeof smallService>[0][0]['profiles'],
  typeIds: string[] = [],
): ReadContext => ({
  source: smallService([{ labels: { pod: 'a' }, profiles }]),
  matchers: [],
  typeIds,
  repositories: [],
  signal: new AbortController().signal,
});

test('which types are looked at, how, and in which order', () => {
  const aliases: Alias[] = [
    'exceptions',
    'off_cpu',
    'block',
    'mutex',
    'goroutines',
    'inuse',
    'alloc',
    'wall',
    'cpu',
  ];
  const counts = ['process_cpu:samples:count:cpu:nanoseconds', 'memory:alloc_objects:count:space:bytes'];
  const types = orderTypes([...counts, ...aliases.map(getTypeId)]);
  expect(planLenses(types).toRead.map(({ type, kind }) => `${type.alias}: ${kind}`)).toEqual([
    'cpu: time',
    'wall: time',
    'alloc: amount',
    'inuse: level',
    'goroutines: level',
    'mutex: wait',
    'block: wait',
    'off_cpu: time',
    'exceptions: amount',
  ]);
});

test('idle time is left out of wall-clock time, and of nothing else', async () => {
  const stacks = { 'main serve': 60, 'main serve runtime.gopark': 900 };
  const wall = await readActive(readContext({ wall: always(stacks) }), toLens('wall').type, INCIDENT);
  expect(totalValue(wall)).toBe(15 * 60 * getSampleValue('wall'));
  const parked = await readActive(
    readContext({ goroutines: always(stacks) }),
    toLens('goroutines').type,
    INCIDENT,
  );
  expect(totalValue(parked)).toBe(15 * 960);
});

describe('threads that wait in CPU profiles', () => {
  const WAIT = 'main Condition.wait';
  const [calm, busy] = [
    { 'main serve': 10, [WAIT]: 90 },
    { 'main serve': 90, [WAIT]: 10 },
  ];
  const minutes = (from: number, to: number) => ({
    from: INCIDENT.from + from * 60_000,
    to: INCIDENT.from + to * 60_000 - 1,
  });
  const [early, late, none] = [minutes(0, 7), minutes(7, 14), minutes(60, 70)];
  const cpu = toLens('cpu').type;

  /** Samples of the active part of some windows, read one after the other, with the judgement at the end. */
  async function readSamples(
    windows: readonly Window[],
    { first = calm, then = busy, isJudgedOnce = true, isAtOnce = false } = {},
  ) {
    const context: ReadContext = {
      ...readContext({ cpu: (minute) => (minute < 7 ? first : then) }),
      ...(isJudgedOnce ? { waitingThreads: new Map() } : {}),
    };
    const read = (window: Window) => readActive(context, cpu, window);
    const profiles = isAtOnce ? await Promise.all(windows.map(read)) : [];
    if (!isAtOnce) for (const window of windows) profiles.push(await read(window));
    return {
      samples: profiles.map((profile) => totalValue(profile) / getSampleValue('cpu')),
      hasWaiting: await hasWaitingThreads(context, cpu),
    };
  }

  test.each([
    { what: 'which is told by the first window', windows: [early, late], samples: [70, 630], is: true },
    {
      what: 'also of windows read at once',
      windows: [early, late],
      isAtOnce: true,
      samples: [70, 630],
      is: true,
    },
    { what: 'in none after one with few', windows: [late, early], samples: [700, 700], is: false },
    { what: 'not by a window without samples', windows: [none, early], samples: [0, 70], is: true },
    {
      what: 'else by each window',
      windows: [early, late],
      isJudgedOnce: false,
      samples: [70, 700],
      is: false,
    },
  ])('are set apart, $what', async ({ windows, samples, is, ...how }) => {
    expect(await readSamples(windows, how)).toEqual({ samples, hasWaiting: is });
  });

  test('a window that could not be read tells nothing', async () => {
    const context: ReadContext = { ...readContext({ cpu: always(calm) }), waitingThreads: new Map() };
    const failing = { ...context.source, profile: () => Promise.reject(new Error('down')) };
    await expect(readActive({ ...context, source: failing }, cpu, early)).rejects.toThrow('down');
    expect(totalValue(await readActive(context, cpu, early))).toBe(70 * getSampleValue('cpu'));
  });
});
