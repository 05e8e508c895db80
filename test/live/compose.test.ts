import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { connectHttp } from '../support/clients.js';
import { ROOT } from '../support/packed.js';
import { cleanEnvironment, start, startProgram } from '../support/process.js';
import { freePort, startServer } from '../support/pyroscope.js';

// The services of compose.yaml as processes, each with the command and environment that stand there; only
// paths of the container and names between containers are replaced. Grafana runs where GRAFANA_BIN names its
// program and GRAFANA_HOME its folder; without it the server asks Pyroscope itself. Prometheus runs where
// PROMETHEUS_BIN names its program.

const program = process.env.PYROSCOPE_BIN;
const grafana = process.env.GRAFANA_BIN;
const grafanaHome = process.env.GRAFANA_HOME;
const prometheus = process.env.PROMETHEUS_BIN;
if (!program) console.warn('The services of compose.yaml are not started: set PYROSCOPE_BIN to run them.');

const serviceSchema = z.object({
  command: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
});
const { services } = z
  .object({
    services: z.object({
      pyroscope: serviceSchema,
      grafana: serviceSchema,
      prometheus: serviceSchema,
      'demo-app': serviceSchema,
      'pyroscope-mcp': serviceSchema,
    }),
  })
  .parse(parse(readFileSync(path.join(ROOT, 'compose.yaml'), 'utf8')));

const data = mkdtempSync(path.join(tmpdir(), 'compose-'));
const running: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of running.reverse()) await stop();
  await rm(data, { recursive: true, force: true });
});

const kill = (child: ChildProcess) =>
  new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });

/** Starts Grafana with the files that compose.yaml mounts; answers with its address. */
async function startGrafana(binary: string, home: string, pyroscope: string): Promise<string> {
  const provisioning = path.join(data, 'provisioning');
  cpSync(path.join(ROOT, 'docker/provisioning'), provisioning, { recursive: true });
  mkdirSync(path.join(provisioning, 'plugins'));
  mkdirSync(path.join(provisioning, 'alerting'));
  for (const [file, from, to] of [
    ['datasources/pyroscope.yaml', 'http://pyroscope:4040', pyroscope],
    ['dashboards/files.yaml', '/etc/grafana/dashboards', path.join(ROOT, 'docker/dashboards')],
  ] as const) {
    const text = readFileSync(path.join(provisioning, file), 'utf8');
    expect(text).toContain(from);
    writeFileSync(path.join(provisioning, file), text.replaceAll(from, to));
  }
  const port = await freePort();
  const child = spawn(binary, ['server', '--homepath', home], {
    stdio: 'ignore',
    env: {
      ...cleanEnvironment(services.grafana.environment),
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(port),
      GF_PATHS_DATA: path.join(data, 'grafana'),
      GF_PATHS_LOGS: path.join(data, 'grafana-log'),
      GF_PATHS_PLUGINS: path.join(data, 'grafana-plugins'),
      GF_PATHS_PROVISIONING: provisioning,
    },
  });
  running.push(() => kill(child));
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(() => fetch(`${url}/api/health`).then(({ status }) => status), { timeout: 120_000 })
    .toBe(200);
  return url;
}

/** Starts Prometheus with the file that compose.yaml mounts; answers with its address. */
async function startPrometheus(binary: string, target: string): Promise<string> {
  const file = path.join(data, 'prometheus.yml');
  const text = readFileSync(path.join(ROOT, 'docker/prometheus.yml'), 'utf8');
  expect(text).toContain('pyroscope-mcp:8080');
  // The interval of a demo is too long for a test.
  writeFileSync(file, text.replace('pyroscope-mcp:8080', target).replace('10s', '1s'));
  const port = await freePort();
  const { command } = services.prometheus;
  const child = spawn(
    binary,
    [
      ...command.map((flag) => flag.replace('/etc/prometheus/prometheus.yml', file)),
      `--storage.tsdb.path=${path.join(data, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore', env: cleanEnvironment() },
  );
  running.push(() => kill(child));
  return `http://127.0.0.1:${port}`;
}

test.runIf(program)(
  'the services of compose.yaml work together, and the call of its page finds the incident',
  async () => {
    const flags = services.pyroscope.command.map((flag) => flag.replace('=/data/', `=${data}/pyroscope/`));
    const pyroscope = await startServer(program ?? '', flags);
    running.push(pyroscope.stop);

    const demo = services['demo-app'];
    const [command = '', script = ''] = demo.entrypoint;
    const demoApp = startProgram(command, [script.replace('/app/', `${ROOT}/`)], {
      env: cleanEnvironment({ ...demo.environment, PYROSCOPE_URL: pyroscope.url }),
    });
    running.push(async () => demoApp.child.kill('SIGKILL'));
    await demoApp.seen(/has an incident since/);

    const server = services['pyroscope-mcp'];
    const { GRAFANA_URL, GRAFANA_USERNAME = '', GRAFANA_PASSWORD = '', ...settings } = server.environment;
    expect(GRAFANA_URL).toBe('http://grafana:3000');
    const source =
      grafana && grafanaHome
        ? {
            GRAFANA_URL: await startGrafana(grafana, grafanaHome, pyroscope.url),
            GRAFANA_USERNAME,
            GRAFANA_PASSWORD,
          }
        : { PYROSCOPE_URL: pyroscope.url };
    const port = await freePort();
    const mcp = start(
      server.command.map((argument) => argument.replace('0.0.0.0:8080', `127.0.0.1:${port}`)),
      { ...settings, ...source, PYROSCOPE_MCP_CACHE_DIR: path.join(data, 'cache') },
    );
    running.push(async () => {
      mcp.child.kill('SIGTERM');
      await mcp.exit;
    });
    await mcp.seen(/serves MCP at/);

    const client = await connectHttp('modern era', `http://127.0.0.1:${port}/mcp`, (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('Authorization', `Bearer ${settings.PYROSCOPE_MCP_HTTP_TOKENS}`);
      return fetch(input, { ...init, headers });
    });
    try {
      const page = readFileSync(path.join(ROOT, 'docs/operate/containers.md'), 'utf8');
      const [, documented = ''] = /call investigate '(.*)'/.exec(page) ?? [];
      const { text, isError } = await client.callTool('investigate', JSON.parse(documented));
      expect(isError, text).toBe(false);
      expect(text).toContain('Verdict: CODE REGRESSION');
      expect(text).toContain('1. northwind.dev/checkout/coupon.loadPattern');
      if (grafana && grafanaHome) {
        // The dashboard that compose.yaml mounts was provisioned, and is learned from.
        const patterns = await client.callTool('find_query_patterns', {});
        expect(patterns.text).toContain('Services under test');
      }
      if (prometheus) {
        const url = await startPrometheus(prometheus, `127.0.0.1:${port}`);
        const query = `${url}/api/v1/query?query=pyroscope_mcp_calls_total`;
        await expect
          .poll(() => fetch(query).then((response) => response.text(), String), { timeout: 60_000 })
          .toContain('"tool":"investigate"');
      }
    } finally {
      await client.close();
    }
  },
  300_000,
);
