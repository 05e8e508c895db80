import { describe, expect, test } from 'vitest';
import { START } from '../../../../test/support/small-service.js';
import type { ProfileTimes } from '../profile-times.js';
import { onsetOfWaiting } from './onset.js';

/** Profiles of the main type begin every half a minute, those of waits end a quarter of one later. */
const ROUND_MS = 30_000;
const STEP_MS = 1000;
const SHIFT_MS = 15_000;
/** Rounds of the baseline and of the incident, which begins with round 0. */
const [FIRST, LAST] = [-20, 11];
const toTime = (round: number) => START + round * ROUND_MS + STEP_MS;

interface Scene {
  /** The first round of the new pods; null where the old ones stay. */
  deploy: number | null;
  /** Seconds of waiting in a round. */
  wait: (round: number) => number;
  /** The rounds with a profile of waits. */
  isSent?: (round: number) => boolean;
}

function readOnset({ deploy, wait, isSent = () => true }: Scene): { after: number; before: number } | null {
  const rounds = Array.from({ length: LAST - FIRST + 1 }, (_, at) => FIRST + at);
  const series = (value: (round: number) => number, shift: number, isIn = isSent): ProfileTimes => ({
    stepMs: STEP_MS,
    series: ['old', 'new'].map((pod) => ({
      labels: { pod },
      points: rounds
        .filter((round) => isIn(round) && (round < (deploy ?? LAST + 1) ? 'old' : 'new') === pod)
        .map((round) => ({ time: toTime(round) + shift, value: value(round) })),
    })),
  });
  const since = onsetOfWaiting(
    {
      plan: {
        baseline: { from: START + FIRST * ROUND_MS, to: START - 1 },
        incident: { from: START, to: START + (LAST + 1) * ROUND_MS },
        stepMs: STEP_MS,
      },
      fleet: { instanceLabel: 'pod' },
    } as Parameters<typeof onsetOfWaiting>[0],
    {
      main: series(
        () => 1,
        0,
        () => true,
      ),
      waits: series(wait, SHIFT_MS),
    },
    [{ from: START, to: START + 3 * ROUND_MS }],
  );
  // In seconds since the incident began.
  return since && { after: (since.after - START) / 1000, before: (since.before - START) / 1000 };
}

const from = (round: number) => (now: number) => (now < round ? 0.01 : 4);

describe('waiting', () => {
  test.each<{ what: string; scene: Scene; expected: { after: number; before: number } | null }>([
    {
      what: 'with new instances began when they arrived',
      scene: { deploy: 0, wait: from(0) },
      expected: { after: -29, before: 16 },
    },
    {
      what: 'that shows a round after they arrived began then, too: it is counted when it ends',
      scene: { deploy: 0, wait: from(1) },
      expected: { after: -29, before: 16 },
    },
    {
      what: 'that shows two rounds after they arrived began later',
      scene: { deploy: 0, wait: from(2) },
      expected: { after: 45, before: 105 },
    },
    {
      what: 'that was there before they arrived began earlier',
      scene: { deploy: 2, wait: from(-1) },
      expected: { after: -45, before: 15 },
    },
    {
      what: 'of instances that stay is dated by its own profiles',
      scene: { deploy: null, wait: from(0) },
      expected: { after: -15, before: 45 },
    },
    {
      what: 'of which there was no profile is dated by those of the main type before',
      scene: { deploy: null, wait: from(0), isSent: (round) => round >= 0 },
      expected: { after: -30, before: 45 },
    },
    {
      what: 'after which there was none for a while is dated so, too',
      scene: { deploy: null, wait: from(0), isSent: (round) => round < -9 || round >= 0 },
      expected: { after: -30, before: 45 },
    },
    {
      what: 'is counted per profile of the main type, although few profiles show a wait as long',
      scene: {
        deploy: null,
        wait: () => 4,
        isSent: (round) => round === -20 || round === -10 || round >= 0,
      },
      expected: { after: -30, before: 45 },
    },
  ])('$what', ({ scene, expected }) => {
    expect(readOnset(scene)).toEqual(expected);
  });
});
