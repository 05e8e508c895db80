import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { connectTo } from '../support/clients.js';
import { cpu, directoryWith } from '../support/directory.js';
import { generateProfile } from '../support/generate-profile.js';
import { installPackage } from '../support/installed.js';
import { cleanEnvironment } from '../support/process.js';

// The installed package on every Node that it supports and that a registry has, twice: Node may keep compiled
// code of the first run for the second one.

const VERSIONS = [22, 24, 26];
const INCIDENT = { service: 'checkout-api', from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };

const { directory, main, demo } = await installPackage();

/** The path of a Node of this major version; null where none can be had. */
async function findNode(major: number): Promise<string | null> {
  const args = ['--yes', '--prefer-offline', '-p', `node@${major}`, '--', 'which', 'node'];
  try {
    return realpathSync((await promisify(execFile)('npx', args, { cwd: directory })).stdout.trim());
  } catch {
    console.warn(`Node ${major} cannot be had here: the package is not tried on it.`);
    return null;
  }
}

describe.each(VERSIONS)('Node %i', async (major) => {
  const node = await findNode(major);
  const run = (...args: string[]) =>
    promisify(execFile)(node ?? '', [main, ...args], { env: cleanEnvironment() });

  test.skipIf(node === null).each(['first', 'second'])('lists its tools and answers: %s run', async () => {
    const client = await connectTo({
      command: node ?? '',
      args: [main, '--profiles', demo],
      cwd: directory,
      env: cleanEnvironment({ PYROSCOPE_MCP_CACHE_DIR: `${directory}/kept-${major}` }),
    });
    try {
      expect((await client.listTools()).length).toBeGreaterThan(10);
      const { text } = await client.callTool('investigate', INCIDENT);
      expect(text).toContain('Verdict: CODE REGRESSION');
    } finally {
      await client.close();
    }
    expect(existsSync(`${directory}/kept-${major}/code`)).toBe(true);
  });

  test.skipIf(node === null)('keeps no compiled code where nothing is to be kept', async () => {
    const { stdout } = await promisify(execFile)(node ?? '', [main, '--version'], {
      cwd: directory,
      env: { ...cleanEnvironment(), XDG_CACHE_HOME: `${directory}/none-${major}` },
    });
    expect(stdout).not.toBe('');
    expect(existsSync(`${directory}/none-${major}`)).toBe(false);
  });

  test.skipIf(node === null)('runs the demo, a thread and the WebAssembly', async () => {
    expect(process.execPath).not.toBe(node);
    expect((await run('demo')).stdout).toContain('Verdict: CODE REGRESSION');
    const { bytes } = generateProfile({ nodes: 200_000, cpuOnly: true, hotShare: 0.3024 });
    const large = await directoryWith({ 'cpu.pb': bytes });
    expect((await run('--profiles', large, 'call', 'summarize_profile')).stdout).toContain('30.2%');
    const mangled = await directoryWith({ 'cpu.pb': cpu({ 'main;_ZN4acme3runEv': 5 }) });
    expect((await run('--profiles', mangled, 'call', 'query_profile')).stdout).toContain('acme::run()');
  });
});
