import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Copy, listCopies, readStages, type Stage } from '../support/dockerfile.js';
import { ROOT } from '../support/packed.js';
import { cleanEnvironment, startProgram } from '../support/process.js';

// The steps of the Dockerfile, one by one, in two folders instead of two images: what it copies suffices to
// build and to run. The images themselves, and with them the other C library, need a container engine.

const directory = mkdtempSync(path.join(tmpdir(), 'dockerfile-'));
const [build, final] = readStages();
/** A user that did not write the files, where the tests may switch users. */
const otherUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const chooseFolder = (stage: string | null) => path.join(directory, stage ?? 'final');

function copy({ stage, sources, target }: Copy, into: string): void {
  for (const source of sources) {
    const from =
      stage === null
        ? path.join(ROOT, source)
        : path.join(chooseFolder(stage), source.replace(/^\/app\//, ''));
    const to = target.endsWith('/')
      ? path.join(into, target, path.basename(source))
      : path.join(into, target);
    cpSync(from, to, { recursive: true });
  }
}

async function perform(stage: Stage | undefined): Promise<void> {
  if (stage === undefined) throw new Error('the Dockerfile has no such stage');
  const into = chooseFolder(stage.name);
  mkdirSync(into, { recursive: true });
  const copies = listCopies(stage);
  for (const { keyword, text } of stage.instructions) {
    if (keyword === 'COPY') copy(copies.shift() ?? { stage: null, sources: [], target: '' }, into);
    if (keyword === 'RUN') {
      await promisify(execFile)('sh', ['-c', text], {
        cwd: into,
        env: { ...process.env, NODE_ENV: '', npm_config_prefer_offline: 'true' },
        maxBuffer: 2 ** 26,
      });
    }
  }
}

beforeAll(async () => {
  await perform(build);
  await perform(final);
  chmodSync(directory, 0o755);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('another user starts the program over HTTP, and the health check finds it', async () => {
  const cwd = chooseFolder(null);
  const program = startProgram(
    process.execPath,
    ['bundle/main.js', '--http', '127.0.0.1:0', '--profiles', 'fixtures/demo'],
    {
      cwd,
      env: cleanEnvironment({ NODE_ENV: 'production' }),
      ...otherUser,
    },
  );
  try {
    const [, port = ''] = await program.seen(/serves MCP at http:\/\/127\.0\.0\.1:(\d+)/);
    await promisify(execFile)(process.execPath, ['docker/healthcheck.mjs'], {
      cwd,
      env: cleanEnvironment({ PYROSCOPE_MCP_HTTP: `127.0.0.1:${port}` }),
      ...otherUser,
    });
  } finally {
    program.child.kill('SIGTERM');
    await program.exit;
  }
});

test('another user asks it for the incident', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['bundle/main.js', 'demo'], {
    cwd: chooseFolder(null),
    env: cleanEnvironment({ NODE_ENV: 'production' }),
    ...otherUser,
  });
  expect(stdout).toContain('Verdict: CODE REGRESSION');
});
