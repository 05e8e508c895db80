import { OPTIONS } from '../../dist/config/options.js';

/**
 * Settings that a person who installs the server from a registry may be asked for: where the profiles are,
 * and little else.
 */
const ASKED = [
  'grafanaUrl',
  'grafanaToken',
  'grafanaTokenFile',
  'grafanaUsername',
  'grafanaPassword',
  'grafanaOrg',
  'grafanaHeaders',
  'grafanaCaFile',
  'enabledSources',
  'pyroscopeUrl',
  'pyroscopeToken',
  'pyroscopeUsername',
  'pyroscopePassword',
  'pyroscopeTenant',
  'profiles',
  'logLevel',
];

function variable({ env, help, value, default: preset, isSecret }) {
  return {
    name: env,
    description: `${help[0].toUpperCase()}${help.slice(1)}`,
    ...(value === 'FILE' || value === 'DIR' ? { format: 'filepath' } : {}),
    ...(preset === undefined ? {} : { default: preset }),
    isRequired: false,
    isSecret: isSecret === true,
  };
}

/** The entry of the MCP registry, in the form of its schema of 2025-12-11. */
export function serverJson({ name, mcpName, version }) {
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: mcpName,
    title: 'Pyroscope profiles',
    description: 'Which code was responsible: findings from Grafana Pyroscope profiles for incident agents',
    version,
    packages: [
      {
        registryType: 'npm',
        identifier: name,
        version,
        runtimeHint: 'npx',
        transport: { type: 'stdio' },
        environmentVariables: ASKED.map((option) => variable(OPTIONS[option])),
      },
    ],
  };
}
