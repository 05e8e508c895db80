import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { startGrafanaServer, type TestGrafana, VIEWER_TOKEN } from '../support/grafana-server.js';
import { cleanEnvironment, MAIN, run, start } from '../support/process.js';
import { startPyroscopeServer, type TestPyroscope } from '../support/pyroscope-server.js';

// The built program with a configuration file: two Grafanas and a Pyroscope in one server.

let pyroscope: TestPyroscope;
let first: TestGrafana;
let second: TestGrafana;
let file: string;
beforeEach(async () => {
  pyroscope = await startPyroscopeServer(demoSource());
  const dataSources = [{ uid: 'pyro', name: 'Pyroscope', url: pyroscope.url }];
  first = await startGrafanaServer({ dataSources });
  second = await startGrafanaServer({ dataSources });
  const directory = mkdtempSync(path.join(tmpdir(), 'config-'));
  file = path.join(directory, 'config.yaml');
  writeFileSync(path.join(directory, 'token'), `${VIEWER_TOKEN}\n`);
  writeFileSync(
    file,
    `cache-dir: none
state-dir: state
stores:
  prod: { grafana: "${first.url}", token: { env: PROD_TOKEN } }
  stage: { grafana: "${second.url}", token: { file: token } }
  edge: { pyroscope: "${pyroscope.url}" }
`,
  );
});
afterEach(() => Promise.all([pyroscope, first, second].map((server) => server.close())));

const environment = () => ({ PYROSCOPE_MCP_CONFIG: file, PROD_TOKEN: VIEWER_TOKEN });

async function program(...args: string[]) {
  const result = await run(args, { env: environment() });
  expect(result.stdout + result.stderr).not.toContain(VIEWER_TOKEN);
  return result;
}

test('sources are enabled by store, and the doctor looks at each', async () => {
  expect((await program('sources')).stdout.trimEnd().split('\n')).toEqual([
    'prod/Pyroscope  uid prod/pyro  grafana  disabled  enable: pyroscope-mcp sources enable prod/pyro',
    'stage/Pyroscope  uid stage/pyro  grafana  disabled  enable: pyroscope-mcp sources enable stage/pyro',
    'edge  uid edge  pyroscope  enabled  (default)',
  ]);
  expect(await program('sources', 'enable', 'pyro')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Name the store, too: prod/pyro or stage/pyro.'),
  });
  expect(await program('sources', 'enable', 'edge/pyro')).toMatchObject({ code: 2 });
  expect(await program('sources', 'enable', 'stage/pyro')).toMatchObject({ code: 0 });
  expect((await program('sources')).stdout).toMatch(/^stage\/Pyroscope .* enabled {2}\(default\)$/m);

  await first.close();
  const doctor = await program('doctor');
  expect(doctor.code).toBe(1);
  const lines = doctor.stdout.split('\n');
  expect(lines.filter((line) => line.startsWith('fail'))).toEqual([expect.stringMatching(/^fail {2}prod: /)]);
  expect(doctor.stdout).toMatch(/^ok {4}stage: stage\/Pyroscope .*healthy/m);
  expect(doctor.stdout).toMatch(/^ok {4}edge: answers/m);
});

test.each(['stdio', 'http'] as const)(
  'over %s a call names the store, and one that is down stops no other',
  async (kind) => {
    await program('sources', 'enable', 'stage/pyro', 'prod/pyro');
    const client = new Client({ name: 'test', version: '1' });
    const command = { command: process.execPath, args: [MAIN], env: cleanEnvironment(environment()) };
    await client.connect(
      kind === 'stdio' ? new StdioClientTransport(command) : new StreamableHTTPClientTransport(await serve()),
    );
    onTestFinished(() => client.close());
    const ask = async (source?: string) => {
      const result = await client.callTool({
        name: 'summarize_profile',
        arguments: {
          ...INCIDENT_WINDOW,
          service: 'checkout-api',
          ...(source === undefined ? {} : { source }),
        },
      });
      return JSON.stringify(result.content);
    };
    for (const source of ['prod/pyro', 'stage/Pyroscope', 'edge'])
      expect(await ask(source)).toContain('checkout-api');
    expect(second.requests.log.some(({ name }) => name.startsWith('proxy'))).toBe(true);
    await first.close();
    expect(await ask('edge')).toContain('checkout-api');
    expect(await ask('stage')).toContain('checkout-api');
  },
);

async function serve(): Promise<URL> {
  const server = start(['--http', '0'], environment());
  onTestFinished(() => void server.child.kill('SIGKILL'));
  const [, url = ''] = await server.seen(/serves MCP at (\S+)/);
  return new URL(url);
}

test('a mistake in the file ends the start with its line', async () => {
  writeFileSync(file, 'stores:\n  prod:\n    grafna: https://grafana.example.com\n');
  const { code, stdout, stderr } = await run(['--config', file, 'sources']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(
    `pyroscope-mcp: ${file}:3: there is no key "stores.prod.grafna". Did you mean "grafana"?\n`,
  );
});

test('a flag of a single store is refused next to the stores of the file', async () => {
  const { code, stderr } = await run(['--pyroscope-url', pyroscope.url, 'sources'], { env: environment() });
  expect(code).toBe(2);
  expect(stderr).toContain('--pyroscope-url configures a single store, and');
});
