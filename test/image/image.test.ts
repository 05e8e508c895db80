import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TOOLS } from '../../src/tools/index.js';
import { connectHttp, connectTo } from '../support/clients.js';
import { ROOT } from '../support/packed.js';

// The image itself: built from the Dockerfile over Debian's packages (scripts/image.sh), started without
// rights on a read-only root, and asked over stdio and HTTP.

const IMAGE = 'localhost/pyroscope-mcp';
const TOKEN = 'a-token-of-this-test-0123456789abcdef';
/** Bytes; Node and its libraries take 110 MB of them. */
const MAX_SIZE = 170e6;

const store =
  process.env.IMAGE_STORE ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'pyroscope-mcp-image');

const options = ['--root', path.join(store, 'images'), '--runroot', path.join(store, 'run')];

const hasImage = (name: string) =>
  spawnSync('buildah', [...options, 'inspect', '--type', 'image', name]).status === 0;

const runScript = (step: string) =>
  promisify(execFile)('sh', [path.join(ROOT, 'scripts/image.sh'), step], {
    env: { ...process.env, IMAGE_STORE: store },
    maxBuffer: 2 ** 28,
  });

/** Reason why no image can be built here; null where it can. */
function findObstacle(): string | null {
  if (process.getuid?.() !== 0) return 'only root builds images this way';
  const missing = ['buildah', 'podman', 'runc', 'debootstrap'].filter(
    (tool) => spawnSync(tool, ['--version']).error !== undefined,
  );
  return missing.length === 0 ? null : `apt-get install ${missing.join(' ')}`;
}

/** Makes the base images where they are missing; says why that fails, such as a registry out of reach. */
async function makeBase(): Promise<string | null> {
  if (hasImage('localhost/debian-node:run')) return null;
  try {
    await runScript('base');
    return null;
  } catch (error) {
    return `no base: ${String(error).split('\n').at(-2) ?? error}`;
  }
}

const obstacle = findObstacle() ?? (await makeBase());
if (obstacle !== null) console.log(`The image is not tried: ${obstacle}`);

const podman = [...options, '--cgroup-manager', 'cgroupfs', '--events-backend', 'none', '--runtime', 'runc'];
/** As in a cluster: nothing can be written; the limits suit machines that may not raise theirs. */
const RUN = [
  'run',
  ...['--rm', '--read-only', '--tmpfs', '/tmp', '--network', 'host', '--cap-drop', 'all', '--no-healthcheck'],
  ...['--security-opt', 'no-new-privileges', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'],
];

const engine = async (args: readonly string[]) =>
  (await promisify(execFile)('podman', [...podman, ...args], { maxBuffer: 2 ** 26 })).stdout;

const configSchema = z.tuple([
  z.object({
    Size: z.number(),
    User: z.string(),
    Labels: z.record(z.string(), z.string()),
    Config: z.object({ Env: z.array(z.string()) }),
    Healthcheck: z.object({ Test: z.array(z.string()) }).optional(),
  }),
]);

function findPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

describe.skipIf(obstacle !== null)('the image', () => {
  const container = `pyroscope-mcp-test-${process.pid}`;
  let port = 0;

  beforeAll(async () => {
    await runScript('build');
    port = await findPort();
    await engine([
      ...RUN,
      ...['--detach', '--name', container],
      ...['--env', `PYROSCOPE_MCP_HTTP=127.0.0.1:${port}`, '--env', `PYROSCOPE_MCP_HTTP_TOKENS=${TOKEN}`],
      ...['--env', 'PYROSCOPE_MCP_CACHE_DIR=none', IMAGE, '--profiles', '/app/fixtures/demo'],
    ]);
  });
  afterAll(() => engine(['stop', '--time', '30', container]).catch(() => undefined));

  const inside = (...command: string[]) => engine(['exec', container, ...command]);
  const evaluate = async (expression: string) => (await inside('node', '-p', expression)).trim();

  test('is small, and says who it is', async () => {
    const [image] = configSchema.parse(JSON.parse(await engine(['image', 'inspect', IMAGE])));
    console.log(`The image has ${(image.Size / 1e6).toFixed(1)} MB.`);
    expect(image.Size).toBeLessThan(MAX_SIZE);
    expect(image.User).toBe('1000:1000');
    expect(image.Labels['io.modelcontextprotocol.server.name']).toMatch(/\/pyroscope-mcp$/);
  });

  test('becomes healthy by its own check', async () => {
    const [{ Healthcheck }] = configSchema.parse(JSON.parse(await engine(['image', 'inspect', IMAGE])));
    const [kind, ...command] = Healthcheck?.Test ?? [];
    expect(kind).toBe('CMD');
    await expect.poll(() => inside(...command).then(() => 'healthy'), { timeout: 30_000 }).toBe('healthy');
  });

  test('runs without rights on a root that cannot be written', async () => {
    expect(await evaluate('[process.getuid(), process.getgid()].join()')).toBe('1000,1000');
    expect(await evaluate("fs.readFileSync('/proc/self/status', 'utf8').match(/CapEff:\\t(.*)/)[1]")).toMatch(
      /^0+$/,
    );
    expect(
      await evaluate(
        "(() => { try { fs.writeFileSync('/app/x', ''); } catch (error) { return error.code; } })()",
      ),
    ).toBe('EROFS');
  });

  test('answers over HTTP to those with a token', async () => {
    const url = `http://127.0.0.1:${port}/mcp`;
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
    const client = await connectHttp('modern era', url, (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('Authorization', `Bearer ${TOKEN}`);
      return fetch(input, { ...init, headers });
    });
    try {
      expect((await client.listTools()).map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
      const { text } = await client.callTool('investigate', {
        service: 'checkout-api',
        from: '2026-11-20T14:30:00Z',
        to: '2026-11-20T14:45:00Z',
      });
      expect(text).toContain('Verdict: CODE REGRESSION');
    } finally {
      await client.close();
    }
  });

  test('answers over stdio', async () => {
    const client = await connectTo({
      command: 'podman',
      args: [...podman, ...RUN, '--interactive', IMAGE, '--profiles', '/app/fixtures/demo'],
      env: { PATH: process.env.PATH ?? '' },
    });
    try {
      expect((await client.callTool('list_services', {})).text).toContain('checkout-api');
    } finally {
      await client.close();
    }
  });

  test('ends when it is asked to', async () => {
    const { stderr } = spawnSync('podman', [...podman, 'stop', '--time', '30', container], {
      encoding: 'utf8',
    });
    // A program that must be killed is named here.
    expect(stderr).not.toMatch(/SIGKILL/);
    await expect(inside('node', '-v')).rejects.toThrow();
  });
});

test.skipIf(obstacle === null)(`where no image can be built, that is said (${obstacle})`, () => {
  expect(obstacle).not.toBe('');
});
