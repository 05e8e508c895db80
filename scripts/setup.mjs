// Makes a fresh clone ready: installs dependencies when the lock file changed, builds when a source changed.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (name) => path.join(root, name);
const changed = (name) => (existsSync(at(name)) ? statSync(at(name)).mtimeMs : 0);

function run(why, command, args) {
  process.stderr.write(`${why}\n`);
  const shell = process.platform === 'win32';
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell });
  if (status !== 0) process.exit(status ?? 1);
}

const installed = at('node_modules/.installed');
if (changed('node_modules/.installed') < changed('package-lock.json')) {
  run('Installing dependencies…', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(installed, '');
}

// Benchmarks, evaluation, fuzz and soak are compiled into .bench/, where they read name and version.
mkdirSync(at('.bench'), { recursive: true });
copyFileSync(at('package.json'), at('.bench/package.json'));

const newest = ['src', 'view', 'scripts/bundle']
  .flatMap((folder) => readdirSync(at(folder), { recursive: true }).map((name) => path.join(folder, name)))
  .reduce((latest, name) => Math.max(latest, changed(name)), changed('tsconfig.build.json'));
if (Math.min(changed('dist/main.js'), changed('bundle/main.js')) < newest) {
  run('Building…', 'npm', ['run', '--silent', 'build']);
  for (const main of ['dist/main.js', 'bundle/main.js']) utimesSync(at(main), new Date(), new Date());
}
