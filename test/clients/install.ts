import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type ClientProgram, type Environment, PROGRAMS } from './clients.js';

const UV_VERSION = '0.13.9';
const OLDEST_PYTHON = 11;

/** Packages and built programs are kept here, so that only the first run fetches and compiles. */
const CACHE =
  process.env.CLIENTS_CACHE_DIR ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'pyroscope-mcp-clients');

/** How a client is started. */
export interface Command {
  file: string;
  args: string[];
}

/** Says which toolchain an environment needs and this machine lacks; null where it can be installed. */
export function missingToolchain(environment: Environment): string | null {
  const run = (file: string, ...args: string[]) => spawnSync(file, args, { encoding: 'utf8' });
  switch (environment) {
    case 'sdk-v1':
    case 'sdk-v2': {
      const { status, stdout } = run('python3', '-c', 'import sys; print(sys.version_info[1])');
      if (status !== 0) return 'python3 is not installed';
      return Number(stdout) < OLDEST_PYTHON ? `python3 is older than 3.${OLDEST_PYTHON}` : null;
    }
    case 'go':
      return run('go', 'version').status === 0 ? null : 'go is not installed';
    case 'rust':
      return run('cargo', '--version').status === 0 ? null : 'cargo is not installed';
    case 'node':
      return null;
  }
}

/** Installs or builds what a client needs, unless an earlier run has. */
export async function install({ environment, program }: ClientProgram): Promise<Command> {
  mkdirSync(CACHE, { recursive: true });
  switch (environment) {
    case 'sdk-v1':
    case 'sdk-v2':
      return installPython(environment, program);
    case 'go':
      return buildGo();
    case 'rust':
      return buildRust();
    case 'node':
      return installNode(program);
  }
}

async function installPython(set: 'sdk-v1' | 'sdk-v2', program: string | null): Promise<Command> {
  const uv = path.join(
    await once('uv', UV_VERSION, async (folder) => {
      await run('python3', ['-m', 'venv', folder]);
      await run(path.join(folder, 'bin', 'pip'), ['install', '--quiet', `uv==${UV_VERSION}`]);
    }),
    'bin',
    'uv',
  );
  const lock = path.join(PROGRAMS, 'python', `${set}.txt`);
  const folder = await once(`python-${set}`, readFileSync(lock, 'utf8'), async (into) => {
    await run(uv, ['venv', '--quiet', '--python', 'python3', into]);
    const python = path.join(into, 'bin', 'python');
    await run(uv, ['pip', 'install', '--quiet', '--python', python, '--requirements', lock]);
  });
  return {
    file: path.join(folder, 'bin', 'python'),
    args: ['-B', path.join(PROGRAMS, 'python', program ?? '')],
  };
}

async function buildGo(): Promise<Command> {
  const file = path.join(CACHE, 'go-client');
  await run('go', ['build', '-o', file, '.'], { cwd: path.join(PROGRAMS, 'go') });
  return { file, args: [] };
}

async function buildRust(): Promise<Command> {
  const target = path.join(CACHE, 'rust');
  await run('cargo', ['build', '--quiet', '--locked', '--target-dir', target], {
    cwd: path.join(PROGRAMS, 'rust'),
  });
  return { file: path.join(target, 'debug', 'client'), args: [] };
}

/** Installs Node as a package for the JavaScript frameworks, which need a newer version than this project. */
async function installNode(program: string | null): Promise<Command> {
  const from = path.join(PROGRAMS, 'node');
  const folder = await once(
    'node',
    readFileSync(path.join(from, 'package-lock.json'), 'utf8'),
    async (into) => {
      mkdirSync(into, { recursive: true });
      for (const name of ['package.json', 'package-lock.json'])
        cpSync(path.join(from, name), path.join(into, name));
      await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: into });
    },
  );
  // Packages are looked up from where a program is.
  cpSync(from, folder, { recursive: true, filter: (name) => !name.endsWith('.json') });
  return {
    file: path.join(folder, 'node_modules', '.bin', 'node'),
    args: [path.join(folder, program ?? '')],
  };
}

/** Fills a folder of the cache; an incomplete folder, or one of other versions, is filled again. */
async function once(
  name: string,
  versions: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(versions).digest('hex').slice(0, 12);
  const folder = path.join(CACHE, name);
  const marker = path.join(CACHE, `${name}.installed`);
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return folder;
  rmSync(marker, { force: true });
  rmSync(folder, { recursive: true, force: true });
  await fill(folder);
  writeFileSync(marker, hash);
  return folder;
}

async function run(file: string, args: readonly string[], options: { cwd?: string } = {}): Promise<void> {
  await promisify(execFile)(file, args, { ...options, maxBuffer: 2 ** 26 });
}
