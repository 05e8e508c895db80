import { describe, expect, test } from 'vitest';
import { createFilesSource } from '../../sources/files/source.js';
import type { ProfileSource } from '../../sources/source.js';
import { planWindows } from '../evidence/windows.js';
import { readFleetTimes } from './fleet-times.js';
import type { Unit } from './units.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const unitWith = (instances: number): Unit => ({
  key: 'shop',
  service: 'shop',
  group: null,
  typeIds: [CPU],
  labelSets: [],
  instances,
});

describe('a store that does not answer in time', () => {
  const late = () => Promise.reject(new Error('late'));
  const source: ProfileSource = {
    ...createFilesSource({ name: 'lab', uid: 'lab', directory: '/nowhere' }),
    timeSeries: late,
    snapshots: late,
  };
  const read = (instances: number, signal: AbortSignal) =>
    readFleetTimes(
      {
        source,
        matchers: [],
        units: [unitWith(instances)],
        groupBy: null,
        instanceLabels: ['pod'],
        plan: planWindows({ from: 900_000, to: 1_800_000 }, null),
      },
      { signal, soon: AbortSignal.abort() },
    );
  const never = new AbortController().signal;

  test.each([2, 10_000])('no total of %i instances is known, and the type has failed', async (instances) => {
    const times = await read(instances, never);
    expect([...times.failed.keys()]).toEqual([CPU]);
    expect(times.of(unitWith(instances), CPU)).toBeNull();
  });

  test('the end of the whole call is an error', async () => {
    await expect(read(2, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  });
});
