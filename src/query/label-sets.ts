import { matcherTest } from '../sources/matching.js';
import type { Labels, Matcher, ProfileSource, SeriesQuery, Window } from '../sources/source.js';
import { untilSoon } from '../work/until-soon.js';
import type { ToolContext } from './context.js';
import { notReadBecause, type Unread } from './not-read.js';

/** The label that names the type of a profile. */
const TYPE = '__profile_type__';

/** The label sets of some profiles, and why they were not read; null where they were. */
export interface LabelSets {
  /** Names of the labels, the service and private ones left out. */
  names: readonly string[];
  rows: readonly Labels[];
  unread: Unread | null;
}

/** The label sets of some profiles, and the ids of the types of these. */
export interface TypedLabelSets extends LabelSets {
  typeIds: readonly string[];
}

/**
 * Reads the label sets of a service over two windows together with the types of its profiles: a request for
 * the names of the labels, which are those of the incident, and one for all else. Types are asked for alone
 * where the label sets cannot be read. A service without labels in the incident has no profiles there.
 *
 * @param both the time from the beginning of the baseline to the end of the incident
 * @throws UpstreamError
 */
export async function readTypedLabelSets(
  source: ProfileSource,
  { matchers, window: incident }: SeriesQuery,
  both: Window,
  { getSchema, signal, soon }: Pick<ToolContext, 'getSchema' | 'signal' | 'soon'>,
): Promise<TypedLabelSets> {
  const schema = getSchema(source);
  const names = await schema.labelNames(matchers, incident, signal);
  if (names.length === 0) return { names, rows: [], unread: null, typeIds: [] };
  const sets = await readLabelSets(source, { matchers, window: both }, names, untilSoon(signal, soon), [
    TYPE,
  ]);
  const typeIds =
    sets.unread === null
      ? [...new Set(sets.rows.flatMap((row) => row[TYPE] ?? []))].sort()
      : await schema.typeIds(matchers, incident, signal);
  return { ...sets, typeIds };
}

/** The label sets that further matchers leave. */
export function selectLabelSets(sets: TypedLabelSets, matchers: readonly Matcher[]): TypedLabelSets {
  const tests = matchers.map((matcher) => ({ name: matcher.name, isMeant: matcherTest(matcher) }));
  return { ...sets, rows: sets.rows.filter((row) => tests.every(({ name, isMeant }) => isMeant(row[name]))) };
}

/**
 * Reads label sets: one request, whose failure by the store is a part of the answer.
 *
 * @param privateNames further labels of the rows
 */
export async function readLabelSets(
  source: ProfileSource,
  query: SeriesQuery,
  allNames: readonly string[],
  signal: AbortSignal,
  privateNames: readonly string[] = [],
): Promise<LabelSets> {
  const names = allNames.filter((name) => name !== 'service_name');
  try {
    const rows = await source.series([...names, ...privateNames], query, signal);
    return { names, rows, unread: null };
  } catch (error) {
    const unread = notReadBecause(error);
    if (unread === null) throw error;
    return { names, rows: [], unread };
  }
}
