import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readSettingFile, reasonOfSettingFile } from '../src/setting-file.js';
import { secretsNow } from '../src/telemetry/secrets.js';
import { bearer, post, postCall } from './support/http.js';
import { DEMO, type Program, run, start } from './support/process.js';

// Setting files of every kind that a path can lead to, and a log whose reader stopped reading.

const folder = mkdtempSync(path.join(tmpdir(), 'settings-'));
const TOKEN = 'setting-file-token-0123456789abcdef0123';
const LIST = { id: 1, method: 'tools/list' };

/** By kind, makes a path of it. */
const KINDS = {
  'a pipe': async (name: string) => {
    execFileSync('mkfifo', [name]);
  },
  'a link to a pipe': async (name: string) => {
    execFileSync('mkfifo', [`${name}-target`]);
    symlinkSync(`${name}-target`, name);
  },
  'a directory': async (name: string) => {
    mkdirSync(name);
  },
  'a device': async (name: string) => symlinkSync('/dev/zero', name),
  'a socket': async (name: string) => {
    const server = createServer().listen(name);
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
  },
  'a huge file': async (name: string) => {
    writeFileSync(name, '');
    truncateSync(name, 2 ** 33);
  },
} as const;
const REASON = /only a regular file will do|larger than 4 MiB/;

let made = 0;
async function buildPath(kind: keyof typeof KINDS): Promise<string> {
  const name = path.join(folder, `f${made++}`);
  await KINDS[kind](name);
  return name;
}

/** The options and variables that name files, and how the program is started with one. */
const SETTINGS: Readonly<Record<string, (file: string) => [string[], Record<string, string>]>> = {
  'a list of tokens': (file) => [['--http', '0', '--profiles', DEMO, '--http-token-file', file], {}],
  'the token of Grafana': (file) => [
    ['call', 'list_services'],
    { GRAFANA_URL: 'http://127.0.0.1:9', GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE: file },
  ],
  'the key that signs': (file) => [
    [
      ...['--http', '0', '--oauth-issuer', 'http://127.0.0.1:9', '--public-url', 'http://127.0.0.1:9/mcp'],
      ...['--grafana-url', 'http://127.0.0.1:9', '--grafana-identity', 'assertion'],
      ...['--grafana-signing-key-file', file],
    ],
    {},
  ],
  'certificate authorities': (file) => [
    ['call', 'list_services'],
    { GRAFANA_URL: 'https://127.0.0.1:9', GRAFANA_SERVICE_ACCOUNT_TOKEN: 'x', GRAFANA_CA_FILE: file },
  ],
};
const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];

describe.skipIf(process.platform === 'win32')('of the wrong kind', () => {
  test.each(kinds.flatMap((kind) => Object.keys(SETTINGS).map((setting) => [kind, setting] as const)))(
    '%s as %s is refused at once',
    async (kind, setting) => {
      const file = await buildPath(kind);
      const [args, env] = SETTINGS[setting]?.(file) ?? [[], {}];
      const { code, stdout, stderr } = await run([...args, '--log-level', 'debug'], { env });
      expect(code).not.toBe(0);
      expect(`${stdout}${stderr}`).toMatch(REASON);
    },
  );

  test.each(kinds)('%s as the list of enabled sources is an error that names the directory', async (kind) => {
    const state = mkdtempSync(path.join(tmpdir(), 'state-'));
    symlinkSync(await buildPath(kind), path.join(state, 'sources.json'));
    const { createEnablementFile } = await import('../src/sources/grafana/enablement.js');
    await expect(createEnablementFile(path.join(state, 'sources.json')).read()).rejects.toThrow(REASON);
  });

  test.each(kinds)('%s holds no secret that the log must hide, and holds up no line', async (kind) => {
    expect(secretsNow(['configured'], [await buildPath(kind)])()).toEqual(['configured']);
  });

  test('a list of tokens that becomes one lets nobody in, and the server goes on', async () => {
    const file = path.join(folder, 'list');
    const [first, second] = [path.join(folder, 'first'), await buildPath('a pipe')];
    writeFileSync(first, TOKEN);
    symlinkSync(first, file);
    const program = await serving(['--http-token-file', file]);
    const status = async () => (await post(program.url, LIST, { headers: bearer(TOKEN) })).status;
    expect(await status()).toBe(200);
    execFileSync('ln', ['-sfn', second, file]);
    expect(await status()).toBe(401);
    execFileSync('ln', ['-sfn', first, file]);
    expect(await status()).toBe(200);
  });
});

test('links to regular files, and links to links, as Kubernetes mounts secrets', async () => {
  const data = path.join(folder, '..data-1');
  mkdirSync(data);
  writeFileSync(path.join(data, 'token'), TOKEN);
  symlinkSync(data, path.join(folder, '..data'));
  symlinkSync(path.join('..data', 'token'), path.join(folder, 'token'));
  expect(await readSettingFile(path.join(folder, 'token'))).toBe(TOKEN);
});

test.skipIf(process.platform === 'win32')(
  'what the shell makes of <(…) is refused with the reason',
  async () => {
    const { code, stderr } = await run(
      ['--http', '0', '--profiles', DEMO, '--http-token-file', '/dev/stdin'],
      {
        input: TOKEN,
      },
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /cannot be read \(it is a (?:pipe, which can be read only once|socket); only a regular file/,
    );
  },
);

test('a file that is gone is an error with its code', async () => {
  const failed = await readSettingFile(path.join(folder, 'gone')).catch(reasonOfSettingFile);
  expect(failed).toBe('ENOENT');
});

async function serving(args: readonly string[]): Promise<Program & { url: string }> {
  const program = start(['--http', '0', '--profiles', DEMO, ...args]);
  onTestFinished(() => void program.child.kill('SIGKILL'));
  const [, url = ''] = await program.seen(/serves MCP at (\S+)/);
  return { ...program, url };
}

test('a dead reader of the log does not end the server', async () => {
  const program = await serving(['--log-level', 'debug']);
  program.child.stderr.destroy();
  for (let call = 0; call < 20; call++) {
    expect((await postCall(program.url, 'list_data_sources')).status).toBe(200);
  }
  program.child.kill('SIGTERM');
  expect(await program.exit).toEqual({ code: 0, signal: null });
});
