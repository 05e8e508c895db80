import { describe, expect, test } from 'vitest';
import { buildFinding } from '../../../test/support/finding.js';
import { type Alias, toLens } from '../../../test/support/type-ids.js';
import type { Finding, LensRow } from '../../profile/compare/finding.js';
import type { GateKind, GateOutcome, GateState } from '../../report/gate/gate-report.js';
import { decide, type GateEvidence, type GateLens } from './decide.js';

const lens = (alias: Alias, more: Partial<GateLens> & { verdict?: LensRow['verdict'] } = {}): GateLens => {
  const { verdict = 'no_change', profiles = 20, smallest = 0.01 } = more;
  const row = { ...toLens(alias), verdict, before: 1, after: 1, error: null, smallest: null, sameAs: null };
  return { row, profiles, smallest: row.kind === 'level' || row.kind === 'wait' ? null : smallest };
};

const finding = (kind: Finding['kind'], growth = 0.1): Finding =>
  buildFinding({
    kind,
    fn: { function: 'price', file: '', line: 0 },
    shareBefore: 0.05,
    shareAfter: 0.05 + growth,
    valueBefore: 1,
    valueAfter: 2,
    wholeBefore: 1,
    wholeAfter: 1,
  });

const ALL = ['cpu', 'inuse', 'mutex'] as const;
const calm = (more: Partial<GateEvidence> = {}): GateEvidence => ({
  findings: [],
  lenses: ALL.map((alias) => lens(alias)),
  notRead: [],
  isPartly: false,
  ...more,
});
const FAIL_ON = ['regression', 'leak', 'contention'] as const;
const notRead = (what: string) => [{ what, why: 'the store did not answer' }];

/** Outcome and states of regression, leak and contention. */
type Row = [string, GateEvidence, GateOutcome, [GateState, GateState, GateState]];

describe('what the evidence says of regression, leak and contention', () => {
  test.each<Row>([
    ['nothing', calm(), 'passed', ['clear', 'clear', 'clear']],
    ['a change of code', calm({ findings: [finding('code')] }), 'found', ['found', 'clear', 'clear']],
    [
      'a change of code as large as matters, measured a little smaller',
      calm({ findings: [finding('code', 0.015)] }),
      'found',
      ['found', 'clear', 'clear'],
    ],
    ['a smaller one', calm({ findings: [finding('code', 0.012)] }), 'passed', ['clear', 'clear', 'clear']],
    ['a leak', calm({ findings: [finding('leak')] }), 'found', ['clear', 'found', 'clear']],
    [
      'contention of a lock with a small share',
      calm({ findings: [finding('contention', 0)] }),
      'found',
      ['clear', 'clear', 'found'],
    ],
    [
      'what closes no gate',
      calm({ findings: [finding('load'), finding('moved'), finding('improvement')] }),
      'passed',
      ['clear', 'clear', 'clear'],
    ],
    [
      'too few samples',
      calm({ lenses: [lens('cpu', { smallest: 0.05 }), lens('inuse'), lens('mutex')] }),
      'unknown',
      ['unknown', 'clear', 'clear'],
    ],
    [
      'too few samples of allocations beside enough time',
      calm({ lenses: [lens('cpu'), lens('alloc', { smallest: 0.2 }), lens('inuse'), lens('mutex')] }),
      'passed',
      ['clear', 'clear', 'clear'],
    ],
    [
      'two snapshots',
      calm({ lenses: [lens('cpu'), lens('inuse', { profiles: 2 }), lens('mutex')] }),
      'unknown',
      ['clear', 'unknown', 'clear'],
    ],
    [
      'two profiles of the main type',
      calm({ lenses: [lens('cpu', { profiles: 2 }), lens('inuse'), lens('mutex')] }),
      'unknown',
      ['clear', 'clear', 'unknown'],
    ],
    [
      'a type that was not read',
      calm({ notRead: notRead('inuse') }),
      'unknown',
      ['clear', 'unknown', 'clear'],
    ],
    [
      'label sets that were not read',
      calm({ notRead: notRead('labels') }),
      'unknown',
      ['unknown', 'unknown', 'unknown'],
    ],
    [
      'an onset that was not read',
      calm({ notRead: notRead('onset') }),
      'passed',
      ['clear', 'clear', 'clear'],
    ],
    [
      'a leak beside time that was not read',
      calm({ findings: [finding('leak')], notRead: notRead('cpu') }),
      'found',
      ['unknown', 'found', 'clear'],
    ],
    [
      'memory that rose for no reason that was seen',
      calm({ lenses: [lens('cpu'), lens('inuse', { verdict: 'rose' }), lens('mutex')] }),
      'unknown',
      ['clear', 'unknown', 'clear'],
    ],
    [
      'memory that fell',
      calm({ lenses: [lens('cpu'), lens('inuse', { verdict: 'fell' }), lens('mutex')] }),
      'passed',
      ['clear', 'clear', 'clear'],
    ],
    ['cost that rose in few instances', calm({ isPartly: true }), 'unknown', ['unknown', 'clear', 'clear']],
    [
      'a service that sends time alone',
      calm({ lenses: [lens('cpu')] }),
      'passed',
      ['clear', 'not_sent', 'not_sent'],
    ],
    [
      'a service that sends nothing of the kind',
      calm({ lenses: [] }),
      'unknown',
      ['not_sent', 'not_sent', 'not_sent'],
    ],
  ])('%s', (_, evidence, outcome, states) => {
    const decision = decide(evidence, { failOn: FAIL_ON, minShare: 0.02 });
    expect(decision.checks.map(({ state }) => state)).toEqual(states);
    expect(decision.outcome).toBe(outcome);
    expect(decision.checks.every(({ reason }) => reason.length > 0)).toBe(true);
  });
});

test.each<[readonly GateKind[], Finding[], GateOutcome]>([
  [['leak'], [finding('code')], 'passed'],
  [['load'], [finding('load')], 'found'],
  [['regression', 'load'], [finding('load')], 'found'],
  [['contention'], [], 'passed'],
])('only what is asked for closes the gate: %j', (failOn, findings, outcome) => {
  const decision = decide(calm({ findings }), { failOn, minShare: 0.02 });
  expect(decision.outcome).toBe(outcome);
  const closing = decision.checks.flatMap((check) => check.findings);
  expect([...closing, ...decision.others]).toHaveLength(findings.length);
});

test('a kind that no type can show leaves the gate unknown where nothing else is asked for', () => {
  const evidence = calm({ lenses: [lens('cpu')] });
  expect(decide(evidence, { failOn: ['leak'], minShare: 0.02 }).outcome).toBe('unknown');
});

test.each([
  [0.044, 'growth of a function is seen from 4.4 points on, and 2 matter; --min-share 5 accepts that'],
  [0.25, 'growth of a function is seen from 25 points on, and 2 matter'],
  [null, 'too few samples of cpu to compare functions'],
])('too few samples name the size that would be seen, and what accepts it: %j', (smallest, reason) => {
  const evidence = calm({ lenses: [lens('cpu', { smallest })] });
  const [check] = decide(evidence, { failOn: ['regression'], minShare: 0.02 }).checks;
  expect(check?.reason.endsWith(reason)).toBe(true);
});
