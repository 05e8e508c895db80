import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gridEnd, isIn, onGrid, partWindows, planWindows } from './windows.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.parse('2026-11-20T14:30:00Z');
const window = (length: number, from = T0) => ({ from, to: from + length });
const measureLength = ({ from, to }: { from: number; to: number }) => to - from + 1;

describe('planWindows', () => {
  test('a baseline four times as long that ends 1 ms before, on one grid', () => {
    expect(planWindows(window(15 * MINUTE))).toEqual({
      baseline: { from: T0 - HOUR, to: T0 - 1 },
      incident: window(15 * MINUTE),
      stepMs: 5_000,
    });
  });

  test('a given baseline stays as it is', () => {
    const baseline = { from: T0 - 7 * HOUR, to: T0 - 6 * HOUR };
    expect(planWindows(window(HOUR), baseline)).toEqual({
      baseline,
      incident: window(HOUR),
      stepMs: planWindows(window(HOUR)).stepMs,
    });
  });

  test('both windows together stay below a day, which is as long as a server lets one query span', () => {
    const { baseline, incident } = planWindows(window(10 * HOUR));
    expect(measureLength(baseline)).toBeGreaterThan(12.9 * HOUR);
    expect(measureLength(baseline) + measureLength(incident)).toBeLessThan(24 * HOUR);
    const long = planWindows(window(20 * HOUR));
    expect(measureLength(long.baseline)).toBeGreaterThan(2.8 * HOUR);
    expect(measureLength(long.baseline) + measureLength(long.incident)).toBeLessThan(24 * HOUR);
  });

  test('a window of days is compared with as long a time before, up to a week', () => {
    const day = 24 * HOUR;
    for (const [days, expected] of [
      [1, 1],
      [2, 2],
      [20, 7],
    ] as const) {
      const { baseline, stepMs } = planWindows(window(days * day));
      expect(Math.abs(measureLength(baseline) - expected * day)).toBeLessThanOrEqual(stepMs);
    }
  });

  test('on its grid an incident ends with its last step', () => {
    expect(onGrid(planWindows(window(15 * MINUTE))).incident).toEqual({
      from: T0,
      to: T0 + 15 * MINUTE - 1,
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 * HOUR }), (length) => {
        const { baseline, incident, stepMs } = onGrid(planWindows(window(length)));
        expect(measureLength(incident) % stepMs).toBe(0);
        expect(gridEnd(incident, stepMs)).toBe(incident.to);
        expect(incident.from).toBe(baseline.to + 1);
        expect(incident.to).toBeGreaterThanOrEqual(T0 + length - 1);
        expect(incident.to).toBeLessThan(T0 + length + 1_000);
      }),
    );
  });

  test('for any window: adjacent, on the grid, no more than some hundred steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 * HOUR }), fc.nat(10_000), (length, offset) => {
        const incidentWindow = window(length, T0 + offset);
        const { baseline, incident, stepMs } = planWindows(incidentWindow);
        expect(incident).toEqual(incidentWindow);
        expect(baseline.to).toBe(incidentWindow.from - 1);
        expect(measureLength(baseline)).toBeGreaterThan(0);
        expect(measureLength(baseline) % stepMs).toBe(0);
        expect(measureLength(baseline)).toBeLessThanOrEqual(
          Math.max(stepMs, 4 * measureLength(incidentWindow)),
        );
        expect(Number.isInteger(stepMs)).toBe(true);
        expect(stepMs).toBeGreaterThanOrEqual(1_000);
        expect(Math.ceil(measureLength(incidentWindow) / stepMs)).toBeLessThanOrEqual(241);
      }),
    );
  });
});

describe('gridEnd and isIn', () => {
  test('every step of a window belongs to it, and to no neighbour', { tags: ['many-cases'] }, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 * HOUR }), (length) => {
        const { baseline, incident, stepMs } = planWindows(window(length));
        const end = gridEnd(incident, stepMs);
        expect((end - (baseline.from - 1)) % stepMs).toBe(0);
        // Right edges of all steps of both windows, as a source stamps them.
        const edges = Array.from(
          { length: (end - (baseline.from - 1)) / stepMs },
          (_, step) => baseline.from - 1 + (step + 1) * stepMs,
        );
        for (const edge of edges) {
          const inIncident = edge >= incident.from;
          expect([isIn(baseline, edge, stepMs), isIn(incident, edge, stepMs)]).toEqual([
            !inIncident,
            inIncident,
          ]);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('no step reaches beyond the end by a whole step', () => {
    expect(gridEnd({ from: 0, to: 0 }, 5_000)).toBe(4_999);
    expect(gridEnd({ from: 0, to: 10_000 }, 5_000)).toBe(9_999);
    expect(gridEnd({ from: 0, to: 10_001 }, 5_000)).toBe(14_999);
  });
});

describe('partWindows', () => {
  test('cuts after rounds of profiles, the same number in each part', () => {
    expect(partWindows({ from: 0, to: 99 }, [10, 30, 50, 70], 2)).toEqual([
      { from: 0, to: 30 },
      { from: 31, to: 99 },
    ]);
  });

  test('the window itself where it holds fewer than two rounds or one part is asked for', () => {
    const whole = { from: 0, to: 99 };
    for (const [rounds, most] of [
      [[], 4],
      [[50], 4],
      [[10, 20], 1],
      [[10, 20], 0],
    ] as const)
      expect(partWindows(whole, rounds, most)).toEqual([whole]);
  });

  test('for any rounds: closed, in order, without gaps or overlaps, each with about the same number of them', () => {
    const times = fc.uniqueArray(fc.integer({ min: 100, max: 10_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 12 }), (unordered, most) => {
        const rounds = [...unordered].sort((a, b) => a - b);
        const whole = { from: 100, to: 10_000 };
        const parts = partWindows(whole, rounds, most);
        expect(parts.length).toBeLessThanOrEqual(Math.max(1, most));
        expect([parts[0]?.from, parts.at(-1)?.to]).toEqual([whole.from, whole.to]);
        parts.slice(1).forEach((part, index) => {
          expect(part.from).toBe((parts[index]?.to ?? 0) + 1);
        });
        const counts = parts.map(
          ({ from, to }) => rounds.filter((time) => time >= from && time <= to).length,
        );
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        for (const { from, to } of parts) expect(to).toBeGreaterThanOrEqual(from);
      }),
    );
  });
});
