import { listSettings } from './settings.mjs';

function variable({ env, description, kind, preset, isSecret, example }) {
  return {
    name: env,
    description,
    ...(kind === 'text' ? {} : { format: 'filepath' }),
    ...(preset === undefined ? {} : { default: preset }),
    ...(example === undefined ? {} : { placeholder: example }),
    isRequired: false,
    isSecret,
  };
}

/** Writes the entry of the MCP registry, in the form of its schema of 2025-12-11. */
export function serverJson({ name, mcpName, version, title, summary, repository, image, icon }) {
  const environmentVariables = listSettings().map(variable);
  // Files of the host are not there in a container.
  const inContainer = environmentVariables.filter(({ format }) => format !== 'filepath');
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: mcpName,
    title,
    description: summary,
    version,
    websiteUrl: repository,
    repository: { url: repository, source: 'github' },
    icons: [
      { src: `${icon}.png`, mimeType: 'image/png', sizes: ['512x512'] },
      { src: `${icon}.svg`, mimeType: 'image/svg+xml', sizes: ['any'] },
    ],
    packages: [
      {
        registryType: 'npm',
        identifier: name,
        version,
        runtimeHint: 'npx',
        transport: { type: 'stdio' },
        environmentVariables,
      },
      {
        registryType: 'oci',
        identifier: `${image}:${version}`,
        runtimeHint: 'docker',
        transport: { type: 'stdio' },
        environmentVariables: inContainer,
      },
    ],
    remotes: [
      {
        type: 'streamable-http',
        url: 'https://{host}/mcp',
        variables: {
          host: {
            description: 'Host name of the server that your team runs (docs/operate/http.md)',
            placeholder: 'mcp.example.com',
            isRequired: true,
          },
        },
        headers: [
          {
            name: 'Authorization',
            description: 'One of the bearer tokens of that server',
            value: 'Bearer {token}',
            variables: { token: { description: 'Bearer token', isRequired: true, isSecret: true } },
            isRequired: true,
            isSecret: true,
          },
        ],
      },
    ],
  };
}
