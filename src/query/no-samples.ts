import { type IdSelection, idsText } from '../profile/ids.js';
import { totalValue } from '../profile/model.js';
import { parseProfileType } from '../profile/types/types.js';
import type { Exemplars, Window } from '../sources/source.js';
import { formatValue } from '../text/units.js';
import type { ToolContext } from './context.js';
import type { Emptiness } from './emptiness.js';
import { listIfPossible, OPERATION_LABEL } from './exemplars.js';
import { countSamples } from './measure.js';
import type { ProfileRequest } from './request.js';
import { allMatchers } from './selection.js';

/**
 * Work that takes this many sampling intervals is missed by all samples with a chance of e⁻³, 5 %: samples
 * fall on it as if at random.
 */
const SEEN_INTERVALS = 3;

/**
 * Finds the reason why profiles that there are hold no sample of some ids; null where there are no profiles
 * either, which is another question.
 */
export async function explainNoSamples(
  { source, service, matchers, profileType, only }: ProfileRequest,
  window: Window,
  { getSchema, signal }: Pick<ToolContext, 'getSchema' | 'signal'>,
): Promise<Emptiness | null> {
  const type = parseProfileType(profileType ?? '');
  if (only === null || type === null) return null;
  const query = { profileTypeId: type.id, matchers: allMatchers({ service, matchers }), window };
  // Read again for its notes: a server may have searched a part of the window only.
  const [{ profile }, { notes }] = await Promise.all([
    source.profile(query, signal),
    source.profile({ ...query, only }, signal),
  ]);
  if (profile.values.length === 0) return null;
  const listed = await listIfPossible(source, query, listedKind(only), signal);
  const names = await getSchema(source).labelNames(query.matchers, window, signal);
  const samples = await countSamples(
    { source, type },
    query,
    { active: profile, isWhole: true },
    { getSchema, signal },
  );
  const interval = samples === null || samples === 0 ? null : totalValue(profile) / samples;
  const subject = `No ${type.alias} sample of ${idsText(only)} was found in this window.`;
  const sentences =
    only.kind === 'profile'
      ? ['The store gives each profile its id; get_timeline with exemplars=profiles lists them.']
      : [
          rarity(interval, type.unit, only.kind),
          senderText(listed, only.kind, names.includes(OPERATION_LABEL)),
          ...(type.alias === 'cpu' ? [] : ['Go profilers write the ids into cpu profiles only.']),
        ];
  return {
    reason: 'no_such_samples',
    detail: [subject, ...notes, ...sentences].join(' '),
    instead: [],
    retry: null,
    list: listed !== null && listed.counted > 0 ? listedKind(only) : null,
  };
}

function listedKind({ kind }: IdSelection): 'profiles' | 'spans' {
  return kind === 'profile' ? 'profiles' : 'spans';
}

/** How long a request must be for its samples to be there. */
function rarity(interval: number | null, unit: string, kind: 'span' | 'trace'): string {
  if (interval === null) return `Only a ${kind} that was at work when a sample was taken has any.`;
  const seen = formatValue(SEEN_INTERVALS * interval, unit);
  return `A sample is taken every ${formatValue(interval, unit)}: a ${kind} of less than about ${seen} may well have none (at that length 5% have none).`;
}

/** Whether the service sends the ids at all. */
function senderText(listed: Exemplars | null, kind: 'span' | 'trace', hasOperations: boolean): string {
  if (listed === null && hasOperations)
    return `Its profiler marks spans: there is a label ${OPERATION_LABEL}.`;
  if (listed === null) return 'Whether the service sends span ids at all, this store does not tell.';
  if (listed.counted === 0)
    return 'No sample of the service holds a span id here: it does not send them. A profiler sends them with its OpenTelemetry package (otel-profiling-go, pyroscope-otel and the like).';
  if (kind === 'trace' && listed.rows.every(({ traceId }) => traceId === null))
    return 'The samples of the service hold span ids, but no trace ids: give the spans in `span_id`.';
  return 'The service does send span ids: other spans of the window have samples.';
}
