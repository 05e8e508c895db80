import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listCopies, readStages } from './support/dockerfile.js';
import { filesBelow, ROOT } from './support/packed.js';
import { cleanEnvironment } from './support/process.js';

// The Dockerfile without a container engine: that what it names exists and what it promises is written in it.
// Its steps are run for real in test/installed/.

const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');
const stages = readStages();
const [build, final] = stages;
const of = (keyword: string) =>
  (final?.instructions ?? [])
    .filter((instruction) => instruction.keyword === keyword)
    .map(({ text }) => text);

describe('the Dockerfile', () => {
  const copied = stages.flatMap(listCopies).filter(({ stage }) => stage === null);

  test('has a stage that builds and one that runs', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', null]);
  });

  test.each(copied.flatMap(({ sources }) => sources))(
    'copies %s, which exists and is let through',
    (source) => {
      expect(existsSync(path.join(ROOT, source))).toBe(true);
      expect(read('.dockerignore').split('\n')).toContain(`!${source}`);
    },
  );

  test('.dockerignore lets nothing else through', () => {
    const lines = read('.dockerignore')
      .split('\n')
      .filter((line) => /^[^#]/.test(line));
    const sources = new Set(copied.flatMap((copy) => copy.sources));
    expect(lines[0]).toBe('*');
    expect(
      lines
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1))
        .sort(),
    ).toEqual([...sources].sort());
  });

  test('every stage has one Node, new enough for engines', () => {
    const { engines } = z
      .object({ engines: z.object({ node: z.string() }) })
      .parse(JSON.parse(read('package.json')));
    const [, floor = ''] = /^>=(\d+)\./.exec(engines.node) ?? [];
    const majors = stages.map(({ image }) => Number(/^node:(\d+)-/.exec(image)?.[1]));
    expect(new Set(majors).size).toBe(1);
    // From the next major on every version will do.
    expect(majors[0]).toBeGreaterThan(Number(floor));
  });

  test('runs as a user without rights, from what the build stage bundled', () => {
    expect(of('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
    expect(
      (build?.instructions ?? []).filter(({ keyword }) => keyword === 'RUN').map(({ text }) => text),
    ).toEqual(['npm ci', 'npm run build']);
    expect(of('RUN')).toEqual([]);
  });

  test('starts what package.json names as the program', () => {
    const { bin } = z
      .object({ bin: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    expect(of('ENTRYPOINT')).toEqual([`["node", "/app/${bin['pyroscope-mcp']}"]`]);
  });

  test('may change the C library: the bundle has no compiled code', () => {
    const kinds = new Set(filesBelow('bundle').map((name) => path.extname(name)));
    expect([...kinds].sort()).toEqual(['.cjs', '.html', '.js', '.json', '.map', '.txt', '.wasm']);
  });
});

describe('the health check', () => {
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? status : 404).end();
  });
  const listening = new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  afterAll(() => server.close());

  const check = (env: Record<string, string>) =>
    new Promise<number>((resolve) => {
      execFile(
        process.execPath,
        [path.join(ROOT, 'docker/healthcheck.mjs')],
        { env: cleanEnvironment(env) },
        (error) => resolve(typeof error?.code === 'number' ? error.code : 0),
      );
    });

  test.each([
    ['healthy while the server answers', 200, 0],
    ['unhealthy once it does not', 500, 1],
  ])('is %s', async (_name, answered, code) => {
    status = answered;
    expect(await check({ PYROSCOPE_MCP_HTTP: `0.0.0.0:${await listening}` })).toBe(code);
  });

  test('is unhealthy where nothing listens at the address that is set', async () => {
    // No server listens at port 1 of loopback.
    expect(await check({ PYROSCOPE_MCP_HTTP: '0.0.0.0:1' })).toBe(1);
  });
});
