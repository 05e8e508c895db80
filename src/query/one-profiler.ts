import type { ProfileType } from '../profile/types/types.js';
import { instanceLabelOf } from '../sources/labels.js';
import type { Matcher, ProfileSource, Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import { allMatchers, type Selection } from './selection.js';

/** Label in which Pyroscope's agents write which profiler took a profile. */
const PROFILER = 'pyroscope_spy';
/** Profilers of the whole machine: the one of the language itself knows more of a service. */
const OF_THE_MACHINE = /ebpf|otel/i;

/**
 * Finds instances that two profilers watch at once under one type, and leaves one of them: added up they
 * would count all cost twice.
 *
 * @returns matchers that leave the others out, and a note that says so; nothing where no instance is watched
 *   twice
 * @throws UpstreamError
 */
export async function leaveOneProfiler(
  source: ProfileSource,
  selection: Selection,
  type: ProfileType,
  window: Window,
  { schemaOf, signal }: Pick<ToolContext, 'schemaOf' | 'signal'>,
): Promise<{ matchers: readonly Matcher[]; notes: readonly string[] }> {
  const none = { matchers: [], notes: [] };
  if (selection.matchers.some(({ name }) => name === PROFILER)) return none;
  const matchers = allMatchers(selection);
  const schema = schemaOf(source);
  const names = await schema.labelNames(matchers, window, signal);
  const instance = instanceLabelOf(names);
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
  const { kept, others } = doubled(rows);
  if (kept === null) return none;
  const list = [kept, ...others].map((name) => safeText(name, 60)).join(' and ');
  return {
    matchers: others.map((value) => ({ name: PROFILER, op: '!=', value })),
    notes: [
      `${list} profiled the same instances at once: only ${safeText(kept, 60)} is counted; selector {${PROFILER}="${safeText(others[0] ?? '', 60)}"} asks for the other.`,
    ],
  };
}

/** Profiles of one instance by one profiler. */
interface ProfilerCount {
  pod: string;
  profiler: string;
  profiles: number;
}

/**
 * The profiler to keep, and those that watch an instance which it watches, too; null where no instance has
 * two.
 */
export function doubled(rows: readonly ProfilerCount[]): { kept: string | null; others: readonly string[] } {
  const profilersOf = new Map<string, Set<string>>();
  for (const { pod, profiler } of rows)
    profilersOf.set(pod, (profilersOf.get(pod) ?? new Set()).add(profiler));
  const shared = [...profilersOf.values()].filter(({ size }) => size > 1);
  if (shared.length === 0) return { kept: null, others: [] };
  const profilesOf = (name: string) =>
    rows.reduce((sum, { profiler, profiles }) => (profiler === name ? sum + profiles : sum), 0);
  const [kept = null] = [...new Set(shared.flatMap((profilers) => [...profilers]))].sort(
    (a, b) =>
      Number(OF_THE_MACHINE.test(a)) - Number(OF_THE_MACHINE.test(b)) ||
      profilesOf(b) - profilesOf(a) ||
      (a < b ? -1 : 1),
  );
  const together = shared.filter((profilers) => kept !== null && profilers.has(kept));
  const others = new Set(together.flatMap((profilers) => [...profilers]));
  if (kept !== null) others.delete(kept);
  return { kept, others: [...others].sort() };
}
