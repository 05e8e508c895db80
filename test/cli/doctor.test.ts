import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { redisServer } from '../support/fake-redis.js';
import { cleanEnvironment, DEMO, MAIN, run, startProgram } from '../support/process.js';
import { realRedis, startRedis } from '../support/redis.js';

// `pyroscope-mcp doctor`: one line per finding, and for each that is not well, what to do.

async function doctor(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await run(['doctor', ...args], { env });
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^(?:ok {2}|(?:warn|fail) .* fix: \S)/);
  return { code, stdout, levels: lines.map((line) => line.slice(0, 4).trim()) };
}

/** A server that stands where Pyroscope should. */
async function withServer<T>(answer: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  try {
    return await use(`http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('no source is a failure', async () => {
  const { code, stdout, levels } = await doctor([]);
  expect({ code, levels }).toEqual({ code: 1, levels: ['ok', 'fail'] });
  expect(stdout).toContain('PYROSCOPE_URL');
});

describe('a directory', () => {
  test('of profiles is well', async () => {
    const { code, stdout, levels } = await doctor(['--profiles', DEMO]);
    expect({ code, levels: new Set(levels) }).toEqual({ code: 0, levels: new Set(['ok']) });
    expect(stdout).toContain('2026-11-20T14:01:52Z to 2026-11-20T14:43:08Z');
    expect(stdout).toContain('1 service: checkout-api');
  });

  test('that is not there is a failure', async () => {
    const { code, stdout } = await doctor(['--profiles', 'no-such-directory']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail .*"no-such-directory" cannot be read/m);
  });

  test('without profiles, or with one that cannot be read, is a warning', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'doctor-'));
    try {
      const empty = await doctor(['--profiles', directory]);
      expect(empty.code).toBe(0);
      expect(empty.stdout).toMatch(/^warn .*holds no profiles/m);
      await writeFile(path.join(directory, 'cpu.pb.gz'), 'not a profile');
      const broken = await doctor(['--profiles', directory]);
      expect(broken.code).toBe(0);
      expect(broken.stdout).toMatch(/^warn .*cpu\.pb\.gz/m);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('a server', () => {
  test.each<[string, RequestListener, RegExp]>([
    [
      'that refuses the credentials',
      (_request, response) => response.writeHead(401).end('no'),
      /^fail .*credentials \(HTTP 401\).*fix: .*PYROSCOPE_TOKEN/m,
    ],
    [
      'that is no Pyroscope',
      (_request, response) => response.writeHead(404).end('nothing here'),
      /^fail .*\(HTTP 404\).*fix: .*PYROSCOPE_URL/m,
    ],
    [
      'behind a login page',
      (_request, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Sign in</title></html>'),
      /^fail .*fix: .*(?:login page|proxy)/m,
    ],
    [
      'that is a Grafana, which redirects to its login page',
      (_request, response) => response.writeHead(302, { location: '/login' }).end(),
      /^fail .*fix: The address leads to a login page\. .*set GRAFANA_URL/m,
    ],
    [
      'that fails',
      (_request, response) => response.writeHead(500).end('{"code":"internal","message":"disk full"}'),
      /^fail .*disk full.*fix: Read the server's own log/m,
    ],
  ])('%s', async (_name, answer, line) => {
    const { code, stdout } = await withServer(answer, (url) =>
      doctor(['--pyroscope-url', url], { PYROSCOPE_TOKEN: 'hush-hush', PYROSCOPE_TENANT_ID: 'team-a' }),
    );
    expect(stdout).toMatch(line);
    expect(code).toBe(1);
    expect(stdout).toContain('bearer token, tenant team-a');
    expect(stdout).not.toContain('hush-hush');
  });

  test('that does not answer in time', async () => {
    const { code, stdout } = await withServer(
      () => {},
      (url) => doctor(['--pyroscope-url', url, '--request-timeout', '0.5']),
    );
    expect(stdout).toMatch(/^fail .*did not answer in time.*fix: .*--request-timeout/m);
    expect(code).toBe(1);
  });

  test('that is not there, beside a directory that is well', async () => {
    const { code, stdout } = await doctor(
      ['--profiles', DEMO, '--pyroscope-url', 'http://127.0.0.1:9/prefix'],
      {
        PYROSCOPE_USERNAME: 'reader',
        PYROSCOPE_PASSWORD: 'hush-hush',
      },
    );
    expect(code).toBe(1);
    expect(stdout).toContain('http://127.0.0.1:9/prefix, basic authentication as reader, no tenant');
    expect(stdout).toMatch(/^fail {2}pyroscope: .*cannot be reached/m);
    expect(stdout).toMatch(/^ok .*demo: 1 service/m);
    expect(stdout).not.toContain('hush-hush');
  });

  test('without any data is a warning that thinks of the tenant', async () => {
    const { code, stdout } = await withServer(
      (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
      (url) => doctor(['--pyroscope-url', url]),
    );
    expect(stdout).toMatch(/^warn .*no service sent profiles in the last hour.*fix: .*PYROSCOPE_TENANT_ID/m);
    expect(code).toBe(0);
  });
});

describe('the cache', () => {
  const examine = (env: Record<string, string>) =>
    withServer(
      (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
      (url) => doctor(['--pyroscope-url', url], env),
    );

  test('that is a directory is tried, and nothing is left in it', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'doctor-'));
    const { code, stdout } = await examine({ PYROSCOPE_MCP_CACHE_DIR: directory });
    expect(stdout).toContain(`ok    cache: what is learned is kept in ${directory}`);
    expect(code).toBe(0);
    expect(await readdir(directory, { recursive: true })).toEqual(['schema-2']);
    await rm(directory, { recursive: true });
  });

  test('that cannot be written fails, where it was named', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'doctor-'));
    const file = path.join(directory, 'taken');
    await writeFile(file, '');
    const { code, stdout } = await examine({ PYROSCOPE_MCP_CACHE_DIR: file });
    expect(stdout).toMatch(/^fail {2}cache: .*cannot be kept.*fix: .*PYROSCOPE_MCP_CACHE_DIR/m);
    expect(code).toBe(1);
    await rm(directory, { recursive: true });
  });

  test('that may hold no bytes fails, though an empty file can be made there', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'doctor-'));
    // A limit on the size of files is what a full disk or a quota is to whoever writes.
    const limited = await withServer(
      (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
      async (url) => {
        const program = startProgram(
          'sh',
          ['-c', 'ulimit -f 1 && exec "$0" "$@"', process.execPath, MAIN, 'doctor', '--pyroscope-url', url],
          { env: cleanEnvironment({ PYROSCOPE_MCP_CACHE_DIR: directory }) },
        );
        return { ...(await program.exit), stdout: program.stdout() };
      },
    );
    expect(limited.stdout).toMatch(/^fail {2}cache: .*cannot be kept in .*: .*fix: Make room on its disk/m);
    expect(limited.code).toBe(1);
    expect(await readdir(path.join(directory, 'schema-2'))).toEqual([]);
    await rm(directory, { recursive: true });
  });

  test.each<[string, (value: string) => string | null, RegExp]>([
    ['refuses what has a size', () => null, /OOM command not allowed/],
    ['forgets at once', () => '', /262144 bytes were written and none read/],
    ['gives back something else', (value) => value.slice(1), /262144 bytes were written and 262143 read/],
  ])('that is a server which %s fails', async (_name, kept, expected) => {
    const redis = await redisServer({ kept });
    const { code, stdout } = await examine({ PYROSCOPE_MCP_CACHE_URL: `redis://127.0.0.1:${redis.port}` });
    expect(stdout).toMatch(/^fail {2}cache: the shared cache cannot be used: /m);
    expect(stdout).toMatch(expected);
    expect(code).toBe(1);
  });

  test('that is a server is written and read, and nothing is left in it', async () => {
    const redis = await redisServer();
    const { code, stdout } = await examine({ PYROSCOPE_MCP_CACHE_URL: `redis://127.0.0.1:${redis.port}` });
    expect(stdout).toContain('ok    cache: the shared cache can be written and read');
    expect(code).toBe(0);
    expect([...redis.entries.keys()].filter((key) => key.includes('tried'))).toEqual([]);
  });

  test('that is a server which is not there fails', async () => {
    const { code, stdout } = await examine({ PYROSCOPE_MCP_CACHE_URL: 'redis://u:hush-hush@127.0.0.1:9' });
    expect(stdout).toMatch(
      /^fail {2}cache: the shared cache cannot be used: .*ECONNREFUSED.*fix: .*PYROSCOPE_MCP_CACHE_URL/m,
    );
    expect(stdout).not.toContain('hush-hush');
    expect(code).toBe(1);
  });

  test.skipIf(!realRedis().own)('that is a server is tried; one that hangs fails, too', async () => {
    const redis = await startRedis();
    try {
      const well = await examine({ PYROSCOPE_MCP_CACHE_URL: redis.url });
      expect(well.stdout).toContain('ok    cache: the shared cache can be written and read');
      expect(well.code).toBe(0);
      redis.hang(true);
      const hung = await examine({ PYROSCOPE_MCP_CACHE_URL: redis.url });
      expect(hung.stdout).toMatch(/^fail {2}cache: the shared cache cannot be used: /m);
      expect(hung.code).toBe(1);
    } finally {
      redis.hang(false);
      await redis.close();
    }
  });

  test('is not spoken of where there is nothing to keep', async () => {
    expect((await doctor(['--profiles', DEMO])).stdout).not.toContain('cache:');
  });
});

describe('sign-in', () => {
  const asked = (issuer: string, ...more: string[]) =>
    doctor([
      '--profiles',
      DEMO,
      '--oauth-issuer',
      issuer,
      '--public-url',
      'https://mcp.example.com/mcp',
      ...more,
    ]);
  const provider =
    (metadata: object = {}): RequestListener =>
    ({ url, headers }, response) => {
      const issuer = `http://${headers.host}`;
      const body = url === '/keys' ? { keys: [] } : { issuer, jwks_uri: `${issuer}/keys`, ...metadata };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };

  test('at a provider that answers is well', async () => {
    await withServer(provider(), async (url) => {
      const { code, stdout } = await asked(url);
      expect(code).toBe(0);
      expect(stdout).toContain(`sign-in: ${url} publishes its keys`);
    });
  });

  test('at a provider that names another issuer, or is not there, is a failure', async () => {
    await withServer(provider({ issuer: 'https://other.example' }), async (url) => {
      const { code, stdout } = await asked(url);
      expect(code).toBe(1);
      expect(stdout).toContain('names "https://other.example" as its issuer and not');
    });
    expect((await asked('http://127.0.0.1:9')).stdout).toMatch(/^fail .*sign-in: .*cannot be reached/m);
  });

  test('wants the endpoints that the settings need, and the key that signs', async () => {
    const client = ['--oauth-client-id', 'a', '--oauth-client-secret', 'b', '--oauth-introspection', 'all'];
    await withServer(provider(), async (url) => {
      expect((await asked(url, ...client)).stdout).toContain('names no introspection_endpoint');
      const signing = ['--grafana-url', 'http://127.0.0.1:9', '--grafana-identity', 'assertion'];
      const { stdout } = await asked(url, ...signing, '--grafana-signing-key-file', '/no/such/key');
      expect(stdout).toMatch(/^fail .*sign-in: The file of the signing key cannot be read \(ENOENT\)/m);
    });
  });
});
