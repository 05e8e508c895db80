import { describe, expect, test } from 'vitest';
import { shareEvidence } from '../../test/support/evidence.js';
import { type Alias, toLens } from '../../test/support/type-ids.js';
import type { Finding } from '../profile/compare/finding.js';
import { buildFindings } from './findings.js';
import { orderBySymptom } from './symptom.js';

const [ANY] = buildFindings(
  { verdict: 'code_regression', causes: [{ kind: 'code', of: shareEvidence('cpu', { change: {} }) }] },
  null,
);

function finding(alias: Alias): Finding {
  if (ANY === undefined) throw new Error('no finding');
  return { ...ANY, type: toLens(alias).type };
}

const order = (aliases: readonly Alias[], symptom: string | undefined) =>
  orderBySymptom(aliases.map(finding), symptom).map(({ type }) => type.alias);

describe('a symptom', () => {
  test.each([
    { symptom: 'memory grows', first: ['alloc', 'inuse', 'goroutines'] },
    { symptom: 'OOM kills', first: ['alloc', 'inuse', 'goroutines'] },
    { symptom: 'too many threads', first: ['goroutines'] },
    { symptom: 'lock contention', first: ['mutex', 'block'] },
    { symptom: 'GC pressure', first: ['alloc'] },
    { symptom: 'slow responses', first: ['wall', 'mutex', 'block'] },
    { symptom: 'CPU throttled', first: ['cpu'] },
    { symptom: 'pager said so', first: [] },
    { symptom: 'logcat', first: [] },
    { symptom: undefined, first: [] },
  ] as const)('$symptom puts $first first among what supports the verdict', ({ symptom, first }) => {
    const others: Alias[] = ['cpu', 'wall', 'alloc', 'inuse', 'goroutines', 'mutex', 'block'];
    const rest = others.filter((alias) => !first.some((wanted) => wanted === alias));
    expect(order(['exceptions', ...others], symptom)).toEqual(['exceptions', ...first, ...rest]);
  });

  test('never moves what carries the verdict', () => {
    expect(order(['cpu', 'inuse'], 'memory grows')).toEqual(['cpu', 'inuse']);
    expect(order([], 'memory grows')).toEqual([]);
  });
});
