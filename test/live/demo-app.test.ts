import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '../support/packed.js';
import { cleanEnvironment, run } from '../support/process.js';
import { liveServer } from '../support/pyroscope.js';

// The demo app of compose.yaml against a real Pyroscope, and the call of docs/operate/containers.md: it names
// the planted function.

const wanted = Boolean(process.env.PYROSCOPE_BIN);
if (!wanted) console.warn('The live test of the demo app is skipped: set PYROSCOPE_BIN to run it.');

// A server of its own, whatever the others use: the names in the documented call are always the same.
const server = wanted ? await liveServer({ ...process.env, PYROSCOPE_TEST_URL: '' }) : null;
afterAll(() => server?.stop());

test.runIf(wanted)(
  'the demo app sends its incident, and the documented call finds it',
  async () => {
    const env = cleanEnvironment({ PYROSCOPE_URL: server?.url ?? '' });
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [path.join(ROOT, 'docker/demo-app/main.mjs'), '--once'],
      { env },
    );
    const [, printed = ''] = /call investigate '(.*)'/.exec(stdout) ?? [];
    const page = readFileSync(path.join(ROOT, 'docs/operate/containers.md'), 'utf8');
    const [, documented = ''] = /call investigate '(.*)'/.exec(page) ?? [];
    for (const args of [documented, printed]) {
      const answer = await run(['call', 'investigate', args], { env: { PYROSCOPE_URL: server?.url ?? '' } });
      expect(answer.stderr).toBe('');
      expect(answer.stdout).toContain('Verdict: CODE REGRESSION');
      expect(answer.stdout).toContain('1. northwind.dev/checkout/coupon.loadPattern');
    }
  },
  120_000,
);
