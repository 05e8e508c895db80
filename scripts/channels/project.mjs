import { readFileSync } from 'node:fs';

/** Stands for the account that owns the repository until somebody publishes; check-release.mjs refuses it. */
export const PLACEHOLDER = 'OWNER';

/**
 * Reads the names that every channel needs. They follow from `mcpName` in package.json, the one place where
 * the owner stands.
 * @throws Error when mcpName has not the form of the registry
 */
export function readProject() {
  const { name, mcpName, version, description, license, keywords } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  const [, owner, server] = /^io\.github\.([^/]+)\/([\w.-]+)$/.exec(mcpName) ?? [];
  if (owner === undefined) {
    throw new Error(`mcpName in package.json is ${mcpName}: write it as io.github.OWNER/${name}.`);
  }
  const repository = `https://github.com/${owner}/${server}`;
  return {
    name,
    mcpName,
    version,
    description,
    license,
    keywords,
    owner,
    repository,
    title: 'Pyroscope profiles',
    /** At most 100 characters, as the MCP registry wants it. */
    summary: 'Which code was responsible: findings from Grafana Pyroscope profiles for incident agents',
    /** Image names are in lower case. */
    image: `ghcr.io/${owner.toLowerCase()}/${server}`,
    icon: `https://raw.githubusercontent.com/${owner}/${server}/main/docs/pictures/icon`,
    /** Command that starts this very version. */
    command: { command: 'npx', args: ['-y', `${name}@${version}`] },
  };
}

/** The fields of package.json that name the repository: npm compares them with where a build came from. */
export function repositoryFields({ repository }) {
  return {
    homepage: `${repository}#readme`,
    bugs: `${repository}/issues`,
    repository: { type: 'git', url: `git+${repository}.git` },
  };
}
