import { describe, expect, test } from 'vitest';
import { type Alias, toLens } from '../../../test/support/type-ids.js';
import { UpstreamError, type UpstreamKind } from '../../errors.js';
import type { Verdict } from '../../profile/compare/finding.js';
import { NoRequestLeft } from './requests.js';
import { settle, unreadBecause } from './unread.js';

const cpu = toLens('cpu').type;
const labels = { reason: 'failed', why: 'the store failed (HTTP 500)' } as const;
const without = (...aliases: Alias[]) =>
  aliases.map((alias) => ({ lens: toLens(alias), reason: 'timeout' as const, why: 'late' }));

describe('a verdict', () => {
  test.each<[Verdict, Alias[], Verdict, boolean]>([
    ['no_change', [], 'no_change', false],
    ['no_change', ['exceptions'], 'inconclusive', true],
    ['inconclusive', ['alloc'], 'inconclusive', true],
    ['leak', ['mutex', 'alloc'], 'leak', false],
    ['leak', ['inuse'], 'leak', true],
    ['leak', ['cpu'], 'leak', true],
    ['contention', ['alloc'], 'contention', false],
    ['contention', ['wall'], 'contention', true],
    ['contention', ['goroutines'], 'contention', true],
    ['code_regression', ['alloc'], 'code_regression', true],
    ['code_regression', ['block'], 'code_regression', true],
    ['moved', ['exceptions'], 'moved', true],
    ['load_increase', ['off_cpu'], 'load_increase', true],
    ['improvement', ['inuse'], 'improvement', true],
    ['scaling', ['mutex'], 'scaling', true],
  ])('%s without %j is %s, so far: %s', (verdict, aliases, settled, isSoFar) => {
    const parts = { types: without(...aliases), labels: null };
    expect(settle({ verdict, causes: [] }, parts, cpu)).toEqual({ verdict: settled, isSoFar, causes: [] });
  });

  test.each<[Verdict, Verdict]>([
    ['no_change', 'inconclusive'],
    ['leak', 'leak'],
  ])('%s without the label sets is %s, so far', (verdict, settled) => {
    const parts = { types: [], labels };
    expect(settle({ verdict, causes: [] }, parts, cpu)).toMatchObject({ verdict: settled, isSoFar: true });
  });
});

describe('why something was not read', () => {
  test.each<[UpstreamKind, number | null, string]>([
    ['overloaded', 429, 'the store was overloaded (HTTP 429)'],
    ['not_found', 404, 'the store did not find it (HTTP 404)'],
    ['unreadable', 200, 'the answer was cut short, damaged or no profile'],
    ['timeout', null, 'the store did not answer in time'],
  ])('%s, status %s', (kind, status, why) => {
    const error = new UpstreamError(kind, 'upstream text', status === null ? {} : { status });
    expect(unreadBecause(error, false)).toEqual({ reason: kind, why });
  });

  test('limits of our own', () => {
    expect(unreadBecause(new NoRequestLeft('x'), false).reason).toBe('no_request_left');
    expect(unreadBecause(new Error('aborted'), true).reason).toBe('no_time');
  });

  test('a bug of ours is not taken for a failure of the store', () => {
    expect(() => unreadBecause(new TypeError('x'), false)).toThrow(TypeError);
  });
});
