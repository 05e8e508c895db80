import { RE2JS, RE2JSException } from 're2js';
import { estimatePatternSize } from '../profile/code/pattern-size.js';
import { field, isRecord, list, text } from './json.js';
import { readVariableName, type Variable } from './variables.js';

/** A data source that Grafana lists. */
export interface KnownDataSource {
  uid: string;
  name: string;
  type: string;
}

/**
 * How a panel or query names its data source: by uid, by name (old dashboards) or by a variable; null: the
 * default.
 */
export interface DataSourceRef {
  type: string | null;
  id: string | null;
}

/** Meaning of a reference; `uids` is empty where only the kind of source is known. */
export type Destination =
  | { kind: 'pyroscope'; uids: readonly string[] }
  | { kind: 'other' }
  | { kind: 'unknown' };

/** Plugin id of the Pyroscope data source, and the one it had before. */
const PYROSCOPE_TYPES: readonly string[] = ['grafana-pyroscope-datasource', 'phlare'];
/** Each query of the panel names its own source. */
const MIXED = '-- Mixed --';
/** The panel shows what another panel queried. */
const SAME_DASHBOARD = '-- Dashboard --';

export function isPyroscopeType(type: string | null): boolean {
  return type !== null && PYROSCOPE_TYPES.includes(type);
}

/**
 * Reads `"name"`, `"${ds}"` or `{type, uid}`; null where there is no reference, or one that leaves it to the
 * query.
 */
export function readDataSource(value: unknown): DataSourceRef | null {
  const ref = isRecord(value)
    ? { type: text(field(value, 'type')) || null, id: text(field(value, 'uid')) || null }
    : { type: null, id: text(value) || null };
  if (ref.id === MIXED) return null;
  if (ref.id === 'default') return ref.type === null ? null : { ...ref, id: null };
  return ref.type === null && ref.id === null ? null : ref;
}

/** Placeholders of an exported dashboard: name → plugin id. */
export function readInputs(model: unknown): ReadonlyMap<string, string> {
  return new Map(
    list(field(model, '__inputs')).map((input) => [
      text(field(input, 'name')),
      text(field(input, 'pluginId')),
    ]),
  );
}

/** Which data sources a reference means, as far as the list of sources and the dashboard's variables tell. */
export function resolveDataSource(
  ref: DataSourceRef | null,
  sources: readonly KnownDataSource[],
  variables: ReadonlyMap<string, Variable>,
  inputs: ReadonlyMap<string, string>,
): Destination {
  if (ref === null || ref.id === null) {
    if (ref === null || ref.type === null) return { kind: 'unknown' };
    return ofType(ref.type, sources);
  }
  if (ref.id === SAME_DASHBOARD) return { kind: 'other' };
  const name = readVariableName(ref.id);
  if (name !== null) return ofVariable(name, ref, sources, variables, inputs);
  const source =
    sources.find(({ uid }) => uid === ref.id) ?? sources.find((source) => source.name === ref.id);
  if (source !== undefined) {
    return isPyroscopeType(source.type) ? { kind: 'pyroscope', uids: [source.uid] } : { kind: 'other' };
  }
  if (ref.type === null) return { kind: 'unknown' };
  // A source that is gone, or that these credentials do not see.
  return isPyroscopeType(ref.type) ? { kind: 'pyroscope', uids: [ref.id] } : { kind: 'other' };
}

function ofType(type: string, sources: readonly KnownDataSource[]): Destination {
  return isPyroscopeType(type) ? { kind: 'pyroscope', uids: listOnly(sources) } : { kind: 'other' };
}

/** The Pyroscope source where there is just one; the default among several is not known. */
export function listOnly(sources: readonly KnownDataSource[]): string[] {
  const all = sources.filter(({ type }) => isPyroscopeType(type));
  return all.length === 1 ? all.map(({ uid }) => uid) : [];
}

function ofVariable(
  name: string,
  ref: DataSourceRef,
  sources: readonly KnownDataSource[],
  variables: ReadonlyMap<string, Variable>,
  inputs: ReadonlyMap<string, string>,
): Destination {
  const variable = variables.get(name);
  const plugin = variable?.plugin ?? inputs.get(name) ?? ref.type;
  if (plugin === null) return { kind: 'unknown' };
  if (!isPyroscopeType(plugin)) return { kind: 'other' };
  const fits = variable === undefined ? () => true : createNameTest(variable);
  const current = new Set(variable?.current ?? []);
  const matching = sources.filter((source) => isPyroscopeType(source.type) && fits(source.name));
  const preferred = matching.filter((source) => current.has(source.uid) || current.has(source.name));
  const others = matching.filter((source) => !preferred.includes(source));
  return { kind: 'pyroscope', uids: [...preferred, ...others].map(({ uid }) => uid) };
}

/**
 * Largest filter that is applied, steps of {@link estimatePatternSize}: it is tried on the name of every data
 * source.
 */
const MAX_FILTER_STEPS = 300;
/** Characters of a name that are compared; Grafana takes up to 190. */
const MAX_NAME = 190;

/** Compiled once per variable: every panel may stand on it. */
const nameTests = new WeakMap<Variable, (name: string) => boolean>();

function createNameTest(variable: Variable): (name: string) => boolean {
  const test = nameTests.get(variable) ?? nameTest(variable.regex ?? '');
  nameTests.set(variable, test);
  return test;
}

/**
 * The filter of a data source variable: `/^prod-/`, or the same without slashes. What RE2 cannot read, and
 * what is too large, filters nothing.
 */
function nameTest(pattern: string): (name: string) => boolean {
  if (pattern === '') return () => true;
  const [, body = pattern, flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(pattern) ?? [];
  if (estimatePatternSize(body) > MAX_FILTER_STEPS) return () => true;
  try {
    const regex = RE2JS.compile(body, flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0);
    return (name) => regex.test(name.slice(0, MAX_NAME));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return () => true;
  }
}
