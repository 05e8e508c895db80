import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cleanEnvironment, watchProgram } from './process.js';

/** A real Grafana, started from the binary GRAFANA_BIN with the sources of GRAFANA_HOME. */
export interface RunningGrafana {
  readonly url: string;
  /** Asks its API as the administrator. @throws Error where it does not answer with 2xx */
  api(method: string, path: string, body?: object, orgId?: number): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Starts a Grafana with an empty database. @param settings variables such as `GF_AUTH_JWT_ENABLED` */
export async function startRealGrafana(
  binary: string,
  home: string,
  settings: Readonly<Record<string, string>>,
): Promise<RunningGrafana> {
  const directory = mkdtempSync(path.join(tmpdir(), 'grafana-'));
  const port = await findPort();
  const env = cleanEnvironment({
    GF_PATHS_DATA: path.join(directory, 'data'),
    GF_PATHS_LOGS: path.join(directory, 'logs'),
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: String(port),
    GF_SECURITY_ADMIN_PASSWORD: 'admin',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    ...settings,
  });
  const program = watchProgram(spawn(binary, ['server', '--homepath', home], { env, cwd: home }));
  const url = `http://127.0.0.1:${port}`;
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const api: RunningGrafana['api'] = async (method, route, body, orgId) => {
    const organisation = orgId === undefined ? {} : { 'x-grafana-org-id': String(orgId) };
    const response = await fetch(`${url}${route}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', ...organisation },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return Object.fromEntries(Object.entries(Object(JSON.parse(text))));
  };
  const isUp = () =>
    api('GET', '/api/health').then(
      () => true,
      () => false,
    );
  while (!(await isUp())) {
    if (program.child.exitCode !== null) throw new Error(`Grafana does not start:\n${program.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    url,
    api,
    async stop() {
      program.child.kill('SIGKILL');
      await program.exit;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Finds a port that is free now. */
export function findPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
