import { describe, expect, test } from 'vitest';
import { stepInterval, stepLikelihoods } from '../../profile/compare/onset/step.js';
import { partWindows } from '../../profile/series/parts.js';
import type { Span } from '../../profile/series/timeline.js';
import { narrow, type Stretch } from './narrow.js';

const MINUTE = 60_000;
/** The minute from which on each profile shows the higher level. */
const ONSET = 41;
const TIMES = Array.from({ length: 60 }, (_, minute) => minute * MINUTE);
const CONTEXT = { gapMs: MINUTE, stepMs: 1_000, instances: 1, from: Number.NEGATIVE_INFINITY };

interface Read extends Stretch {
  level: number;
  sampling: number;
}

const timesIn = ({ from, to }: Span) => TIMES.filter((time) => time >= from && time <= to);

/** The mean level of each of some parts of a window. */
function readParts(window: Span, count: number): Read[] {
  return partWindows(window, timesIn(window), count).map((part) => {
    const starts = timesIn(part);
    const values: number[] = starts.map((time) => (time < ONSET * MINUTE ? 1 : 2));
    return {
      window: part,
      starts,
      level: Math.log(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)),
      sampling: 0,
    };
  });
}

async function look(looks: number, parts = 6) {
  const requests: Span[] = [];
  const { likelihoods } = await narrow(readParts({ from: 0, to: 60 * MINUTE }, 4), {
    gapMs: MINUTE,
    looks,
    findLikelihoods: (stretches) => stepLikelihoods(stretches, CONTEXT),
    countTimes: (window) => timesIn(window).length,
    read: async (window) => {
      requests.push(window);
      return parts === 0 ? [] : readParts(window, parts);
    },
  });
  if (likelihoods === null) throw new Error('nothing to tell a step by');
  const { after, before } = stepInterval(likelihoods, CONTEXT, Number.POSITIVE_INFINITY);
  return { after: after / MINUTE, before: before / MINUTE, looks: requests.length };
}

describe('a step told by stretches that are read in shorter ones', () => {
  test('each look leaves fewer times, and the last one single profiles', async () => {
    const widths = await Promise.all([0, 1, 2, 3].map(async (looks) => look(looks)));
    const [coarse = 0, ...finer] = widths.map(({ after, before }) => before - after);
    for (const [at, width] of finer.entries()) expect(width).toBeLessThan([coarse, ...finer][at] ?? 0);
    expect(finer.at(-1)).toBeLessThanOrEqual(2.2);
    for (const { after, before } of widths) {
      expect(after).toBeLessThan(ONSET);
      expect(before).toBeGreaterThanOrEqual(ONSET - 0.1);
    }
  });

  test('it stops where single profiles were read, or nothing more is', async () => {
    expect((await look(9)).looks).toBeLessThanOrEqual(4);
    expect((await look(9, 0)).looks).toBe(1);
  });
});
