import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const DEMO = fileURLToPath(new URL('../../fixtures/demo', import.meta.url));
const QUESTION = ['service=checkout-api', 'from=2026-11-20T14:30:00Z', 'to=2026-11-20T14:45:00Z'];

/** Draws the flame graph that the built program makes of the demo incident. */
export function drawDemo(question) {
  const folder = mkdtempSync(path.join(tmpdir(), 'picture-'));
  try {
    const file = path.join(folder, 'demo.svg');
    execFileSync(
      process.execPath,
      [MAIN, '--profiles', DEMO, 'report', question, ...QUESTION, '--svg', '--output', file],
      { env: { PATH: process.env.PATH, PYROSCOPE_MCP_CACHE_DIR: 'none' } },
    );
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
