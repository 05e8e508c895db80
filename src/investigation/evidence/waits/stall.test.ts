import { describe, expect, test } from 'vitest';
import { pods, readAll } from '../../../../test/support/small-service.js';
import { allRows } from '../../unread-report.js';

const CPU = () => ({ 'main serve': 100 });
/** Milliseconds of waiting for a lock in each profile: 20, and far more in some minutes. */
const waiting =
  (...long: number[]) =>
  (minute: number) => ({
    'main serve cache.get': long.includes(minute) ? 9_000 : 20,
  });

async function look(...long: number[]) {
  const reading = await readAll(pods(1, { cpu: CPU, mutex: waiting(...long) }));
  const [wait] = reading.waits;
  const row = allRows(reading).find(({ kind }) => kind === 'wait');
  return {
    withoutStall: wait?.withoutStall ?? null,
    isContended: wait?.contention != null,
    excuse: row?.excuse ?? null,
  };
}

describe('long waits', () => {
  test.each([
    { what: 'in one round', long: [6], withoutStall: 0.02, isContended: false, excuse: 'stalled' },
    { what: 'in the last round', long: [14], withoutStall: null, isContended: false, excuse: null },
    { what: 'in two rounds', long: [4, 9], withoutStall: null, isContended: false, excuse: null },
    {
      what: 'from one round on',
      long: [6, 7, 8, 9, 10, 11, 12, 13, 14],
      withoutStall: null,
      isContended: true,
      excuse: null,
    },
    { what: 'in no round', long: [], withoutStall: null, isContended: false, excuse: null },
  ])('$what', async ({ long, withoutStall, isContended, excuse }) => {
    const seen = await look(...long);
    expect(seen).toMatchObject({ isContended, excuse });
    if (withoutStall === null) expect(seen.withoutStall).toBeNull();
    else expect(seen.withoutStall).toBeCloseTo(withoutStall, 9);
  });
});

test('rounds without a single wait, of which no profile is sent, count as well', async () => {
  const cpu = { labels: { pod: 'a' }, profiles: { cpu: CPU } };
  const sends = (minute: number, ms: number) => ({
    labels: { pod: 'a' },
    minutes: { from: minute, to: minute },
    profiles: { mutex: () => ({ 'main serve cache.get': ms }) },
  });
  const usual = [-55, -45, -35, -25, -15, -5, 3, 9].map((minute) => sends(minute, 200));
  const { waits } = await readAll([cpu, ...usual, sends(6, 30_000)]);
  expect(waits[0]?.withoutStall).toBeCloseTo((2 * 0.2) / 14, 9);
});

test('requests that waited in one round only are no queue', async () => {
  const place = 'net/http.(*conn).serve levels runtime.selectgo';
  const block = (minute: number) => ({ 'main idle': 20, [place]: minute === 6 ? 9_000 : 0 });
  const cpu = () => ({ 'net/http.(*conn).serve levels': 100 });
  const { waits } = await readAll(pods(1, { cpu, block }));
  expect(waits[0]?.contention).toBeNull();
  expect(waits[0]?.withoutStall).toBeCloseTo(0.02, 9);
});

test('nothing more is asked where one round explains the waits', async () => {
  const goroutines = () => ({ 'main idle': 20 });
  const ask = async (...long: number[]) => {
    const reading = await readAll(pods(1, { cpu: CPU, goroutines, mutex: waiting(...long) }));
    return reading.context.requests.made;
  };
  expect(await ask(6)).toBe(await ask());
  expect(await ask(4, 9)).toBeGreaterThan(await ask());
});
