import type { ProfileType } from '../profile/types/types.js';
import { pickInstanceLabel } from '../sources/labels.js';
import type { Matcher, ProfileSource, Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import { allMatchers, type Selection } from './selection.js';

/** Label that names the profiler which took a profile; Pyroscope's agents write it. */
const PROFILER = 'pyroscope_spy';
/** Profilers of the whole machine. The profiler of the language is preferred: it knows more of a service. */
const MACHINE_WIDE = /ebpf|otel/i;

/**
 * Finds instances that two profilers sample at once under one type, and keeps one of the profilers: the sum
 * of both would count all cost twice.
 *
 * @returns matchers that exclude the other profilers, and a note that says so; both empty where no instance
 *   has two profilers
 * @throws UpstreamError
 */
export async function leaveOneProfiler(
  source: ProfileSource,
  selection: Selection,
  type: ProfileType,
  window: Window,
  { getSchema, signal }: Pick<ToolContext, 'getSchema' | 'signal'>,
): Promise<{ matchers: readonly Matcher[]; notes: readonly string[] }> {
  const none = { matchers: [], notes: [] };
  if (selection.matchers.some(({ name }) => name === PROFILER)) return none;
  const matchers = allMatchers(selection);
  const schema = getSchema(source);
  const names = await schema.labelNames(matchers, window, signal);
  const instance = pickInstanceLabel(names);
  if (instance === null || !names.includes(PROFILER)) return none;
  if ((await schema.labelValues(PROFILER, matchers, window, signal)).length < 2) return none;
  const counts = await source.snapshots(
    { profileTypeId: type.id, matchers, window },
    [instance, PROFILER],
    signal,
  );
  const rows = counts.flatMap(({ labels, profiles }) => {
    const [pod, profiler] = [labels[instance], labels[PROFILER]];
    return pod === undefined || profiler === undefined ? [] : [{ pod, profiler, profiles }];
  });
  const { kept, others } = findDoubleProfilers(rows);
  if (kept === null) return none;
  const list = [kept, ...others].map((name) => safeText(name, 60)).join(' and ');
  return {
    matchers: others.map((value) => ({ name: PROFILER, op: '!=', value })),
    notes: [
      `${list} profiled the same instances at once: only ${safeText(kept, 60)} is counted; selector {${PROFILER}="${safeText(others[0] ?? '', 60)}"} asks for the other.`,
    ],
  };
}

/** Number of profiles of an instance that came from a profiler. */
interface ProfilerCount {
  pod: string;
  profiler: string;
  profiles: number;
}

/**
 * Finds the profiler to keep, and the others that sample an instance together with it; null where no instance
 * has two.
 */
export function findDoubleProfilers(rows: readonly ProfilerCount[]): {
  kept: string | null;
  others: readonly string[];
} {
  const profilersOf = new Map<string, Set<string>>();
  for (const { pod, profiler } of rows)
    profilersOf.set(pod, (profilersOf.get(pod) ?? new Set()).add(profiler));
  const profilerSets = [...profilersOf.values()].filter(({ size }) => size > 1);
  if (profilerSets.length === 0) return { kept: null, others: [] };
  const countProfiles = (name: string) =>
    rows.reduce((sum, { profiler, profiles }) => (profiler === name ? sum + profiles : sum), 0);
  const [kept = null] = [...new Set(profilerSets.flatMap((profilers) => [...profilers]))].sort(
    (a, b) =>
      Number(MACHINE_WIDE.test(a)) - Number(MACHINE_WIDE.test(b)) ||
      countProfiles(b) - countProfiles(a) ||
      (a < b ? -1 : 1),
  );
  const setsWithKept = profilerSets.filter((profilers) => kept !== null && profilers.has(kept));
  const others = new Set(setsWithKept.flatMap((profilers) => [...profilers]));
  if (kept !== null) others.delete(kept);
  return { kept, others: [...others].sort() };
}
