import { formatSelector } from '../../sources/selector.js';
import { escapePattern } from '../../text/pattern.js';
import { NO_QUERY, type Page, readRange, splitIds } from './page.js';

const ALL = '$__all';
/** Names of variables that say which service, and which type, the panels show. */
const SERVICE = /^(?:service(?:_?name)?|svc|app(?:lication)?(?:_?name)?)$/i;
const TYPE = /^profile(?:_?type|_?metric)?(?:_?id)?$/i;
const SOURCE = /^(?:ds|data_?source|ds_.*|.*pyroscope.*|.*profiles?_?(?:ds|source).*)$/i;
const SPAN = /^span_?(?:id|selector)$/i;
/** Maximum numbers of variables, and of values of one, that are read of an address. */
const MAX_VARIABLES = 100;
const MAX_VALUES = 50;

/**
 * The query of a panel as far as the variables of its dashboard tell it: the query itself does not stand in
 * the address.
 */
export function readDashboardPage(parameters: URLSearchParams): Page {
  const variables = new Map<string, string[]>();
  for (const [parameterName, value] of parameters) {
    if (!parameterName.startsWith('var-') || value === '' || value === ALL) continue;
    const name = parameterName.slice('var-'.length);
    const values = variables.get(name) ?? [];
    if (values.length < MAX_VALUES) values.push(value.toWellFormed());
    variables.set(name, values);
    if (variables.size >= MAX_VARIABLES) break;
  }
  const takes = (pattern: RegExp) => [...variables].find(([name]) => pattern.test(name));
  const [service, type, source, span] = [SERVICE, TYPE, SOURCE, SPAN].map(takes);
  const used = [service, type, source, span].map((entry) => entry?.[0]);
  const unused = [...variables.keys()].filter((name) => !used.includes(name));
  const profileTypeId = type?.[1].length === 1 ? (type[1][0] ?? '') : '';
  const id = source?.[1].length === 1 ? (source[1][0] ?? null) : null;
  return {
    name: 'a Grafana dashboard',
    query: {
      ...NO_QUERY,
      dataSource: id === null ? null : { type: null, id },
      profileTypeId,
      selector: service === undefined ? '' : writeSelector(service[1]),
      range: readRange(parameters, 'from', 'to'),
      spanIds: splitIds(span?.[1] ?? []),
    },
    baseline: null,
    unused:
      unused.length === 0
        ? []
        : [`the variables ${unused.slice(0, 5).join(', ')}${unused.length > 5 ? ', …' : ''}`],
  };
}

function writeSelector(services: readonly string[]): string {
  const [only] = services;
  return formatSelector([
    services.length === 1 && only !== undefined
      ? { name: 'service_name', op: '=', value: only }
      : { name: 'service_name', op: '=~', value: services.map(escapePattern).join('|') },
  ]);
}
