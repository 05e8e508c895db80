import type { Finding } from '../../src/profile/compare/finding.js';
import type { Series } from '../../src/profile/series/series.js';
import { formatTime } from '../../src/text/units.js';

/** An answer about when something changed: a finding, or the series of a total or a function. */
export type ToldOnset =
  | { tool: 'investigate' | 'compare_profiles'; finding: Finding }
  | { tool: 'get_timeline'; type: string; fn: string | null; series: Series | null };

type Interval = NonNullable<Finding['since']>;

/**
 * Types that count objects in memory: how many samples stand behind a number of them is not known, so that a
 * timeline may find the onset of a share elsewhere (docs/develop/comparison.md §8).
 */
const UNCOUNTED = /_objects$/;

/** Sentences about intervals of the same change that exclude each other. */
export function contradictionsOfOnset(told: readonly ToldOnset[]): string[] {
  const findings = told.flatMap((row) => (row.tool === 'get_timeline' ? [] : [row]));
  return findings.flatMap(({ tool, finding }, at) => {
    const { since, type, kind, fn } = finding;
    if (since === null) return [];
    const name = `${fn?.function ?? type.alias} (${kind})`;
    const others = findings.slice(at + 1).flatMap((other) => {
      const isSame =
        other.finding.type.id === type.id &&
        other.finding.kind === kind &&
        other.finding.fn?.function === fn?.function;
      return isSame && other.finding.since !== null ? [{ by: other.tool, onset: other.finding.since }] : [];
    });
    const series = told.flatMap((row) => {
      const isOfIt =
        row.tool === 'get_timeline' &&
        row.type === type.id &&
        !UNCOUNTED.test(type.alias) &&
        isAbout(row.fn, finding);
      return isOfIt && row.series?.onset != null ? [{ by: row.tool, onset: row.series.onset }] : [];
    });
    return [...others, ...series]
      .filter(({ onset }) => !overlap(since, onset))
      .map(({ by, onset }) => `${name} began ${say(since)} (${tool}), or ${say(onset)} (${by})`);
  });
}

/** Whether a series is of what a finding is about: of its function where code changed, else of the total. */
function isAbout(name: string | null, { kind, fn }: Finding): boolean {
  const isOfCode = kind === 'code' || kind === 'moved';
  return isOfCode && fn !== null ? name === fn.function : name === null;
}

function overlap(a: Interval, b: Interval): boolean {
  return a.after <= b.before && b.after <= a.before;
}

function say({ after, before }: Interval): string {
  return `between ${formatTime(after)} and ${formatTime(before)}`;
}
