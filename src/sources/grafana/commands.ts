import { PROGRAM } from '../../program.js';
import { storeNaming } from '../store-naming.js';

/**
 * The shell command by which a person enables a data source. Uids of old Grafana versions may hold any
 * character, so they are quoted.
 */
export function enableCommand(uid: string): string {
  return `${PROGRAM} sources enable ${shellQuote(uid)}`;
}

export function disableCommand(uid: string): string {
  return `${PROGRAM} sources disable ${shellQuote(uid)}`;
}

/**
 * Tells how to enable a data source: by a command, or in the configuration where that decides.
 * @param store name in the configuration file; null where flags configure the store
 */
export function enableHint(uid: string, store: string | null, isByConfiguration: boolean): string {
  const { toFull, toPlain } = storeNaming(store);
  if (!isByConfiguration) return enableCommand(toFull(toPlain(uid)));
  return `add ${shellQuote(toPlain(uid))} to ${enabledSetting(store)} and restart the server`;
}

/** Names the setting that enables the data sources of a store. */
export function enabledSetting(store: string | null): string {
  return store === null
    ? 'PYROSCOPE_MCP_ENABLED_SOURCES'
    : `enabled-sources of the store ${store} in the configuration file`;
}

function shellQuote(uid: string): string {
  return /^[\w./~-]+$/.test(uid) && !uid.startsWith('-') ? uid : `'${uid.replaceAll("'", "'\\''")}'`;
}
