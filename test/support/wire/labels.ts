import type { Labels, Matcher, ProfileSource, SeriesQuery } from '../../../src/sources/source.js';
import { toPairs } from './series.js';
import { type ParsedType, parseType } from './types.js';

// Labels as a server lists them: those of the source, and the private ones that every series has.

const CLASSIC_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const TYPE_LABEL = '__profile_type__';
const { signal } = new AbortController();

/** Private labels by what of the profile type, or of the other labels, they say. */
const PRIVATE: ReadonlyMap<string, (type: ParsedType, labels: Labels) => string | undefined> = new Map([
  ['__name__', ({ name }) => name],
  ['__period_type__', ({ periodType }) => periodType],
  ['__period_unit__', ({ periodUnit }) => periodUnit],
  [TYPE_LABEL, ({ id }) => id],
  ['__service_name__', (_, labels) => labels.service_name],
  ['__type__', ({ sampleType }) => sampleType],
  ['__unit__', ({ sampleUnit }) => sampleUnit],
]);

/** The labels of a series with the private ones that a server adds. */
export function addPrivateLabels(type: ParsedType, labels: Labels): Labels {
  const own = [...PRIVATE].map(([name, derive]) => [name, derive(type, labels) ?? '']);
  return { ...Object.fromEntries(own), ...labels };
}

/** Matchers that a source understands, which knows `__profile_type__` only of the private labels. */
export function matchersForSource(matchers: readonly Matcher[]): Matcher[] {
  return matchers.map((matcher) => {
    if (matcher.name === '__service_name__') return { ...matcher, name: 'service_name' };
    if (matcher.name !== '__name__') return matcher;
    const pattern = matcher.op.endsWith('~') ? `(?:${matcher.value})` : escaped(matcher.value);
    const op = matcher.op.startsWith('!') ? '!~' : '=~';
    return { name: TYPE_LABEL, op, value: `${pattern}:.*` };
  });
}

/** `ProfileTypes`, sorted by id. */
export async function profileTypes(source: ProfileSource, query: SeriesQuery): Promise<object> {
  const ids = await source.labelValues(TYPE_LABEL, query, signal);
  return {
    profileTypes: ids.map((id) => {
      const { name, sampleType, sampleUnit, periodType, periodUnit } = parseType(id);
      return { ID: id, name, sampleType, sampleUnit, periodType, periodUnit };
    }),
  };
}

/** `LabelNames`; names that are not classic are hidden from clients that cannot read them. */
export async function labelNames(source: ProfileSource, query: SeriesQuery, utf8: boolean): Promise<object> {
  const names = await source.labelNames(query, signal);
  if (names.length === 0) return {};
  return {
    names: [...names, ...PRIVATE.keys()].filter((name) => utf8 || CLASSIC_NAME.test(name)).sort(),
  };
}

/** `LabelValues`. */
export async function labelValues(source: ProfileSource, name: string, query: SeriesQuery): Promise<object> {
  const derive = PRIVATE.get(name);
  if (name === '__service_name__') return { names: await source.labelValues('service_name', query, signal) };
  if (derive === undefined) return { names: await source.labelValues(name, query, signal) };
  const ids = await source.labelValues(TYPE_LABEL, query, signal);
  return { names: [...new Set(ids.map((id) => derive(parseType(id), {}) ?? ''))].sort() };
}

/**
 * `Series`; no names mean all labels. Names that are not classic are dropped without the capability, even
 * where named.
 */
export async function series(
  source: ProfileSource,
  wanted: readonly string[],
  query: SeriesQuery,
  utf8: boolean,
): Promise<object> {
  const names = await source.labelNames(query, signal);
  const shown = (wanted.length > 0 ? wanted : [...names, ...PRIVATE.keys()]).filter(
    (name) => utf8 || CLASSIC_NAME.test(name),
  );
  const rows = await source.series([...names, TYPE_LABEL], query, signal);
  const distinct = new Map<string, object>();
  for (const row of rows) {
    const type = parseType(row[TYPE_LABEL] ?? ':::::');
    const labels: Record<string, string> = Object.create(null);
    for (const name of shown) {
      const value = PRIVATE.get(name)?.(type, row) ?? row[name];
      if (value !== undefined) labels[name] = value;
    }
    const pairs = toPairs(labels);
    distinct.set(JSON.stringify(pairs), { labels: pairs });
  }
  return { labelsSet: [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row) };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
