import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { fixture, INCIDENT_WINDOW } from '../support/ask.js';
import { cleanEnvironment, DEMO, MAIN, run } from '../support/process.js';
import { ROOT } from '../support/root.js';

// The gate on the command line: outcome, forms and exit codes.

const TIMES = ['--from', INCIDENT_WINDOW.from, '--to', INCIDENT_WINDOW.to];
const checkout = ['gate', '--profiles', DEMO, '--service', 'checkout-api', ...TIMES];
const calm = [
  'gate',
  '--profiles',
  fixture('incidents', '10-georouting-check'),
  '--service',
  'geo-routing',
  ...TIMES,
];
const canary = [
  'gate',
  '--profiles',
  fixture('incidents', '08-auth-cpu'),
  '--service',
  'auth-gateway',
  ...TIMES,
];
const versions = ['--version', '3.8.0', '--baseline-version', '3.7.2'];

describe('exit codes', () => {
  test.each<[string, string[], number, RegExp]>([
    ['a regression', checkout, 3, /FOUND: code regression \(exit code 3\)[\s\S]*coupon\.loadPattern/],
    ['a regression of one version', [...canary, ...versions], 3, /FOUND: code regression[\s\S]*\.derive/],
    [
      'the other way round nothing is dearer',
      [
        ...canary,
        '--version',
        '3.7.2',
        '--baseline-version',
        '3.8.0',
        '--min-share',
        '40',
        '--fail-on',
        'leak',
      ],
      4,
      /CANNOT SAY: leak[\s\S]*not looked for/,
    ],
    [
      'nothing that is looked for',
      [...checkout, '--fail-on', 'leak'],
      0,
      /NOTHING FOUND: no leak[\s\S]*Does not close the gate: .*loadPattern/,
    ],
    ['nothing, as far as samples suffice', [...calm, '--min-share', '25'], 0, /NOTHING FOUND/],
    ['nothing, and too few samples', calm, 4, /CANNOT SAY: code regression[\s\S]*too few samples of cpu/],
    [
      'a version that has not come',
      [...canary, '--version', '9', '--baseline-version', '3.7.2'],
      4,
      /no profiles on the judged side/,
    ],
    [
      'versions that nobody has',
      [...canary, '--version', '9', '--baseline-version', '8'],
      4,
      /version is 3\.7\.2, 3\.8\.0/,
    ],
    [
      'a service that is not there',
      ['gate', '--profiles', DEMO, '--service', 'chekout-api', ...TIMES],
      4,
      /No service "chekout-api"/,
    ],
  ])('%s', async (_, argv, code, expected) => {
    const { stdout, ...exit } = await run(argv);
    expect(exit).toMatchObject({ code, stderr: '' });
    expect(stdout).toMatch(expected);
  });

  test.each<[string, string[], number, string]>([
    [
      'a mistake in a time',
      ['gate', '--profiles', DEMO, '--service', 'a', '--from', 'yesterday'],
      2,
      '`from` "yesterday" is not a time.',
    ],
    ['a mistake in a selector', [...checkout, '--selector', '{a'], 2, 'selector'],
    ['one in the other selector', [...checkout, '--baseline-selector', '{a'], 2, 'selector'],
    ['no service', ['gate', '--profiles', DEMO], 2, 'gate needs --service.'],
    ['no source', ['gate', '--service', 'a'], 2, 'No data source is configured.'],
    [
      'a store that does not answer',
      ['gate', '--pyroscope-url', 'http://127.0.0.1:9', '--service', 'a'],
      1,
      'cannot be reached',
    ],
  ])('%s', async (_, argv, code, expected) => {
    const { stdout, stderr, ...exit } = await run(argv);
    expect(exit).toEqual({ code, signal: null });
    expect(stdout).toBe('');
    expect(stderr).toContain(expected);
  });

  test('no secret is printed where a request fails', async () => {
    const env = { PYROSCOPE_URL: 'http://127.0.0.1:9', PYROSCOPE_TOKEN: 'hunter2-s3cr3t' };
    const { stdout, stderr } = await run(['gate', '--service', 'a', '--log-level', 'debug'], { env });
    expect(stdout + stderr).not.toContain('hunter2');
  });
});

test.each(['text', 'json', 'markdown', 'junit'])('the whole answer as %s', async (format) => {
  const { code, stdout } = await run([...checkout, '--format', format]);
  expect(code).toBe(3);
  await expect(stdout).toMatchFileSnapshot(`../answers/gate.01-${format}.txt`);
});

test('the JSON has the fields of other answers', async () => {
  const { stdout } = await run([...calm, '--format', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: 'unknown',
    exit_code: 4,
    scope: { service: 'geo-routing', from: INCIDENT_WINDOW.from },
    baseline: { chosen_by: 'server' },
    verdict: 'no_change',
    findings: [],
    needed_window: { growth: 0.02, seconds: expect.any(Number) },
  });
});

test('a window that has ended is not waited for', async () => {
  expect(await run([...calm, '--wait', '1h'])).toMatchObject({ code: 4, stderr: '' });
});

describe('docs/use/gate.md', async () => {
  const text = await readFile(path.join(ROOT, 'docs', 'use', 'gate.md'), 'utf8');
  const [actions, template, rollout] = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml = '']) =>
    parse(yaml),
  );

  /** Runs a script of the page where `pyroscope-mcp` is ours. */
  async function runScript(script: string, env: Record<string, string>) {
    const bin = await mkdtemp(path.join(tmpdir(), 'gate-'));
    await writeFile(
      path.join(bin, 'npx'),
      `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${MAIN}" "$@"\n`,
      { mode: 0o755 },
    );
    const summary = path.join(bin, 'summary.md');
    const cwd = { ...cleanEnvironment(env), GITHUB_STEP_SUMMARY: summary };
    const code = await new Promise<number>((resolve) => {
      execFile('sh', ['-c', script], { env: { ...cwd, PATH: `${bin}:${process.env.PATH}` } }, (error) =>
        resolve(error === null ? 0 : Number(error.code)),
      );
    });
    return { code, summary: await readFile(summary, 'utf8').catch(() => '') };
  }

  test.each<[string, string, string, number, string]>([
    ['closes for a regression', DEMO, 'checkout-api', 3, '### ❌ checkout-api'],
    [
      'goes on where it cannot say',
      fixture('incidents', '10-georouting-check'),
      'geo-routing',
      0,
      '### ❔ geo-routing',
    ],
  ])('the script for GitHub Actions %s', async (_, profiles, service, code, expected) => {
    const { run: script } = z
      .object({ jobs: z.object({ profiles: z.object({ steps: z.tuple([z.object({ run: z.string() })]) }) }) })
      .parse(actions).jobs.profiles.steps[0];
    // The window of the page ends now; that of the fixture is long over.
    const ours = script.replace('checkout-api', service).replace('--wait 20m', `--to ${INCIDENT_WINDOW.to}`);
    const done = await runScript(ours, { PROFILES_DIR: profiles, DEPLOYED_AT: INCIDENT_WINDOW.from });
    expect(done.code).toBe(code);
    expect(done.summary).toContain(expected);
  });

  const containers = z.object({
    spec: z.object({
      args: z.array(z.object({ name: z.string() })),
      metrics: z.tuple([
        z.object({
          provider: z.object({
            job: z.object({
              spec: z.object({
                backoffLimit: z.literal(0),
                template: z.object({
                  spec: z.object({
                    restartPolicy: z.literal('Never'),
                    containers: z.tuple([
                      z.object({
                        command: z.tuple([z.literal('sh'), z.literal('-c')]),
                        args: z.tuple([z.string()]),
                      }),
                    ]),
                  }),
                }),
              }),
            }),
          }),
        }),
      ]),
    }),
  });

  test.each<[string, string, string, number]>([
    ['stops a canary that is dearer', '5c77b', '7d9f4', 3],
    ['lets a canary go on that no profile is of', 'nope', '7d9f4', 0],
  ])('the job of Argo Rollouts %s', async (_, canaryHash, stableHash, code) => {
    const { spec } = containers.parse(template);
    const [script] = spec.metrics[0].provider.job.spec.template.spec.containers[0].args;
    const values: Record<string, string> = {
      service: 'auth-gateway',
      'canary-hash': canaryHash,
      'stable-hash': stableHash,
    };
    expect(spec.args.map(({ name }) => name).sort()).toEqual(Object.keys(values).sort());
    const filled = script
      .replace(/\{\{args\.([\w-]+)\}\}/g, (_match, name: string) => values[name] ?? '')
      .replace('/app/bundle/main.js', MAIN)
      .replace('--from now-10m --wait 20m', TIMES.join(' '));
    expect(await runScript(filled, { PROFILES_DIR: fixture('incidents', '08-auth-cpu') })).toMatchObject({
      code,
    });
    const steps = z.object({ strategy: z.object({ canary: z.object({ steps: z.array(z.unknown()) }) }) });
    expect(JSON.stringify(steps.parse(rollout).strategy.canary.steps)).toContain('"name":"canary-hash"');
  });
});
