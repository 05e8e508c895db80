// Runs the official MCP conformance suite against the built server, over HTTP on loopback with the demo
// profiles: the scenarios that need no fixture tools, in both protocol eras, without and with sign-in. The
// suite has no scenario for a resource server (its auth/ scenarios try clients, two others authorization
// servers), and sends no token. So it asks the server behind sign-in through a proxy that adds the token of a
// real OpenID provider, which shows that the protocol is the same there. `npm run conformance` starts it
// where npx provides the suite, and the newer Node that the suite needs; the server runs on the Node that npm
// runs on. The last line is "N passed, N failed", in scenarios; .ci/run gets the numbers in a file, in the
// form of vitest's report.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
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

const node = process.env.npm_node_execpath ?? process.execPath;

/** Starts the built server on a free port. */
async function startServer(more = []) {
  const args = ['--http', '127.0.0.1:0', '--profiles', 'fixtures/demo', '--cache-dir', 'none', ...more];
  const child = spawn(node, [path.join(root, 'bundle/main.js'), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface(child.stderr)) {
    const url = /serves MCP at (http:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stderr.resume();
    return { url, stop: () => child.kill('SIGTERM') };
  }
  throw new Error('the server did not start');
}

/** Starts a server whose callers sign in, and a proxy in front of it that adds a token to each request. */
async function startServerWithSignIn() {
  const provider = spawn(node, [path.join(root, 'test/support/oidc-provider.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [issuer] = await once(createInterface(provider.stdout), 'line');
  const publicUrl = 'https://mcp.example.com/mcp';
  const server = await startServer(['--oauth-issuer', issuer, '--public-url', publicUrl]);
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { sub: 'ada', aud: publicUrl, scope: 'pyroscope:read', exp: seconds + 3_600 };
  const signed = await fetch(`${issuer}/test/sign`, { method: 'POST', body: JSON.stringify({ claims }) });
  const authorization = `Bearer ${await signed.json()}`;
  const refused = await fetch(server.url, { method: 'POST' });
  if (refused.status !== 401) throw new Error(`a request without a token has status ${refused.status}`);
  const { port } = new URL(server.url);
  const proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = send(
      { host: '127.0.0.1', port, method, path: url, headers: { ...headers, authorization } },
      (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${proxy.address().port}/mcp`,
    stop() {
      proxy.close();
      proxy.closeAllConnections();
      server.stop();
      provider.kill('SIGTERM');
    },
  };
}

/** Runs one scenario; its checks are in a file of the results' directory. */
async function run({ url, name }, version, scenario, directory) {
  const out = path.join(directory, `${name}-${version}-${scenario}`);
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
  console.log(`${passed ? '✓' : '✗'} ${name} ${version} ${scenario}: ${of('SUCCESS')} checks${more}`);
  if (!passed || of('WARNING') > 0) console.log(output);
  return passed;
}

const directory = mkdtempSync(path.join(tmpdir(), 'conformance-'));
const servers = [
  { name: 'open', ...(await startServer()) },
  { name: 'signed-in', ...(await startServerWithSignIn()) },
];
let passed = 0;
/** Scenarios that failed, in the form of vitest's report. */
const failed = [];
try {
  for (const server of servers) {
    for (const [version, scenarios] of Object.entries(SCENARIOS)) {
      for (const scenario of scenarios) {
        if (await run(server, version, scenario, directory)) passed++;
        else failed.push({ status: 'failed', fullName: `${scenario} (${version})` });
      }
    }
  }
} finally {
  for (const { stop } of servers) stop();
  rmSync(directory, { recursive: true });
}
const testResults = [{ name: 'scripts/conformance.mjs', status: 'passed', assertionResults: failed }];
const report = { numPassedTests: passed, numFailedTests: failed.length, testResults };
if (process.env.VITEST_JSON_REPORT) writeFileSync(process.env.VITEST_JSON_REPORT, JSON.stringify(report));
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
