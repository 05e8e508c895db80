// Refuses to publish a package whose registry name is a placeholder or whose changes are not written down.
import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const { mcpName, version } = JSON.parse(read('package.json'));
const problems = [
  mcpName.includes('OWNER') &&
    'mcpName is a placeholder: put the account that owns the repository into package.json, then run npm run docs.',
  !read('CHANGELOG.md').includes(`\n## [${version}]`) && `CHANGELOG.md has no section for ${version}.`,
].filter(Boolean);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
