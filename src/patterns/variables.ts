import { field, isRecord, list, text, texts } from './json.js';

/** A template variable of a dashboard, of any version of the model. */
export interface Variable {
  name: string;
  /** Plugin id of a data source variable; else null. */
  plugin: string | null;
  regex: string | null;
  /** Whether it is a fixed text. */
  isConstant: boolean;
  /** Values it is set to, "All" left out. */
  current: readonly string[];
  /** Values that the author wrote down, with the words shown for them. */
  options: readonly { word: string; value: string }[];
  /** List that a variable over a Pyroscope source shows; null for any other. */
  lists: { what: 'profileType' | 'label' | 'labelValue'; profileTypeId: string; labelName: string } | null;
  /** The data source as written. */
  dataSource: unknown;
}

/** `$name`, `${name}`, `${name.field:format}`, `[[name:format]]`. */
const REFERENCE = /\$(\w+)|\$\{(\w+)(?:\.[^:{}]*)?(?::[^{}]*)?\}|\[\[(\w+)(?::\w+)?\]\]/g;
const WHOLE = new RegExp(`^\\s*(?:${REFERENCE.source})\\s*$`);
const ALL = '$__all';
/** Variables read of one dashboard; the largest that are known have some dozens. */
const MAX_VARIABLES = 200;
/** Options read of one variable. */
const MAX_OPTIONS = 200;

/** The name of the variable that a text consists of; null where it is anything else. */
export function readVariableName(value: string): string | null {
  const match = WHOLE.exec(value);
  return match === null ? null : (match[1] ?? match[2] ?? match[3] ?? null);
}

/** A text with every reference to a variable replaced. */
export function replaceVariables(value: string, replacement: (name: string) => string): string {
  return value.replace(REFERENCE, (_all, plain?: string, braced?: string, square?: string) =>
    replacement(plain ?? braced ?? square ?? ''),
  );
}

/**
 * The variables of a dashboard by name: `templating.list[]` of the classic model, `variables[]` of version 2.
 */
export function readVariables(model: unknown): Map<string, Variable> {
  const classic = list(field(model, 'templating', 'list'))
    .slice(0, MAX_VARIABLES)
    .map(readClassic);
  const v2 = list(field(model, 'variables')).slice(0, MAX_VARIABLES).map(readV2);
  return new Map([...classic, ...v2].map((variable) => [variable.name, variable]));
}

function readClassic(value: unknown): Variable {
  return readVariable(text(field(value, 'type')), value, field(value, 'query'), text(field(value, 'query')));
}

/** `{kind: "QueryVariable", spec}`; the query's own fields are one level further down. */
function readV2(value: unknown): Variable {
  const spec = field(value, 'spec');
  const kind = text(field(value, 'kind'))
    .replace(/Variable$/, '')
    .toLowerCase();
  return readVariable(kind, spec, field(spec, 'query', 'spec'), text(field(spec, 'pluginId')));
}

function readVariable(kind: string, from: unknown, query: unknown, plugin: string): Variable {
  const options = readOptions(kind, from);
  const current = texts(field(from, 'current', 'value')).filter((entry) => entry !== ALL);
  const [only] = options;
  const values = options.length === 1 && only !== undefined && current.length === 0 ? [only.value] : current;
  return {
    name: text(field(from, 'name')),
    plugin: kind === 'datasource' ? plugin : null,
    regex: kind === 'datasource' ? text(field(from, 'regex')) : null,
    isConstant: kind === 'constant',
    current: values,
    options,
    lists: readListed(query),
    dataSource: isRecord(field(from, 'query'))
      ? (field(from, 'datasource') ?? sourceOfQuery(field(from, 'query')))
      : field(from, 'datasource'),
  };
}

/** From version 2beta1 on the query names its source. */
function sourceOfQuery(query: unknown): unknown {
  const name = text(field(query, 'datasource', 'name'));
  const type = text(field(query, 'group'));
  return name === '' && type === '' ? undefined : { type, uid: name };
}

function readListed(query: unknown): Variable['lists'] {
  const what = field(query, 'type');
  if (what !== 'profileType' && what !== 'label' && what !== 'labelValue') return null;
  return {
    what,
    profileTypeId: text(field(query, 'profileTypeId')),
    labelName: text(field(query, 'labelName')),
  };
}

/**
 * Reads the options that the author of a custom, constant or text variable wrote, `word : value` included.
 */
function readOptions(kind: string, from: unknown): { word: string; value: string }[] {
  if (kind !== 'custom' && kind !== 'constant' && kind !== 'textbox' && kind !== 'text') return [];
  const query = text(field(from, 'query'));
  if (kind !== 'custom') return query === '' ? [] : [{ word: query, value: query }];
  const written = query
    .split(/(?<!\\),/)
    .map((entry) => entry.replaceAll('\\,', ',').trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const colon = entry.indexOf(' : ');
      return colon < 0
        ? { word: entry, value: entry }
        : { word: entry.slice(0, colon).trim(), value: entry.slice(colon + 3).trim() };
    });
  const listedOptions = list(field(from, 'options'))
    .slice(0, MAX_OPTIONS)
    .map((option) => ({ word: text(field(option, 'text')), value: text(field(option, 'value')) }))
    .filter(({ value }) => value !== '' && value !== ALL);
  return (written.length > 0 ? written : listedOptions).slice(0, MAX_OPTIONS);
}
