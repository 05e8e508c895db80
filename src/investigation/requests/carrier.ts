import type { Finding } from '../../profile/compare/finding.js';
import type { ToolContext } from '../../query/context.js';
import { listIfPossible, uniteSpans } from '../../query/exemplars.js';
import type { Investigation } from '../../report/answers/investigation.js';
import type { NextCall } from '../../report/next.js';
import { INSTANCE_LABELS } from '../../sources/labels.js';
import { formatSelector } from '../../sources/selector.js';
import type { Exemplar, ExemplarKind, Matcher, ProfileSource } from '../../sources/source.js';
import { safeText } from '../../text/sanitise.js';
import { formatShare, formatTime, formatValue } from '../../text/units.js';
import { untilSoon } from '../../work/until-soon.js';
import type { Requests } from '../evidence/requests.js';

/** A request that makes up this part of the growth carries it. */
const CARRIES = 0.5;

/** The single request or profile that a change can be looked at in. */
export interface Carrier {
  notes: readonly string[];
  next: readonly NextCall[];
}

const NOBODY: Carrier = { notes: [], next: [] };

/**
 * Looks for the request that carries a change of one instance or of a short time, and for the heaviest
 * profile of that instance: at most two requests of those that are left, and none for a change of all
 * instances that lasts.
 */
export async function findCarrier(
  { findings, main, totals, counts, window, callScope }: Investigation,
  { source, matchers, requests }: { source: ProfileSource; matchers: readonly Matcher[]; requests: Requests },
  typeArgument: string,
  { signal, soon }: Pick<ToolContext, 'signal' | 'soon'>,
): Promise<Carrier> {
  const [finding] = findings;
  if (finding === undefined || finding.type.id !== main.id || main.nature !== 'time') return NOBODY;
  const instance = findInstance(finding);
  if (instance === null && finding.until === null) return NOBODY;
  const ofInstance = instance === null ? matchers : [...matchers, instance];
  const list = async (kind: ExemplarKind): Promise<readonly Exemplar[]> => {
    const query = { profileTypeId: main.id, matchers: ofInstance, window };
    if (requests.left < 1) return [];
    const patience = untilSoon(signal, soon);
    return listIfPossible(source, query, kind, patience).then(
      (listed) => listed?.rows ?? [],
      (error: unknown) => {
        signal.throwIfAborted();
        if (patience.aborted) return [];
        throw error;
      },
    );
  };
  const growth = (totals.after - totals.before) * counts.after.profiles;
  const scope = {
    ...callScope,
    profile_type: typeArgument,
    from: formatTime(window.from),
    to: formatTime(window.to),
  };
  const [span] = uniteSpans(await list('spans'));
  if (span !== undefined && span.spanId !== null && growth > 0 && span.value >= CARRIES * growth) {
    const operation = span.operation === null ? '' : ` of ${JSON.stringify(safeText(span.operation, 80))}`;
    const time = formatTime(span.from);
    return {
      notes: [
        `One request carries it: span ${span.spanId}${operation} cost ${formatValue(span.value, main.unit, main.noun)} from ${time} on, ${formatShare(Math.min(1, span.value / growth))} of the growth.`,
      ],
      next: [{ tool: 'compare_profiles', arguments: { ...scope, span_id: span.spanId } }],
    };
  }
  // A profile of wall-clock time is as heavy as its threads are many: they wait in it.
  if (instance === null || main.isWallClock) return NOBODY;
  const [profile] = await list('profiles');
  if (profile === undefined || profile.profileId === null) return NOBODY;
  const where = formatSelector([instance]).slice(1, -1);
  return {
    notes: [
      `The heaviest profile of ${safeText(where, 160)} is of ${formatTime(profile.time)}: ${formatValue(profile.value, main.unit, main.noun)}.`,
    ],
    next: [{ tool: 'summarize_profile', arguments: { ...scope, profile_id: profile.profileId } }],
  };
}

/** The only instance that a change is in; null where it is in several, or they are not told apart. */
function findInstance({ label, instances }: Finding): Matcher | null {
  if (label !== null && label.also.length === 0 && INSTANCE_LABELS.includes(label.name))
    return { name: label.name, op: '=', value: label.value };
  const [only, second] = instances?.risen ?? [];
  if (instances === null || only === undefined || second !== undefined || instances.all < 2) return null;
  return { name: instances.label, op: '=', value: only };
}
