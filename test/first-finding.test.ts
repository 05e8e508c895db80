import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFilesSource } from '../src/sources/files/source.js';
import { startGrafanaServer, type TestGrafana, VIEWER_TOKEN } from './support/grafana-server.js';
import { ROOT } from './support/packed.js';
import { cleanEnvironment, DEMO, MAIN } from './support/process.js';
import { startPyroscopeServer } from './support/pyroscope-server.js';

// docs/use/first-finding.md as a reader follows it: every command of a section in one shell, in an empty
// folder.

const sections = readFileSync(path.join(ROOT, 'docs/use/first-finding.md'), 'utf8').split(/^## /m);
const section = (number: number) => sections.find((text) => text.startsWith(`${number}. `)) ?? '';
const commands = (number: number) =>
  [...section(number).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block).join('\n');

const folder = mkdtempSync(path.join(tmpdir(), 'first-finding-'));
const programs = path.join(folder, 'programs');
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeAll(() => {
  mkdirSync(programs);
  // Stands for the command that `npm install --global` puts on the path.
  const command = path.join(programs, 'pyroscope-mcp');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(command, 0o755);
});

/** Runs commands as one script that stops at the first failure; answers with what it prints. */
async function run(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-euc', script], {
    cwd: folder,
    env: cleanEnvironment({
      PATH: `${programs}:${path.dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      HOME: folder,
      XDG_STATE_HOME: path.join(folder, 'state'),
      XDG_CACHE_HOME: path.join(folder, 'cache'),
    }),
  });
  return stdout;
}

test('2: the included incident', async () => {
  const answer = await run(commands(2));
  expect(answer).toContain('Verdict: CODE REGRESSION');
  expect(answer).toContain('coupon.loadPattern');
});

test('3: a change in a program of your own is found, with its line', async () => {
  const [, program = ''] = /<!-- file: shop\.mjs -->\n```js\n([\s\S]*?)```/.exec(section(3)) ?? [];
  writeFileSync(path.join(folder, 'shop.mjs'), program);
  const line = program.split('\n').findIndex((text) => text.startsWith('function matches')) + 1;
  expect(section(3)).toContain(`\`shop.mjs:${line}\``);
  const answer = await run(commands(3));
  expect(answer).toContain('Verdict: CODE REGRESSION');
  expect(answer).toMatch(new RegExp(`^Finding: matches \\S*shop\\.mjs:${line}\\b`, 'm'));
});

test('4: the command for an agent starts the server over that folder', () => {
  // Clients' commands are started in test/install.test.ts; this one has the same form.
  expect(commands(4).trim()).toMatch(
    /^claude mcp add --transport stdio pyroscope -- node "\$CLONE\/bundle\/main\.js" --profiles "\$PROFILES_DIR"$/,
  );
});

test('5: the data source of a Grafana is found, switched on and asked', async () => {
  const pyroscope = await startPyroscopeServer(createFilesSource({ directory: DEMO }));
  let grafana: TestGrafana | null = null;
  try {
    grafana = await startGrafanaServer({
      dataSources: [
        { id: 1, uid: 'prod', name: 'Profiles', type: 'grafana-pyroscope-datasource', url: pyroscope.url },
      ],
    });
    const script = commands(5)
      .replace('https://grafana.example.com', grafana.url)
      .replace('glsa_…', VIEWER_TOKEN)
      .replace('enable UID', 'enable prod')
      .replaceAll('"now-1h"', '"2026-11-20T14:30:00Z"')
      .replaceAll('"now"', '"2026-11-20T14:45:00Z"')
      .replace('unset PROFILES_DIR', '')
      // It fails while nothing is enabled, and says what to do.
      .replace('pyroscope-mcp doctor', 'pyroscope-mcp doctor || true');
    const answer = await run(script);
    expect(answer).toContain('prod');
    expect(answer).toContain('checkout-api');
    expect(answer).toContain('Verdict: CODE REGRESSION');
  } finally {
    await grafana?.close();
    await pyroscope.close();
  }
});
