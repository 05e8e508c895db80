import { safeText } from '../../text/sanitise.js';
import { plural } from '../../text/units.js';
import { enableHint } from './commands.js';
import type { Discovery } from './discovery.js';
import { mayDo, type Permissions } from './permissions.js';

const MAX_NAMED = 5;

/** Explains that there are Pyroscope data sources, and that a person has to enable them. */
export function explainNoneEnabled(
  { pyroscopeSources: sources }: Discovery,
  store: string | null,
  isByConfiguration: boolean,
) {
  const names = sources
    .slice(0, MAX_NAMED)
    .map(({ name, uid }) => `${safeText(name, 60)} (uid ${safeText(uid, 60)})`);
  const more = sources.length > MAX_NAMED ? `, and ${sources.length - MAX_NAMED} more` : '';
  return {
    message: `No data source is enabled. Grafana has ${sources.length} of type Pyroscope: ${names.join(', ')}${more}.`,
    next: `Only a person can enable one: ${enableHint(sources[0]?.uid ?? 'UID', store, isByConfiguration)}`,
  };
}

/**
 * Explains that Grafana shows no Pyroscope data source, what it shows, and which permission may be missing.
 */
export function explainNoneFound(
  { types, restricted }: Discovery,
  address: string,
  permissions: Permissions | null,
) {
  const counts = new Map<string, number>();
  for (const type of types.values()) counts.set(type, (counts.get(type) ?? 0) + 1);
  const visible = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MAX_NAMED)
    .map(([type, count]) => `${count} ${safeText(type, 60)}`);
  const summary =
    types.size === 0
      ? 'no data source at all'
      : `${plural(types.size, 'data source')} (${visible.join(', ')}${counts.size > MAX_NAMED ? ', …' : ''}), none of type Pyroscope`;
  return {
    message: `Grafana at ${address} shows this token ${summary}.`,
    next: `Tell the operator: ${permissionHint(permissions, restricted)}`,
  };
}

function permissionHint(permissions: Permissions | null, restricted: boolean): string {
  const missing = ['datasources:read', 'datasources:query'].filter(
    (action) => permissions !== null && !mayDo(permissions, action),
  );
  if (missing.length > 0) {
    return `the token lacks the permission ${missing.join(' and ')}; give the service account the basic role Viewer.`;
  }
  const listing = restricted && permissions === null ? 'the permission datasources:read, or ' : '';
  return `either this Grafana has no Pyroscope data source, or the token lacks ${listing}the permission Query on it (Permissions tab of the data source; the role Viewer suffices).`;
}
