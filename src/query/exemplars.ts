import { UpstreamError, UserError } from '../errors.js';
import type { ExemplarRow, ListedExemplars } from '../report/requests/exemplars.js';
import { pickInstanceLabel } from '../sources/labels.js';
import type { Exemplar, ExemplarKind, Exemplars, ProfileQuery, ProfileSource } from '../sources/source.js';
import type { ToolContext } from './context.js';
import { profileQuery, type Scope } from './scope.js';

/** Label with the name of a span's operation, as the OpenTelemetry packages of the profilers write it. */
export const OPERATION_LABEL = 'span_name';

/** The heaviest profiles or spans of a scope; null for a store that knows none. */
export async function readExemplars(
  { source, ...scope }: Scope,
  kind: ExemplarKind,
  { signal }: Pick<ToolContext, 'signal'>,
): Promise<ListedExemplars | null> {
  if (source.exemplars === undefined) return null;
  const { rows, counted, notes } = await source.exemplars(profileQuery({ source, ...scope }), kind, signal);
  return { kind, rows: kind === 'spans' ? uniteSpans(rows) : rows.map(toRow), counted, notes };
}

/** The heaviest profiles or spans of a query; null where the store cannot list them. */
export async function listIfPossible(
  source: ProfileSource,
  query: ProfileQuery,
  kind: ExemplarKind,
  signal: AbortSignal,
): Promise<Exemplars | null> {
  if (source.exemplars === undefined) return null;
  return source.exemplars(query, kind, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof UserError || error instanceof UpstreamError) return null;
    throw error;
  });
}

function toRow({ time, value, labels, profileId, spanId, traceId }: Exemplar): ExemplarRow {
  const instance = pickInstanceLabel(Object.keys(labels));
  return {
    from: time,
    to: time,
    value,
    profiles: 1,
    instance: instance === null ? null : (labels[instance] ?? null),
    operation: labels[OPERATION_LABEL] ?? null,
    profileId,
    spanId,
    traceId,
  };
}

/** Spans with their samples of all profiles together: a long one has some in each. */
export function uniteSpans(rows: readonly Exemplar[]): ExemplarRow[] {
  const spans = new Map<string, ExemplarRow>();
  for (const exemplar of rows) {
    const row = toRow(exemplar);
    const key = exemplar.spanId ?? '';
    const known = spans.get(key);
    spans.set(
      key,
      known === undefined
        ? row
        : {
            ...known,
            from: Math.min(known.from, row.from),
            to: Math.max(known.to, row.to),
            value: known.value + row.value,
            profiles: known.profiles + 1,
            instance: known.instance ?? row.instance,
            operation: known.operation ?? row.operation,
            traceId: known.traceId ?? row.traceId,
          },
    );
  }
  return [...spans.values()].sort((a, b) => b.value - a.value || a.from - b.from);
}
