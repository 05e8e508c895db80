import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gridEnd, isIn, onGrid, planWindows } from './windows.js';

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
