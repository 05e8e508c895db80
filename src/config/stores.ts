import { UsageError } from '../errors.js';
import { withoutSecrets } from '../sources/grafana/address.js';
import type { FileStore } from './file/config-file.js';
import { checkCredentials, type GrafanaSettings, readGrafana } from './grafana.js';
import type { OptionName, StoreKind } from './options.js';
import { splitList, withHelpHint } from './usage.js';

/** Address and credentials of a Pyroscope server. */
export interface PyroscopeSettings {
  url: string;
  token: string | null;
  username: string | null;
  password: string | null;
  tenant: string | null;
}

interface NamedStore {
  /** Name in the configuration file, with which its sources begin; null where flags configure the store. */
  name: string | null;
}

/** A Grafana, whose Pyroscope data sources are discovered. */
export interface GrafanaStore extends NamedStore {
  kind: 'grafana';
  settings: GrafanaSettings;
  /** Uids; null: people enable data sources by hand. */
  enabledSources: readonly string[] | null;
}

/** A Pyroscope server. */
export interface PyroscopeStore extends NamedStore {
  kind: 'pyroscope';
  settings: PyroscopeSettings;
}

/** A directory of profiles, or a single one. */
export interface FilesStore extends NamedStore {
  kind: 'files';
  directory: string;
}

export type Store = GrafanaStore | PyroscopeStore | FilesStore;

/** Name and uid of the source of a store that is a single one: that of the store, else of its kind. */
export function nameSource({ name, kind }: PyroscopeStore | FilesStore): string {
  return name ?? kind;
}

/** Whether any of the stores is a server, whose answers are worth keeping. */
export function hasServers(stores: readonly Store[]): boolean {
  return stores.some(({ kind }) => kind !== 'files');
}

type Text = (name: OptionName) => string | null;

/**
 * Reads the stores that flags and environment name, in the order in which a call without `source` takes them.
 * @throws UsageError
 */
export function readSingleStores(text: Text): Store[] {
  const kinds: readonly StoreKind[] = ['pyroscope', 'grafana', 'files'];
  return kinds.flatMap((kind) => readStore(null, kind, text) ?? []);
}

/**
 * Reads the stores of a configuration file, in its order.
 * @throws UsageError
 */
export function readNamedStores(stores: readonly FileStore[]): Store[] {
  return stores.map(({ name, kind, text, explain }) => {
    try {
      const store = readStore(name, kind, text);
      if (store !== null) return store;
      throw new Error(`the store ${name} has no address`);
    } catch (error) {
      throw error instanceof UsageError ? explain(error) : error;
    }
  });
}

/** Null where the settings name no such store. */
function readStore(name: string | null, kind: StoreKind, text: Text): Store | null {
  if (kind === 'files') {
    const directory = text('profiles');
    return directory === null ? null : { kind, name, directory };
  }
  if (kind === 'pyroscope') {
    const settings = readPyroscope(text);
    return settings === null ? null : { kind, name, settings };
  }
  const settings = withHelpHint(() => readGrafana(text));
  if (settings === null) return null;
  const enabled = text('enabledSources');
  return { kind, name, settings, enabledSources: enabled === null ? null : splitList(enabled) };
}

function readPyroscope(text: Text): PyroscopeSettings | null {
  const url = text('pyroscopeUrl');
  const [token, username, password] = [
    text('pyroscopeToken'),
    text('pyroscopeUsername'),
    text('pyroscopePassword'),
  ];
  if (url === null) return null;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && (parsed.username !== '' || parsed.password !== '')) {
    throw new UsageError(
      'PYROSCOPE_URL carries credentials.',
      'Put them in PYROSCOPE_USERNAME and PYROSCOPE_PASSWORD.',
    );
  }
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError(
      `PYROSCOPE_URL ${JSON.stringify(withoutSecrets(url))} is not an http(s) URL.`,
      'Example: http://localhost:4040',
    );
  }
  withHelpHint(() => checkCredentials('Pyroscope', 'PYROSCOPE', { token, username, password }));
  return { url, token, username, password, tenant: text('pyroscopeTenant') };
}
