import { describe, expect, test } from 'vitest';
import { buildFinding } from '../../../test/support/finding.js';
import type { Confidence, Verdict } from '../../profile/compare/finding.js';
import { parseProfileType } from '../../profile/types/types.js';
import { commonOnset, rankFleet } from './ranking.js';
import type { JudgedUnit } from './triage.js';

const judged = (
  service: string,
  verdict: Verdict,
  more: Partial<JudgedUnit> & { confidence?: Confidence } = {},
): JudgedUnit => {
  const { confidence = 'high', ...rest } = more;
  return {
    unit: {
      key: service,
      service,
      group: null,
      typeIds: [],
      labelSets: [],
      instances: 1,
    },
    verdict,
    isSoFar: false,
    causes: [],
    findings: verdict === 'no_change' ? [] : [buildFinding({ confidence })],
    rows: [{ before: 1 } as JudgedUnit['rows'][number]],
    since: null,
    weight: 0.1,
    severity: 0,
    ratio: 1,
    notLookedAt: null,
    ...rest,
  };
};
const names = (units: readonly JudgedUnit[]) => units.map(({ unit }) => unit.service);

const WALL = parseProfileType('wall:wall:nanoseconds:wall:nanoseconds');
if (WALL === null) throw new Error('no type of wall-clock time');
const WAITING = { type: WALL, waits: [{ kind: 'network', part: 0.9 }] };

describe('the order of a fleet', () => {
  const ranked = rankFleet([
    judged('moved', 'moved'),
    judged('calm', 'no_change'),
    judged('unsure', 'code_regression', { severity: 0.9, confidence: 'low' }),
    judged('waits', 'code_regression', { severity: 0.8, findings: [buildFinding(WAITING)] }),
    judged('waits, unsure', 'code_regression', {
      severity: 0.7,
      findings: [buildFinding({ ...WAITING, confidence: 'low' })],
    }),
    judged('worse', 'leak', { severity: 0.5 }),
    judged('bad', 'contention', { severity: 0.2, confidence: 'medium' }),
    judged('busy', 'load_increase', { weight: 0.3 }),
    judged('busier', 'load_increase', { weight: 0.6 }),
    judged('light', 'no_change', { notLookedAt: 'no request left' }),
    judged('quiet', 'inconclusive', { findings: [] }),
  ]);

  test('causes by severity, then who waits for another, then the unsure, then moved code', () => {
    expect(names(ranked.suspects)).toEqual(['worse', 'bad', 'waits', 'unsure', 'waits, unsure', 'moved']);
  });

  test('more load, the heaviest first; the unchanged; those of which nothing is known, with the reason', () => {
    expect(names(ranked.loadOnly)).toEqual(['busier', 'busy']);
    expect(names(ranked.unchanged)).toEqual(['calm']);
    expect(ranked.unknown.map(({ judged: unit, reason }) => [unit.unit.service, reason])).toEqual([
      ['light', 'no request left'],
      ['quiet', 'too few samples'],
    ]);
  });
});

describe('a common onset', () => {
  const at = (service: string, after: number, before: number) =>
    judged(service, 'code_regression', { since: { after, before } });

  test('names those of one time, the earliest first', () => {
    const together = commonOnset([at('late', 108, 112), at('other', 500, 510), at('early', 100, 104)], 5);
    expect(together?.map(({ unit }) => unit.service)).toEqual(['early', 'late']);
  });

  test.each([
    ['one alone', [at('a', 1, 2)]],
    ['times far apart', [at('a', 1, 2), at('b', 100, 101)]],
    ['unknown times', [judged('a', 'leak'), judged('b', 'leak')]],
  ])('is none of %s', (_, suspects) => {
    expect(commonOnset(suspects, 5)).toBeNull();
  });
});
