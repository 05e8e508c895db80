import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createJobOffload } from '../src/offload.js';
import { decodePprof, pprofToProfile, UnreadableProfileError } from '../src/profile/pprof/pprof.js';
import { readFileHead } from '../src/sources/files/file-head.js';
import { mergeFiles } from '../src/sources/files/merge.js';
import { createThreads } from '../src/work/threads.js';
import { directoryWith } from './support/directory.js';
import { generateProfile } from './support/generate-profile.js';

// The built worker, as the installed package has it.

const WORKER = new URL('../bundle/worker.js', import.meta.url);
const { signal } = new AbortController();
const heavy = { isHeavy: true, signal };
const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

/** A worker that does what it is told, and says `done` where it comes back. */
const OBEYS = script(`
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ args: [what] }) => {
    if (what === 'exit') process.exit(3);
    if (what === 'throw') setImmediate(() => { throw new Error('thrown outside of any job'); });
    else if (what === 'grow') { const all = []; for (;;) all.push({ at: all.length }); }
    else if (what === 'hang') for (;;);
    else parentPort.postMessage({ kind: 'done', value: what });
  });
`);
/** The scripts above take whatever they get. */
const told = (what: string): [Uint8Array] => [what as unknown as Uint8Array];

describe('a thread', () => {
  const { bytes } = generateProfile({ nodes: 5_000, cpuOnly: true });

  test('decodes as this one does', async () => {
    const offload = createJobOffload(WORKER);
    expect(await offload('decode', [bytes], heavy)).toEqual(pprofToProfile(decodePprof(bytes)));
  });

  test('takes over the memory of what it is given', async () => {
    const copy = Uint8Array.from(bytes);
    await createJobOffload(WORKER)('decode', [copy], { ...heavy, transfer: [copy.buffer] });
    expect(copy.length).toBe(0);
  });

  test('says what is wrong with a damaged profile, and goes on', async () => {
    const offload = createJobOffload(WORKER);
    const cut = offload('decode', [bytes.subarray(0, 5_000)], heavy);
    await expect(cut).rejects.toThrow(UnreadableProfileError);
    expect(await offload('decode', [bytes], heavy)).not.toBeNull();
  });

  test.each([
    ['exit', { name: 'UserError', message: 'The thread that read the profile stopped.' }],
    ['throw', { name: 'UserError', message: 'The thread that read the profile stopped.' }],
    ['grow', { name: 'UpstreamError', kind: 'too_large' }],
  ])('that ends (%s) is an error with a next step, and the next job has a new one', async (what, error) => {
    const offload = createJobOffload(OBEYS, async (entry) => createThreads(entry, 16));
    await expect(offload('decode', told(what), heavy)).rejects.toMatchObject(error);
    expect(await offload('decode', told('fine'), heavy)).toBe('fine');
  });

  test('is stopped by an abort in the middle of its work; those that wait get another', async () => {
    const threads = createThreads(OBEYS);
    const run = (what: string, runSignal: AbortSignal) =>
      threads.run({ args: [what] }, { transfer: [], signal: runSignal });
    const stops = Array.from({ length: 8 }, () => new AbortController());
    const hanging = stops.map((stop) => run('hang', stop.signal));
    const waiting = run('fine', signal);
    const most = threads.size();
    for (const [at, stop] of stops.entries()) stop.abort(new Error(`enough ${at}`));
    const outcomes = await Promise.allSettled(hanging);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.message)).toEqual(
      stops.map((_, at) => `enough ${at}`),
    );
    expect(await waiting).toMatchObject({ value: 'fine' });
    expect(most).toBeLessThanOrEqual(4);
    expect(threads.size()).toBe(1);
  });

  test('reads and adds up files as this one does, and names the one that it cannot read', async () => {
    const directory = await directoryWith({ 'a.pb': bytes, 'b.pb.gz': gzipSync(bytes) });
    const offload = createJobOffload(WORKER);
    const parts = [
      { file: 'a.pb', index: 0, weight: 2, sets: null },
      { file: 'b.pb.gz', index: 0, weight: -1, sets: null },
    ];
    const plan = { sampleType: 'cpu', unit: 'nanoseconds', parts, subtracts: true };
    expect(await offload('mergeFiles', [directory, plan], heavy)).toEqual(await mergeFiles(directory, plan));
    expect(await offload('fileHead', [directory, 'b.pb.gz'], heavy)).toEqual(
      await readFileHead(directory, 'b.pb.gz'),
    );
    const missing = { ...plan, parts: [{ file: 'c.pb', index: 0, weight: 1, sets: null }] };
    await expect(offload('mergeFiles', [directory, missing], heavy)).rejects.toThrow(/^c\.pb: no such file$/);
  });

  test('does not start for an aborted call, nor for light work', async () => {
    const threads = { run: () => Promise.reject(new Error('not needed')), size: () => 0 };
    const offload = createJobOffload(WORKER, async () => threads);
    expect(await offload('decode', [bytes], { isHeavy: false, signal })).not.toBeNull();
    const aborted = AbortSignal.abort(new Error('gone'));
    await expect(offload('decode', [bytes], { isHeavy: true, signal: aborted })).rejects.toThrow('gone');
  });

  test('does not keep a process alive', async () => {
    const code = `
      import { createJobOffload } from ${JSON.stringify(new URL('../dist/offload.js', import.meta.url).href)};
      import { gunzipSync } from 'node:zlib';
      const bytes = gunzipSync(Buffer.from(${JSON.stringify(gzipSync(bytes).toString('base64'))}, 'base64'));
      const offload = createJobOffload(new URL(${JSON.stringify(WORKER.href)}));
      const profile = await offload('decode', [bytes], { isHeavy: true, signal: new AbortController().signal });
      process.stdout.write(String(profile.values.length));
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    let [text, problems] = ['', ''];
    child.stdout.on('data', (part) => {
      text += part;
    });
    child.stderr.on('data', (part) => {
      problems += part;
    });
    const [status] = await once(child, 'close');
    expect(problems).toBe('');
    expect([status, Number(text)]).toEqual([0, pprofToProfile(decodePprof(bytes)).values.length]);
  });
});
