import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random } from '../../../test/support/generate-profile.js';
import { type Change, changeAt, findChange, type OnsetPart } from './onset.js';

/** Parts of one minute, each with what was seen between its 10th and its 50th second. */
function parts(values: readonly number[], weights: readonly number[] = []): OnsetPart[] {
  return values.map((value, at) => ({
    from: at * 60_000 + 10_000,
    to: at * 60_000 + 50_000,
    value,
    weight: weights[at] ?? 1,
  }));
}

/** Standard normal numbers (Box & Muller). */
function normal(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

const series = (length: number, value: (at: number) => number) =>
  Array.from({ length }, (_, at) => value(at));
const RUNS = 2_000;

/** Whether a change was found that lasts to the end of the parts. */
const lasts = (observed: readonly OnsetPart[], change: Change | null) => change?.end === observed.length;

describe('examples', () => {
  test('a step: from the first part with it to the end', () => {
    const steps = parts([5, 6, 5, 6, 5, 6, 15, 16, 15, 16]);
    const change = findChange(steps, null);
    expect(change).toEqual({ start: 6, end: 10, outside: 5.5, inside: 15.5 });
  });

  test('a fall counts, too', () => {
    expect(findChange(parts([15, 16, 15, 16, 15, 5, 6, 5, 6]), null)).toMatchObject({ start: 5, end: 9 });
  });

  test('what does not last ends before the last part', () => {
    const burst = parts([5, 6, 5, 6, 25, 26, 5, 6, 5, 6]);
    const change = findChange(burst, null);
    expect(change).toMatchObject({ start: 4, end: 6, outside: 5.5, inside: 25.5 });
    expect(lasts(burst, change)).toBe(false);
  });

  test('a ramp begins where it leaves the level before', () => {
    const ramp = parts([34, 33, 35, 33, 34, 34, 33, 35, 1_200, 2_500, 3_900, 5_200]);
    expect(findChange(ramp, null)).toMatchObject({ start: 8, end: 12 });
  });

  test('counts tell a change of three parts that their scatter alone cannot', () => {
    const few = parts([0.05, 0.3, 0.31], [100, 100, 100]);
    expect(findChange(few, null)).toBeNull();
    expect(findChange(few, 0.22 * 0.78)).toMatchObject({ start: 1, end: 3 });
  });

  test.each([
    ['nothing', []],
    ['one part', [5]],
    ['two parts', [5, 500]],
    ['the same value', [5, 5, 5, 5, 5, 5]],
    ['zeros', [0, 0, 0, 0, 0, 0]],
    ['rounding', [1e12, 1e12 + 1e-3, 1e12, 1e12 + 1e-3, 1e12 + 1e-3, 1e12 + 1e-3]],
  ])('%s has none', (_what, values) => {
    expect(findChange(parts(values), null)).toBeNull();
    expect(findChange(parts(values), 0.25)).toBeNull();
  });
});

describe('a suspected place', () => {
  const weak = parts([5, 7, 4, 6, 5, 7, 9, 10, 9, 10]);

  test('shows a change that a search does not find', () => {
    expect(findChange(weak, 2, false)).toBeNull();
    expect(changeAt(weak, 350_001, 2, false)).toEqual({ start: 6, end: 10, outside: 34 / 6, inside: 9.5 });
  });

  test.each([
    ['before the first part', 0],
    ['after the last one', 600_000],
    ['where nothing changes', 130_000],
  ])('%s shows none', (_what, time) => {
    expect(changeAt(parts([5, 7, 4, 6, 5, 7, 5, 6, 4, 6]), time, null)).toBeNull();
  });

  test('of calm series in at most 1 % shows one', () => {
    const error = normal(random(17));
    const calm = Array.from({ length: RUNS }, () => parts(series(8, () => 100 + error())));
    const alarms = calm.filter((calmSeries) => changeAt(calmSeries, 200_000, null) !== null);
    expect(alarms.length / RUNS).toBeLessThanOrEqual(0.013);
  });
});

describe('calm series give an onset in at most 1 %', () => {
  const onsets = (make: (next: () => number) => [OnsetPart[], number | null]) => {
    const next = random(7);
    let changes = 0;
    for (let run = 0; run < RUNS; run++) {
      const [observed, variance] = make(next);
      if (lasts(observed, findChange(observed, variance))) changes++;
    }
    return changes / RUNS;
  };

  test.each([4, 6, 8, 12, 24])('of %i parts with errors that only the parts tell', (length) => {
    const share = onsets((next) => {
      const error = normal(next);
      return [parts(series(length, () => 100 + 3 * error())), null];
    });
    expect(share).toBeLessThanOrEqual(0.01);
  });

  test.each([
    [4, 20, 0.05],
    [4, 400, 0.3],
    [8, 50, 0.1],
    [12, 30, 0.02],
    [12, 200, 0.3],
  ])('of %i parts with about %i samples, a share of %f', (length, samples, share) => {
    const alarmRate = onsets((next) => {
      const all = series(length, () => Math.round(samples * (0.7 + 0.6 * next())));
      const counted = all.map((n) => series(n, () => next()).filter((at) => at < share).length);
      const sum = (figures: readonly number[]) => figures.reduce((a, b) => a + b, 0);
      const mean = sum(counted) / sum(all);
      const values = counted.map((count, at) => count / (all[at] ?? 1));
      return [parts(values, all), mean * (1 - mean)];
    });
    expect(alarmRate).toBeLessThanOrEqual(0.01);
  });

  test.each([1.3, 1.5])('of shares over-dispersed by %f', (phi) => {
    const alarmRate = onsets((next) => {
      const error = normal(next);
      return [parts(series(12, () => 10 + Math.sqrt(phi) * error())), 1];
    });
    expect(alarmRate).toBeLessThanOrEqual(0.01);
  });
});

describe('calm totals, which the load moves as well as chance, give an onset in at most 1 %', () => {
  test.each([
    [4, 3],
    [4, 30],
    [8, 3],
    [12, 5],
    [24, 3],
  ])('of %i parts that scatter %f times as much as counts', (length, phi) => {
    const next = random(13);
    const error = normal(next);
    let alarms = 0;
    for (let run = 0; run < RUNS; run++) {
      const observed = parts(series(length, () => 100 + Math.sqrt(phi) * error()));
      if (lasts(observed, findChange(observed, 1, false))) alarms++;
    }
    expect(alarms / RUNS).toBeLessThanOrEqual(0.01);
  });

  test('one sample that comes and stays is no change, though nothing else scatters', () => {
    const heap = parts([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(findChange(heap, null)).toMatchObject({ start: 4 });
    expect(findChange(heap, 0.6, false)).toBeNull();
    expect(findChange(parts([0, 0, 0, 0, 9, 9, 9, 9, 9, 9]), 5.4, false)).toMatchObject({ start: 4 });
  });
});

describe('planted steps are found within one part in at least 95 %', () => {
  const hits = (length: number, size: () => number, variance: number | null) => {
    const next = random(11);
    const error = normal(next);
    let exact = 0;
    for (let run = 0; run < RUNS; run++) {
      const start = 1 + Math.floor(next() * (length - 1));
      const step = size() * Math.sqrt(1 / start + 1 / (length - start));
      const observed = parts(series(length, (at) => 50 + error() + (at >= start ? step : 0)));
      const change = findChange(observed, variance);
      if (change?.end === length && Math.abs(change.start - start) <= 1) exact++;
    }
    return exact / RUNS;
  };

  test.each([4, 6, 8, 12])(
    'of 6 standard errors, in %i parts whose errors are known from counts',
    (length) => {
      expect(hits(length, () => 6, 1)).toBeGreaterThanOrEqual(0.95);
    },
  );

  const more = random(5);
  test('of 6 to 12 standard errors, in 24 parts whose errors they alone tell', () => {
    expect(hits(24, () => 6 + 6 * more(), null)).toBeGreaterThanOrEqual(0.95);
  });

  test('of 8 standard errors, in 12 parts whose errors they alone tell', () => {
    expect(hits(12, () => 8, null)).toBeGreaterThanOrEqual(0.95);
  });
});

const value = fc.integer({ min: -1_000, max: 1_000 });
const some = fc.array(value, { minLength: 3, maxLength: 16 });

test('neither another unit nor another zero moves a change', () => {
  fc.assert(
    fc.property(
      some,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: -99, max: 99 }),
      (values, factor, zero) => {
        const place = (all: readonly number[]) => {
          const change = findChange(parts(all), null);
          return change && [change.start, change.end];
        };
        expect(place(values.map((figure) => 4 * factor * figure + zero))).toEqual(place(values));
      },
    ),
    { numRuns: 200 },
  );
});

test('a change lies inside the series, and its levels are means of its parts', () => {
  const mean = (all: readonly number[]) => all.reduce((a, b) => a + b, 0) / all.length;
  fc.assert(
    fc.property(some, fc.constantFrom(null, 1, 10_000), (values, variance) => {
      const change = findChange(parts(values), variance);
      if (change === null) return;
      const { start, end, inside, outside } = change;
      expect(start).toBeGreaterThan(0);
      expect(end).toBeGreaterThan(start);
      expect(end).toBeLessThanOrEqual(values.length);
      expect(inside).toBeCloseTo(mean(values.slice(start, end)), 6);
      expect(outside).toBeCloseTo(mean([...values.slice(0, start), ...values.slice(end)]), 6);
    }),
    { numRuns: 200 },
  );
});

describe('a figure that is nothing on one side', () => {
  const series = (values: readonly number[], weight = 1) =>
    values.map((value, at) => ({ from: at * 10, to: at * 10 + 5, value, weight }));
  const scattered = [6717, 10536, 3184, 8956, 5619, 3184, 5224, 5619, 5117];
  test.each<[string, readonly number[], number | null, number | null]>([
    ['gone, of a level that scatters much', [...scattered, 0, 0, 0], null, 9],
    ['come', [0, 0, 0, ...scattered], null, 3],
    ['come with a scatter as large as itself', [0, 0, 0, 0, 0, 0, 0, 0, 25, 208, 98, 5], null, 8],
    ['gone, of too few parts to tell', [9, 8, 0, 0], null, null],
    ['gone for one part only', [...scattered, 0], null, null],
    ['there now and then', [...scattered.with(4, 0), 0, 0, 0], null, null],
    ['gone, where counts alone could do that', [2, 1, 3, 1, 2, 1, 2, 1, 1, 0, 0], 1.5, null],
    ['hardly there, then much with a large scatter', [16, 138, 95, 10202, 2429, ...scattered], null, 3],
    ['hardly there from some part on', [...scattered, 16, 138, 95], null, 9],
    ['hardly there, but for one part', [16, 138, 3000, 95, 10202, 2429, ...scattered], null, null],
    ['less before, but not next to nothing', [700, 2000, 1500, 10202, 2429, ...scattered], null, null],
    ['gone, and counts could not', [...scattered, 0, 0, 0], 2000, 9],
  ])('%s', (_name, values, variance, start) => {
    expect(findChange(series(values), variance, false)?.start ?? null).toBe(start);
  });
});
