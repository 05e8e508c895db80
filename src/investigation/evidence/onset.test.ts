import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../test/support/contrast.js';
import { levelEvidence, waitEvidence } from '../../../test/support/evidence.js';
import {
  always,
  changing,
  computeTime,
  pods,
  readAll,
  type SmallInstance,
} from '../../../test/support/small-service.js';
import { conclude } from '../conclude.js';
import { findOnset } from './onset.js';

const REST = { 'main serve': 60, 'main poll': 40 };
const CALM = { ...REST, 'main price': 10 };
const GROWN = { ...REST, 'main price': 60 };
const MINUTE = 60_000;

async function onsetIn(instances: readonly SmallInstance[], spent = 0) {
  const reading = await readAll(instances, { spent });
  const { verdict, causes } = conclude(reading);
  return { verdict, since: await findOnset(reading, causes[0]), requests: reading.context.requests };
}

/**
 * A change that began with the profile of a minute lies between the start of the one before it and its own
 * end, give or take some gaps.
 */
function expectOnset(since: { after: number; before: number } | null, minute: number, gaps = 0) {
  if (since === null) throw new Error('no onset');
  expect(since.after).toBeLessThanOrEqual(computeTime(minute - 1 + gaps));
  expect(since.after).toBeGreaterThan(computeTime(minute - 1 - gaps) - MINUTE / 2);
  expect(since.before).toBeGreaterThanOrEqual(computeTime(minute - gaps));
  expect(since.before).toBeLessThanOrEqual(computeTime(minute + gaps + 1));
  expect(since.before - since.after).toBeLessThanOrEqual(2 * MINUTE);
}

describe('the onset is told between two profiles', () => {
  const burst = (minute: number): Stacks => (minute >= 4 && minute < 8 ? GROWN : CALM);

  test.each([
    {
      what: 'a change of code with the window',
      minute: 0,
      instances: pods(1, { cpu: changing(CALM, GROWN) }),
      verdict: 'code_regression',
    },
    {
      what: 'a change of code inside the window',
      minute: 7,
      instances: pods(1, { cpu: changing(CALM, GROWN, 7) }),
      verdict: 'code_regression',
    },
    {
      what: 'a change of code that began before the window',
      minute: -10,
      instances: pods(1, { cpu: changing(CALM, GROWN, -10) }),
      verdict: 'code_regression',
    },
    { what: 'a burst', minute: 4, instances: pods(1, { cpu: burst }), verdict: 'code_regression' },
    {
      what: 'a change of one instance',
      minute: 6,
      // Half an hour is looked at twice in six parts: the last may hold two profiles, one of before and one
      // of after.
      gaps: 1,
      instances: pods(4, { cpu: always(CALM) }, { c: { profiles: { cpu: changing(CALM, GROWN, 6) } } }),
      verdict: 'code_regression',
    },
    {
      what: 'a change that came with a new instance: its first profile',
      minute: 5,
      instances: pods(
        4,
        { cpu: always(CALM) },
        { c: { minutes: { from: 5 }, profiles: { cpu: always(GROWN) } } },
      ),
      verdict: 'code_regression',
    },
    {
      what: 'a change of one label value of many instances',
      minute: 3,
      instances: Array.from({ length: 10 }, (_, index) => ({
        labels: { pod: `p${index}`, zone: index < 3 ? 'near' : 'far' },
        profiles: { cpu: index < 3 ? changing(CALM, GROWN, 3) : always(CALM) },
      })),
      verdict: 'code_regression',
    },
    {
      what: 'load',
      minute: 6,
      instances: pods(2, {
        cpu: changing(CALM, { 'main serve': 180, 'main poll': 120, 'main price': 30 }, 6),
      }),
      verdict: 'load_increase',
    },
  ])('$what', async ({ minute, instances, verdict, gaps }) => {
    const answer = await onsetIn(instances);
    expect(answer.verdict).toBe(verdict);
    expectOnset(answer.since, minute, gaps);
  });
});

test.each([
  { alias: 'wall', idle: 'main serve runtime.gopark' },
  { alias: 'cpu', idle: 'main serve Condition.wait' },
] as const)(
  'load on $alias time, of which only merges tell the active part, is told between two parts',
  async ({ alias, idle }) => {
    const loaded = { 'main serve': 180, 'main poll': 120, 'main price': 30 };
    const instances = pods(1, {
      [alias]: (minute: number) => ({ ...(minute < 8 ? CALM : loaded), [idle]: minute < 3 ? 3_000 : 6_000 }),
    });
    const { verdict, since } = await onsetIn(instances);
    expect(verdict).toBe('load_increase');
    expect(since?.after).toBeLessThanOrEqual(computeTime(7));
    expect(since?.before).toBeGreaterThanOrEqual(computeTime(8));
    expect((since?.before ?? 0) - (since?.after ?? 0)).toBeLessThan(5 * MINUTE);
  },
);

describe('where all instances were replaced', () => {
  const replaced = (samplesAt: (minute: number) => Stacks) =>
    ['a', 'b'].flatMap((pod) => [
      { labels: { pod: `${pod}-old` }, minutes: { to: -1 }, profiles: { cpu: samplesAt } },
      { labels: { pod: `${pod}-new` }, minutes: { from: 0 }, profiles: { cpu: samplesAt } },
    ]);

  test.each([
    { what: 'with the deploy', minute: 0 },
    { what: 'one minute after it', minute: 1 },
    { what: 'two minutes after it', minute: 2 },
    { what: 'well after it', minute: 9 },
  ])('a change of code began $what', async ({ minute }) => {
    const { verdict, since } = await onsetIn(replaced(changing(CALM, GROWN, minute)));
    expect(verdict).toBe('code_regression');
    expectOnset(since, minute);
  });
});

test('with few requests left the onset is told less finely, and never with more than are left', async () => {
  const instances = pods(1, { cpu: changing(CALM, GROWN, 7) });
  // Three are taken for labels and one series, eight for parts: two are left, for two halves of the part in
  // question.
  const { since, requests } = await onsetIn(instances, 27);
  expect(requests.left).toBe(0);
  expectOnset(since, 7, 2);
});

test('leaks and contention know their onset; no cause has none', async () => {
  const reading = await readAll(pods(1, { cpu: always(CALM) }));
  const hasGrown = { from: { main: 1 }, to: { main: 9 } };
  const [leak, contention] = [levelEvidence('inuse', { hasGrown }), waitEvidence('mutex', { hasGrown })];
  expect(await findOnset(reading, { kind: 'leak', of: leak })).toEqual(leak.leak?.since);
  expect(await findOnset(reading, { kind: 'contention', of: contention })).toEqual(
    contention.contention?.since,
  );
  expect(await findOnset(reading, undefined)).toBeNull();
});
