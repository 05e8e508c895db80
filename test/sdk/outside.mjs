/**
 * Runs one instance of a service that has no SDK, takes profiles of ten seconds from outside, one after the
 * other, and pushes them. A signal ends it with the service, so that a capture can stop it as it does an SDK.
 *
 * node test/sdk/outside.mjs files COMMAND [ARGS] the service writes pprof files into the directory OUT node
 * test/sdk/outside.mjs jfr COMMAND [ARGS] the service writes JFR files there node test/sdk/outside.mjs py-spy
 * PY_SPY COMMAND [ARGS] node test/sdk/outside.mjs rbspy RBSPY COMMAND [ARGS]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pushFolded, pushJfr, pushPprof } from './push.mjs';

const [mode, ...words] = process.argv.slice(2);
const OUT = await mkdtemp(path.join(tmpdir(), 'profiles-'));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function startService([command, ...args]) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, OUT },
  });
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.on(signal, () => {
      child.kill('SIGKILL');
      process.exit(0);
    });
  return child.pid;
}

/**
 * Pushes each file that appears, oldest first, and removes it.
 *
 * @param unfinished number of files, the newest ones, that may still be written and are left alone
 */
async function pushFiles(extension, push, unfinished) {
  for (;;) {
    const names = (await readdir(OUT)).filter((name) => name.endsWith(extension)).sort();
    for (const name of names.slice(0, names.length - unfinished)) {
      const file = path.join(OUT, name);
      await push(await readFile(file), name);
      await rm(file);
    }
    await wait(500);
  }
}

/** Runs a profiler again and again; `argsFor` gives its arguments for a file that it writes. */
async function record(profiler, argsFor, push) {
  await wait(2000);
  for (let slice = 0; ; slice++) {
    const file = path.join(OUT, String(slice % 2));
    const from = Math.floor(Date.now() / 1000);
    const child = spawn(profiler, argsFor(file), { stdio: ['ignore', 'ignore', 'inherit'] });
    await new Promise((resolve) => child.once('exit', resolve));
    const until = Math.floor(Date.now() / 1000);
    // The next slice begins while this one is sent.
    void readFile(file).then((bytes) => push(bytes, { from, until }));
  }
}

if (mode === 'files') {
  startService(words);
  await pushFiles('.pb', (bytes) => pushPprof(bytes, 'process_cpu'), 0);
} else if (mode === 'jfr') {
  startService(words);
  await pushFiles('.jfr', pushJfr, 1);
} else if (mode === 'py-spy') {
  const pid = String(startService(words.slice(1)));
  const options = ['record', '--duration', '10', '--rate', '100', '--format', 'raw', '--threads'];
  await record(
    words[0],
    (file) => [...options, '--pid', pid, '--output', file],
    (bytes, span) => pushFolded(bytes, { ...span, spyName: 'pyspy', sampleRate: 100 }),
  );
} else if (mode === 'rbspy') {
  const pid = String(startService(words.slice(1)));
  const options = [
    'record',
    '--duration',
    '10',
    '--rate',
    '100',
    '--format',
    'pprof',
    '--silent',
    '--on-cpu',
  ];
  await record(
    words[0],
    (file) => [...options, '--pid', pid, '--file', file, '--raw-file', `${file}.raw`],
    (bytes) => pushPprof(bytes, 'wall'),
  );
} else {
  process.stderr.write('usage: node test/sdk/outside.mjs files|jfr|py-spy|rbspy …\n');
  process.exit(2);
}
