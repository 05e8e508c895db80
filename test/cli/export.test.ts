import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { decodePprof } from '../../src/profile/pprof/pprof.js';
import { fixture, INCIDENT_WINDOW } from '../support/ask.js';
import { pgoProgram } from '../support/pgo.js';
import { DEMO, run } from '../support/process.js';
import { speedscopeProblems } from '../support/speedscope-schema.js';

// Exported files on the command line, and what the tools of Go say to them.

const TIMES = ['--from', INCIDENT_WINDOW.from, '--to', INCIDENT_WINDOW.to];
const checkout = [
  'export',
  '--profiles',
  DEMO,
  '--service',
  'checkout-api',
  '--profile-type',
  'cpu',
  ...TIMES,
];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'export-'));
  const made = folder;
  onTestFinished(() => rm(made, { recursive: true, force: true }));
});
const at = (name: string) => path.join(folder, name);

describe('a file', () => {
  test('is written in the format of its ending, and the first line says what it holds', async () => {
    const pprof = await run([...checkout, '--output', at('a.pb.gz')]);
    expect(pprof.stderr).toBe('');
    expect(pprof.code).toBe(0);
    expect(pprof.stdout).toMatch(
      /^Wrote .*a\.pb\.gz \([\d.]+ KiB\): \d+ stacks of cpu, total 4\.2 s; \{service_name="checkout-api"\}, 2026-11-20T14:30:00Z to 2026-11-20T14:45:00Z, source demo\n$/,
    );
    expect(decodePprof(gunzipSync(await readFile(at('a.pb.gz')))).samples.values.length).toBeGreaterThan(100);
    await run([...checkout, '--output', at('a.json')]);
    expect(speedscopeProblems(JSON.parse(await readFile(at('a.json'), 'utf8')))).toEqual([]);
    await run([...checkout, '--output', at('a.folded')]);
    expect(await readFile(at('a.folded'), 'utf8')).toMatch(/^(?:[^;\s]+;)*[^;\s]+ \d+\n/);
  });

  test('that exists is replaced only with --force, whole', async () => {
    await writeFile(at('a.pb.gz'), 'mine');
    const refused = await run([...checkout, '--output', at('a.pb.gz')]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/The file ".*a\.pb\.gz" exists\.\nNext: .*--force/);
    expect(await readFile(at('a.pb.gz'), 'utf8')).toBe('mine');
    await symlink('a.pb.gz', at('link.pb.gz'));
    expect((await run([...checkout, '--output', at('link.pb.gz')])).code).toBe(1);
    const forced = await run([...checkout, '--output', at('link.pb.gz'), '--force']);
    expect(forced.code).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['a.pb.gz', 'link.pb.gz']);
    decodePprof(gunzipSync(await readFile(at('a.pb.gz'))));
  });

  test.each<[string, () => Promise<string>, RegExp]>([
    [
      'in a folder that is not there',
      async () => at('nope/a.pb.gz'),
      /cannot be written: there is no such folder/,
    ],
    ['that is a folder', async () => folder, /cannot be written: it is not a regular file/],
    ['that is a device', async () => '/dev/null', /cannot be written: it is not a regular file/],
  ])('%s is refused', async (_what, name, message) => {
    const file = await name();
    const { code, stderr } = await run([...checkout, '--format', 'pprof', '--force', '--output', file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  test.skipIf(process.getuid?.() === 0)('in a folder without permission is refused', async () => {
    await chmod(folder, 0o500);
    const { code, stderr } = await run([...checkout, '--output', at('a.pb.gz')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be written: EACCES')]);
  });

  test('is not written where there is no data, and the reason is told', async () => {
    const { code, stderr, stdout } = await run([
      'export',
      '--profiles',
      DEMO,
      '--service',
      'chekout-api',
      '--output',
      at('a.pb.gz'),
    ]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /There is nothing to export: No service "chekout-api"[\s\S]*Next: There is: checkout-api/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('that cannot be meant is exit code 2', async () => {
    const { code, stderr } = await run(['export', '--profiles', DEMO, '--output', at('a.svg')]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('does not say which format is wanted')]);
  });
});

test('the standard output gets the bytes alone', async () => {
  const piped = await run([...checkout, '--output', '-', '--format', 'collapsed']);
  expect(piped.code).toBe(0);
  await run([...checkout, '--output', at('a.folded')]);
  expect(piped.stdout).toBe(await readFile(at('a.folded'), 'utf8'));
  expect(piped.stderr).toMatch(/^\d+ stacks of cpu, total 4\.2 s; /);
});

const hasGo = spawnSync('go', ['version']).status === 0;
if (!hasGo) console.warn('Tests with the tools of Go are skipped: install Go.');
/** Go without the network, and with the caches of this machine. */
const go = (args: string[], cwd: string) => {
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  const { status, stdout, stderr } = spawnSync('go', args, { cwd, env, encoding: 'utf8' });
  return { status, stdout, stderr };
};

describe.skipIf(!hasGo)('the tools of Go', () => {
  test('take the file as it is, and show the numbers of our own answers', async () => {
    await run([...checkout, '--output', at('a.pb.gz')]);
    const { stdout, stderr } = go(
      [
        'tool',
        'pprof',
        '-top',
        '-unit=ms',
        '-nodecount=0',
        '-nodefraction=0',
        '-edgefraction=0',
        at('a.pb.gz'),
      ],
      folder,
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /File: checkout-api\n[\s\S]*Type: cpu\nTime: 2026-11-20 14:30:00 UTC\nDuration: 900s/,
    );
    const answer = await run([
      'call',
      'query_profile',
      '--profiles',
      DEMO,
      '--format',
      'json',
      JSON.stringify({ service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW, limit: 20 }),
    ]);
    const { top_functions: functions } = JSON.parse(answer.stdout);
    expect(functions).toHaveLength(20);
    for (const { function: name, self, total } of functions) {
      expect(stdout).toMatch(
        new RegExp(` ${self / 1e6}ms +[\\d.]+% +[\\d.]+% +${total / 1e6}ms +[\\d.]+% +${escaped(name)}`),
      );
    }
  });

  test('compile with a profile for optimisation as with the one that the program wrote', {
    timeout: 300_000,
  }, async () => {
    const directory = await pgoProgram();
    const written = await run([
      'export',
      '--profiles',
      directory,
      '--service',
      'hot',
      '--pgo',
      '--output',
      at('default.pgo'),
    ]);
    expect(written.code).toBe(0);
    const build = (profile: string) => {
      const flags = [`-pgo=${profile}`, '-gcflags=example.com/hot=-d=pgodebug=1', '-o', at('program')];
      const { status, stderr } = go(['build', ...flags, '.'], fixture('pgo'));
      expect([status, stderr]).toEqual([0, expect.stringContaining('hot-node enabled')]);
      return [...new Set(stderr.split('\n'))].sort();
    };
    const decisions = build(at('default.pgo'));
    expect(decisions.join('\n')).toContain('allows inlining for call main.(*table).step');
    expect(decisions).toEqual(build(fixture('pgo', 'cpu.pb.gz')));
  });
});

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
