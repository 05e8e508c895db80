import type { GrafanaCredential } from '../access/identity.js';
import type { GrafanaSettings } from '../config/grafana.js';
import type { PyroscopeSettings } from '../config/stores.js';
import { readTokenFile } from '../sources/pyroscope/http/credentials.js';
import type { SourceOwner } from '../sources/source.js';

/** The view of a Pyroscope server that the configured credentials give. */
export function pyroscopeOwner(
  { url, tenant, token, username, password }: PyroscopeSettings,
  uid: string,
): SourceOwner {
  const credential = [token, username, password];
  return { origin: url, org: tenant, source: uid, credential: async () => credential };
}

/**
 * The view of a data source behind Grafana that the configured credentials give, or those of a caller; an
 * empty uid is Grafana itself.
 */
export function grafanaOwner(
  { url, orgId, token, tokenFile, username, password, headers }: GrafanaSettings,
  uid: string,
  caller: GrafanaCredential | null,
): SourceOwner {
  const sent = Object.keys(headers).length === 0 ? null : JSON.stringify(headers);
  return {
    origin: url,
    org: orgId === null ? null : String(orgId),
    source: uid,
    async credential() {
      if (caller !== null) return ['caller', caller.key, null, sent];
      const current = token ?? (tokenFile === null ? null : await readTokenFile(tokenFile));
      return [current, username, password, sent];
    },
  };
}
