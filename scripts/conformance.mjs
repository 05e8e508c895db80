// Runs the official MCP conformance suite against the built server, over HTTP on loopback with the demo
// profiles: the scenarios that need no fixture tools, in both protocol eras. `npm run conformance` starts it
// where npx provides the suite, and the newer Node that the suite needs; the server runs on the Node that npm
// runs on. The last line is "N passed, N failed", in scenarios; .ci/run gets the numbers in a file, in the
// form of vitest's report.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BOTH = ['tools-list', 'prompts-list', 'resources-list', 'dns-rebinding-protection'];
// Two scenarios of the older protocol, server-session-lifecycle and server-sse-multiple-streams, want
// sessions that end, which this server does not have.
const SCENARIOS = {
  '2025-11-25': ['server-initialize', 'ping', ...BOTH],
  '2026-07-28': [
    ...BOTH,
    'caching',
    'sep-2164-resource-not-found',
    'http-header-validation',
    'server-sse-multiple-streams',
    'input-required-result-unsupported-methods',
  ],
};
const SCENARIO_MS = 60_000;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Starts the built server on a free port. */
async function startServer() {
  const node = process.env.npm_node_execpath ?? process.execPath;
  const args = ['--http', '127.0.0.1:0', '--profiles', 'fixtures/demo', '--cache-dir', 'none'];
  const child = spawn(node, [path.join(root, 'bundle/main.js'), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface(child.stderr)) {
    const url = /serves MCP at (http:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stderr.resume();
    return { child, url };
  }
  throw new Error('the server did not start');
}

/** Runs one scenario; its checks are in a file of the results' directory. */
async function run(url, version, scenario, directory) {
  const out = path.join(directory, `${version}-${scenario}`);
  const args = ['server', '--url', url, '--spec-version', version, '--scenario', scenario, '-o', out];
  const child = spawn('conformance', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    timeout: SCENARIO_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  const files = existsSync(out) ? readdirSync(out, { recursive: true }) : [];
  const checks = files
    .filter((name) => name.endsWith('checks.json'))
    .flatMap((name) => JSON.parse(readFileSync(path.join(out, name), 'utf8')));
  const of = (status) => checks.filter((check) => check.status === status).length;
  const passed = code === 0 && of('SUCCESS') > 0 && of('FAILURE') === 0;
  const others = ['FAILURE', 'WARNING', 'SKIPPED'].filter((status) => of(status) > 0);
  const more = others.map((status) => `, ${of(status)} ${status.toLowerCase()}`).join('');
  console.log(`${passed ? '✓' : '✗'} ${version} ${scenario}: ${of('SUCCESS')} checks${more}`);
  if (!passed || of('WARNING') > 0) console.log(output);
  return passed;
}

const directory = mkdtempSync(path.join(tmpdir(), 'conformance-'));
const server = await startServer();
let passed = 0;
let failed = 0;
try {
  for (const [version, scenarios] of Object.entries(SCENARIOS)) {
    for (const scenario of scenarios) {
      if (await run(server.url, version, scenario, directory)) passed++;
      else failed++;
    }
  }
} finally {
  server.child.kill('SIGTERM');
  rmSync(directory, { recursive: true });
}
const report = { numPassedTests: passed, numFailedTests: failed, testResults: [] };
if (process.env.VITEST_JSON_REPORT) writeFileSync(process.env.VITEST_JSON_REPORT, JSON.stringify(report));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
