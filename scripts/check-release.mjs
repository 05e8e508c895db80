// Refuses to publish while the owner is a placeholder, while a file for a registry or client carries another
// version or a placeholder, or while the changes of the version are not written down.
import { readFileSync } from 'node:fs';
import { PLACEHOLDER } from './channels/project.mjs';

/** Files that users and registries read, with the version where they carry one. */
const CARRIERS = [
  'package.json',
  'server.json',
  'Dockerfile',
  'gemini-extension.json',
  '.claude-plugin/marketplace.json',
  'channels/claude-code/.claude-plugin/plugin.json',
  'channels/mcpb/manifest.json',
  'channels/docker-catalogue/server.yaml',
  'charts/pyroscope-mcp/Chart.yaml',
  'charts/pyroscope-mcp/values.yaml',
  'docs/use/install.md',
];

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const { mcpName, version } = JSON.parse(read('package.json'));
// Names of images are in lower case.
const placeholder = new RegExp(`\\b${PLACEHOLDER}\\b|/${PLACEHOLDER.toLowerCase()}/`);
const problems = [];
if (placeholder.test(mcpName)) {
  problems.push(
    'mcpName is a placeholder: put the account that owns the repository into package.json, then run npm run docs.',
  );
} else {
  const stale = CARRIERS.filter((name) => placeholder.test(read(name)));
  if (stale.length > 0) problems.push(`The owner is missing in ${stale.join(', ')}: run npm run docs.`);
}
const behind = CARRIERS.filter((name) => name.endsWith('.json') && !read(name).includes(`"${version}"`));
if (behind.length > 0) problems.push(`${behind.join(', ')} carry another version: run npm run docs.`);
if (!read('CHANGELOG.md').includes(`\n## [${version}]`)) {
  problems.push(`CHANGELOG.md has no section for ${version}.`);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
