import type { OptionName } from './options.js';

/**
 * Settings that a person who installs the server may be asked for, with the title of the field: where the
 * profiles are, and little else. Registries, bundles and plugins are made from this table.
 */
export const ASKED = {
  grafanaUrl: 'Grafana address',
  grafanaToken: 'Grafana service account token',
  grafanaTokenFile: 'File with the Grafana token',
  grafanaUsername: 'Grafana user',
  grafanaPassword: 'Grafana password',
  grafanaOrg: 'Grafana organisation',
  grafanaHeaders: 'Headers for Grafana',
  grafanaCaFile: 'Certificate authorities',
  enabledSources: 'Data sources to query',
  pyroscopeUrl: 'Pyroscope address',
  pyroscopeToken: 'Pyroscope token',
  pyroscopeUsername: 'Pyroscope user',
  pyroscopePassword: 'Pyroscope password',
  pyroscopeTenant: 'Pyroscope tenant',
  profiles: 'Folder of profile files',
  config: 'Configuration file',
  logLevel: 'Log level',
} as const satisfies Partial<Record<OptionName, string>>;

/**
 * Whether a client passed on its own placeholder, because the person left the field empty:
 * `${user_config.grafana_url}` (bundles, Claude Code), `${GRAFANA_URL}` or `$GRAFANA_URL` (Gemini CLI),
 * `${env:GRAFANA_URL}` (Cursor), `${input:grafana-url}` (VS Code).
 * @param env name of the variable whose value this is
 */
export function isUnfilled(value: string, env: string): boolean {
  if (/^\$\{(?:user_config\.|env:|input:)[\w.-]+\}$/.test(value)) return true;
  return value === `\${${env}}` || value === `$${env}`;
}
