import { isPyroscopeType, type KnownDataSource, listOnly } from './data-source.js';
import { field, list, text } from './json.js';
import type { WrittenQuery } from './query.js';

/** Links to profiles that other data sources hold. */
export interface TraceLinks {
  queries: readonly (WrittenQuery & { name: string })[];
  /** Labels that stand for OpenTelemetry's `service.name`, the team's own words for a service. */
  serviceLabels: readonly string[];
}

/** OpenTelemetry's name of the service. */
const SERVICE_ATTRIBUTE = 'service.name';

/**
 * The queries that trace data sources open for a span (`jsonData.tracesToProfiles`): the type they ask for
 * and which attributes of a span become which labels.
 */
export function traceLinks(sources: readonly (KnownDataSource & { jsonData: unknown })[]): TraceLinks {
  const queries: (WrittenQuery & { name: string })[] = [];
  const serviceLabels: string[] = [];
  for (const source of sources) {
    const settings = field(source.jsonData, 'tracesToProfiles');
    const tags = list(field(settings, 'tags')).slice(0, 50).map(readTag);
    const profileTypeId = text(field(settings, 'profileTypeId'));
    if (profileTypeId === '') continue;
    serviceLabels.push(...tags.filter(({ key }) => key === SERVICE_ATTRIBUTE).map(({ label }) => label));
    const uid = text(field(settings, 'datasourceUid'));
    const target = sources.find((candidate) => candidate.uid === uid);
    const uids = target !== undefined && isPyroscopeType(target.type) ? [uid] : listOnly(sources);
    const custom = field(settings, 'customQuery') === true ? text(field(settings, 'query')) : '';
    const conditions = tags.map(({ key, label }) => `${JSON.stringify(label)}="$${word(key)}"`);
    queries.push({
      name: source.name,
      sources: uids,
      profileTypeId,
      selector: custom === '' ? `{${conditions.join(',')}}` : withTags(custom, conditions),
      groupBy: [],
      titles: [],
      origin: 'traces',
    });
  }
  return { queries, serviceLabels };
}

/** `{key, value}`, where an empty value means the same name; older versions list names only. */
function readTag(tag: unknown): { key: string; label: string } {
  const key = text(tag) || text(field(tag, 'key'));
  // Pyroscope's own labels have no dots.
  return { key, label: text(field(tag, 'value')) || key.replaceAll('.', '_') };
}

/** A custom query says with `${__tags}` where the conditions go. */
function withTags(query: string, conditions: readonly string[]): string {
  return query.replace(/\$\{?__tags\}?/, () => conditions.join(','));
}

function word(key: string): string {
  return key.replace(/\W/g, '_');
}
