// Gives the schemas of our tools to the real packages of agent frameworks and says what each makes of them.
// It installs them into a temporary folder (some hundred megabytes; `-- --folder DIR` keeps them for the next
// run), so it is no part of `npm test`: there, test/schema-keywords.test.ts holds the rules that follow from
// it. Without Python, or where packages cannot be installed, that half is skipped in one line.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inputJsonSchema } from '../dist/mcp/input-schema.js';
import { TOOLS } from '../dist/tools/index.js';

const NPM = [
  '@ai-sdk/amazon-bedrock@4.0.186',
  '@ai-sdk/google@3.0.141',
  '@ai-sdk/mcp@1.0.102',
  '@ai-sdk/openai@3.0.141',
  '@google/genai@2.32.0',
  '@langchain/core@1.4.0',
  '@langchain/mcp-adapters@1.1.4',
  '@modelcontextprotocol/sdk@1.32.2',
  '@openai/agents-core@0.20.0',
  'ai@6.0.326',
  'ajv@8.20.0',
];
const PYPI = [
  'botocore==1.44.8',
  'google-adk==2.13.0',
  'google-genai==2.34.0',
  'langchain-google-genai==4.4.3',
  'langchain-mcp-adapters==0.3.2',
  'mcp==1.30.0',
  'openai-agents==0.24.0',
  'pydantic-ai-slim[anthropic,bedrock]==2.68.0',
];
const INSTALL_MS = 900_000;
const CONVERT_MS = 300_000;

const { values } = parseArgs({ options: { folder: { type: 'string' } } });
const folder = values.folder ?? mkdtempSync(path.join(os.tmpdir(), 'converters-'));
const scripts = fileURLToPath(new URL('./converters/', import.meta.url));
const input = JSON.stringify({
  tools: TOOLS.map((tool) => ({
    name: tool.name,
    description: tool.description,
    inputSchema: inputJsonSchema(tool),
  })),
});

try {
  const rows = [...javascript(), ...python()];
  for (const { converter, package: name, failures } of rows) {
    const result = failures.length === 0 ? `takes all ${TOOLS.length} tools` : 'FAILS';
    console.log(`${converter.padEnd(27)} ${name.padEnd(32)} ${result}`);
    for (const { tool, error } of failures) console.log(`  ${tool}: ${error}`);
  }
  process.exitCode = rows.some(({ failures }) => failures.length > 0) ? 1 : 0;
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}

function javascript() {
  const home = path.join(folder, 'js');
  mkdirSync(home, { recursive: true });
  writeFileSync(path.join(home, 'package.json'), '{"private":true}');
  const isThere = existsSync(path.join(home, 'node_modules', 'ajv'));
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  const installed =
    isThere || run('npm', ['install', ...options, ...NPM], { cwd: home, timeout: INSTALL_MS });
  if (!installed) return skip('JavaScript packages', 'npm cannot install them here');
  return convert(process.execPath, [path.join(scripts, 'javascript.mjs'), home]);
}

function python() {
  const home = path.join(folder, 'py');
  const binary = path.join(home, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (!existsSync(binary) && !run('python3', ['-m', 'venv', home], { timeout: INSTALL_MS }))
    return skip('Python packages', 'there is no python3 with venv');
  const options = ['--quiet', '--disable-pip-version-check'];
  if (!run(binary, ['-m', 'pip', 'install', ...options, ...PYPI], { timeout: INSTALL_MS }))
    return skip('Python packages', 'pip cannot install them here');
  return convert(binary, [path.join(scripts, 'python.py')]);
}

function skip(what, why) {
  console.log(`Skipped the ${what}: ${why}.`);
  return [];
}

function run(command, args, options) {
  return spawnSync(command, args, { stdio: 'ignore', ...options }).status === 0;
}

function convert(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    timeout: CONVERT_MS,
    maxBuffer: 2 ** 26,
  });
  if (status !== 0)
    throw new Error(`${path.basename(args[0] ?? '')} ended with ${status}: ${stderr.slice(-2_000)}`);
  return JSON.parse(stdout);
}
