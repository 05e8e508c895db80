import type { Finding } from '../profile/compare/finding.js';

/** Words of a symptom that point to profile types. */
const SYMPTOMS: readonly (readonly [words: RegExp, aliases: readonly string[]])[] = [
  [/memory|heap|oom|leak/i, ['inuse', 'alloc', 'native_alloc', 'goroutines', 'leaked_goroutines']],
  [/goroutine|thread/i, ['goroutines', 'leaked_goroutines', 'threads']],
  [/exception|error|throw/i, ['exceptions']],
  [/lock|mutex|contention|block/i, ['mutex', 'block', 'lock', 'contention']],
  [/\bgc\b|garbage|alloc/i, ['alloc']],
  [/latency|slow|wait|response/i, ['wall', 'off_cpu', 'block', 'mutex']],
  [/cpu|hot|throttl/i, ['cpu', 'cpu_samples']],
];

/**
 * Puts the types that a symptom points to first among the findings after the one that carries the verdict.
 */
export function orderBySymptom(
  findings: readonly Finding[],
  symptom: string | undefined,
): readonly Finding[] {
  const [first, ...others] = findings;
  if (symptom === undefined || first === undefined) return findings;
  const wanted = SYMPTOMS.flatMap(([words, aliases]) => (words.test(symptom) ? aliases : []));
  const rank = (finding: Finding) => (wanted.includes(finding.type.alias) ? 0 : 1);
  return [first, ...others.sort((a, b) => rank(a) - rank(b))];
}
