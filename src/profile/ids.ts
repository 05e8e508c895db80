/**
 * Samples of single requests or profiles, by id in lower case: spans (16 hexadecimal digits), traces (32),
 * profiles (UUID).
 */
export interface IdSelection {
  kind: 'span' | 'trace' | 'profile';
  ids: readonly string[];
}

/** Arguments of a call that select samples by id. */
export interface IdCallArguments {
  trace_id?: string;
  span_id?: string;
  profile_id?: string;
}

/** The arguments of a call that selects the same samples; none where there are no ids. */
export function idArguments(only: IdSelection | null): IdCallArguments {
  return only === null ? {} : { [`${only.kind}_id`]: only.ids.join(',') };
}

/** Ids in words: `span 1f…`, `2 traces a…, b…`. */
export function idsText({ kind, ids }: IdSelection, shown = 3): string {
  const [first = ''] = ids;
  if (ids.length === 1) return `${kind} ${first}`;
  const more = ids.length > shown ? ` and ${ids.length - shown} more` : '';
  return `${ids.length} ${kind}s ${ids.slice(0, shown).join(', ')}${more}`;
}
