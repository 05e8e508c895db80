import { UsageError } from '../errors.js';
import { withoutSecrets } from '../sources/grafana/address.js';
import { checkCredentials, type GrafanaSettings, readGrafana } from './grafana.js';
import type { OptionName } from './options.js';
import { withHelpHint } from './usage.js';

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

/**
 * Reads the stores that flags and environment name, in the order in which a call without `source` takes them.
 * @throws UsageError
 */
export function readStores(
  text: (name: OptionName) => string | null,
  list: (name: OptionName) => readonly string[],
): Store[] {
  const name = null;
  const pyroscope = readPyroscope(text);
  const grafana = withHelpHint(() => readGrafana(text));
  const directory = text('profiles');
  const enabledSources = text('enabledSources') === null ? null : list('enabledSources');
  return [
    ...(pyroscope === null ? [] : [{ kind: 'pyroscope' as const, name, settings: pyroscope }]),
    ...(grafana === null ? [] : [{ kind: 'grafana' as const, name, settings: grafana, enabledSources }]),
    ...(directory === null ? [] : [{ kind: 'files' as const, name, directory }]),
  ];
}

function readPyroscope(text: (name: OptionName) => string | null): PyroscopeSettings | null {
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
