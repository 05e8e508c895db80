// Makes the .mcpb bundle: `npm run mcpb -- FOLDER` packs the built program with its manifest and icon, has
// the official tool validate it, and prints the checksum that a registry wants. Needs a registry the first
// time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TOOL = '@anthropic-ai/mcpb@2.1.2';
/** Parts of the package that the bundle does without. */
const LEFT_OUT = ['docs', 'fixtures', 'README.md'];

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.resolve(process.argv[2] ?? '.');
const staging = mkdtempSync(path.join(tmpdir(), 'mcpb-'));
const shell = process.platform === 'win32';
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', shell });

try {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', staging], root),
  );
  run('tar', ['-xzf', filename], staging);
  const folder = path.join(staging, 'package');
  for (const name of LEFT_OUT) rmSync(path.join(folder, name), { recursive: true, force: true });
  const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  cpSync(path.join(root, 'channels/mcpb/manifest.json'), path.join(folder, 'manifest.json'));
  cpSync(path.join(root, 'docs/pictures/icon.png'), path.join(folder, 'icon.png'));
  mkdirSync(target, { recursive: true });
  const bundle = path.join(target, `${name}-${version}.mcpb`);
  const tool = ['--yes', '--prefer-offline', TOOL];
  run('npx', [...tool, 'validate', path.join(folder, 'manifest.json')], staging);
  run('npx', [...tool, 'pack', folder, bundle], staging);
  const sha256 = createHash('sha256').update(readFileSync(bundle)).digest('hex');
  writeFileSync(`${bundle}.sha256`, `${sha256}  ${path.basename(bundle)}\n`);
  console.log(`${bundle}: ${(statSync(bundle).size / 2 ** 20).toFixed(2)} MiB, sha256 ${sha256}`);
} finally {
  rmSync(staging, { recursive: true, force: true });
}
