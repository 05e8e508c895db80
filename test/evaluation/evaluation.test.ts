import { beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../support/ask.js';
import { caseFoldersIn, loadCaseFolder, quietHalf } from './case-folder.js';
import { KINDS } from './generator/case.js';
import { INNOCENT_KINDS, judgeJob, type Outcome } from './jobs.js';
import { BOUNDS, judge } from './score.js';
import { FLOORS } from './tally.js';

const folders = await caseFoldersIn([fixture('demo'), fixture('incidents'), fixture('captured')]);

test('five public incidents and eighteen captured ones are shipped', () => {
  expect(folders).toHaveLength(23);
});

describe.each(folders)('%s', (folder) => {
  test('investigate is right about the incident and accuses nobody of the quiet half before it', async () => {
    const incidentCase = await loadCaseFolder(folder);
    for (const variant of [incidentCase, quietHalf(incidentCase)]) {
      const { answer, score } = await judge(variant);
      expect(score.wrong, variant.id).toEqual([]);
      expect(score.accused).toBe(false);
      expect(answer.tokens).toBeLessThanOrEqual(BOUNDS.tokens);
    }
    await incidentCase.source.close();
  });
});

describe.each(await caseFoldersIn([fixture('libraries')]))('a real library: %s', (folder) => {
  test('verdict, functions and quiet half are right', async () => {
    const incidentCase = await loadCaseFolder(folder);
    const { score } = await judge(incidentCase);
    expect(score.wrong).toEqual([]);
    expect(score.onset).toBe(true);
    const quiet = await judge(quietHalf(incidentCase));
    expect(quiet.score.wrong).toEqual([]);
    await incidentCase.source.close();
  });
});

describe('generated cases', () => {
  const SEEDS = 12;
  const FIRST = 2_000_000;
  const outcomes: Outcome[] = [];
  beforeAll(async () => {
    for (const kind of KINDS)
      for (let seed = FIRST; seed < FIRST + SEEDS; seed++) outcomes.push(await judgeJob({ kind, seed }));
  }, 120_000);

  test('what stands out by 6 standard errors is named first', () => {
    const plain = outcomes.filter((outcome) => outcome.plain === true);
    const missed = plain
      .filter((outcome) => !outcome.function)
      .map(({ id, wrong }) => `${id}: ${wrong.join('; ')}`);
    expect(plain.length).toBeGreaterThan(100);
    expect(missed.length / plain.length, missed.join('\n')).toBeLessThanOrEqual(1 - FLOORS.named);
  });

  test('verdict, label and onset are right as often', () => {
    const guilty = outcomes.filter((outcome) => outcome.plain === true);
    for (const what of ['verdict', 'label', 'onset'] as const) {
      const right = guilty.filter((outcome) => outcome[what]).length;
      expect(right / guilty.length, what).toBeGreaterThanOrEqual(FLOORS.named);
    }
  });

  test('load, nothing and moved code accuse nobody', () => {
    const innocent = outcomes.filter(({ kind }) => INNOCENT_KINDS.includes(kind));
    const accused = innocent.filter((outcome) => outcome.accused).map(({ id }) => id);
    expect(innocent).toHaveLength(3 * SEEDS);
    // At most 1 % may be accused, which is none of 36.
    expect(accused).toEqual([]);
  });

  test('answers are short, requests bounded and counted right', () => {
    expect(Math.max(...outcomes.map(({ tokens }) => tokens))).toBeLessThanOrEqual(BOUNDS.tokens);
    expect(Math.max(...outcomes.map(({ requests }) => requests))).toBeLessThanOrEqual(BOUNDS.requests);
    expect(Math.max(...outcomes.map(({ mostInFlight }) => mostInFlight))).toBeLessThanOrEqual(
      BOUNDS.inFlight,
    );
    expect(outcomes.flatMap(({ wrong }) => wrong.filter((text) => text.includes('requests')))).toEqual([]);
  });
});
