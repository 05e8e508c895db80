import { shorten } from '../pages/tool-groups.mjs';
import { listEssentials, toKey } from './settings.mjs';

const TYPES = { text: 'string', directory: 'directory', file: 'file' };

/**
 * Writes the manifest of the .mcpb bundle, in the form of version 0.3. Optional settings have an empty
 * default: without one, hosts pass their placeholder on.
 */
export function mcpbManifest(project, { tools, program, nodeRange }) {
  const { name, version, title, summary, description, license, keywords, owner, repository } = project;
  const settings = listEssentials();
  return {
    manifest_version: '0.3',
    name,
    display_name: title,
    version,
    description: summary,
    long_description: `${description}. Name a Grafana and the uids of its Pyroscope data sources, or a Pyroscope server, or a folder of profile files.`,
    author: { name: owner, url: `https://github.com/${owner}` },
    repository: { type: 'git', url: `${repository}.git` },
    homepage: repository,
    documentation: `${repository}#readme`,
    support: `${repository}/issues`,
    icon: 'icon.png',
    server: {
      type: 'node',
      entry_point: program,
      mcp_config: {
        command: 'node',
        args: [`\${__dirname}/${program}`],
        env: Object.fromEntries(
          settings.map((setting) => [setting.env, `\${user_config.${toKey(setting)}}`]),
        ),
      },
    },
    tools: tools.map((tool) => ({ name: tool.name, description: shorten(tool.description) })),
    // Their texts depend on their arguments.
    prompts_generated: true,
    keywords,
    license,
    compatibility: { platforms: ['darwin', 'win32', 'linux'], runtimes: { node: nodeRange } },
    user_config: Object.fromEntries(
      settings.map((setting) => [
        toKey(setting),
        {
          type: TYPES[setting.kind],
          title: setting.title,
          description: setting.description,
          required: false,
          ...(setting.isSecret ? { sensitive: true } : {}),
          default: '',
        },
      ]),
    ),
  };
}
