import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asker, askFiles, fixture } from '../../../test/support/ask.js';
import { cpu, directoryWith, manifest } from '../../../test/support/directory.js';
import { pprofBytes, type TestStack } from '../../../test/support/profiles.js';
import { decodePprof } from '../../profile/pprof/pprof.js';
import type { Window } from '../source.js';
import { createDecodedFiles } from './decoded-files.js';
import { flatten } from './flat-file.js';
import { mergeDecoded, mergeFiles } from './merge.js';
import { createFilesSource } from './source.js';

// How much the files source holds and how often it decodes, counted.

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const EVER: Window = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };
const QUERY = { profileTypeId: CPU, matchers: [], window: EVER };
const MIB = 2 ** 20;
const { signal } = new AbortController();

/**
 * A source over a directory with how often each file was decoded, and how many were being decoded at once at
 * most.
 */
function countingSource(directory: string, maxDecodedBytes?: number) {
  const decodes = new Map<string, number>();
  let atOnce = 0;
  let most = 0;
  const source = createFilesSource({
    directory,
    ...(maxDecodedBytes === undefined ? {} : { maxDecodedBytes }),
    onDecoding(file, event) {
      if (event === 'begins') decodes.set(file, (decodes.get(file) ?? 0) + 1);
      atOnce += event === 'begins' ? 1 : -1;
      most = Math.max(most, atOnce);
    },
  });
  return { source, decodes, mostAtOnce: () => most };
}

/** Fifty questions about windows that differ. */
const QUESTIONS = Array.from({ length: 50 }, (_, at) => ({
  service: 'checkout-api',
  from: new Date(Date.parse('2026-11-20T14:30:00Z') + at * 5_000).toISOString(),
  to: '2026-11-20T14:45:00Z',
}));

/** Files of one service, one a minute, with what is in them. */
function listFiles(contents: readonly Uint8Array[]): Record<string, Uint8Array | string> {
  const listed = contents.map((_, at) => ({
    file: `${at}.pb`,
    time: new Date(Date.parse('2026-11-20T14:00:00Z') + at * 60_000).toISOString(),
    labels: { service_name: 'shop' },
  }));
  const files = contents.map((content, at): [string, Uint8Array] => [`${at}.pb`, content]);
  return { 'profiles.json': manifest(listed), ...Object.fromEntries(files) };
}

describe('fifty investigations at once', () => {
  test('decode each file once, all together', async () => {
    const { source, decodes, mostAtOnce } = countingSource(fixture('demo'));
    const ask = asker(source);
    const answers = await Promise.all(QUESTIONS.map((args) => ask('investigate', args)));
    expect(answers.map(({ isError }) => isError)).toEqual(QUESTIONS.map(() => false));
    expect(Math.max(...decodes.values())).toBe(1);
    expect(mostAtOnce()).toBeLessThanOrEqual(8);
  }, 60_000);

  test('answer the same where there is room for no decoded file', async () => {
    const { source, mostAtOnce } = countingSource(fixture('demo'), 0);
    const few = QUESTIONS.slice(0, 5);
    const answers = await Promise.all(few.map((args) => asker(source)('investigate', args)));
    const alone = askFiles(fixture('demo'));
    for (const [at, args] of few.entries()) expect(answers[at]).toEqual(await alone('investigate', args));
    // Merges read one file after the other, and a call has at most 8 under way.
    expect(mostAtOnce()).toBeLessThanOrEqual(8 * few.length);
  }, 60_000);
});

describe('a merge', () => {
  /** 300 stacks of 30 frames. */
  const wide = cpu(
    Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`${'deep;'.repeat(29)}leaf${at}`, 1 + (at % 9)]),
    ),
  );
  const merge = async (files: number) => {
    const directory = await directoryWith(listFiles(Array.from({ length: files }, () => wide)));
    return (await createFilesSource({ directory }).profile(QUERY, signal)).profile;
  };

  test('of many frames is as large as its different stacks, not as its files', async () => {
    const profile = await merge(40);
    expect(profile.values).toHaveLength(300);
    expect(profile.stackFrames).toHaveLength(300 * 30);
    const inOne = (await merge(1)).values;
    expect(Array.from(profile.values)).toEqual(Array.from(inOne, (value) => 40 * value));
  });

  test('of few frames keeps the samples as they come: their values tell the sampling interval', async () => {
    expect((await merge(3)).values).toHaveLength(3 * 300);
  });

  test('that many ask for at once is made once', async () => {
    const files = listFiles([cpu({ 'main;work': 1 }), cpu({ 'main;log': 2 })]);
    const { source, decodes } = countingSource(await directoryWith(files), 0);
    await source.dataRange(signal);
    const callers = Array.from({ length: 50 }, () => new AbortController().signal);
    const answers = await Promise.all(callers.map((caller) => source.profile(QUERY, caller)));
    expect([...decodes.values()]).toEqual([2, 2]);
    expect(new Set(answers.map(({ profile }) => profile)).size).toBe(1);
  });

  test('goes on for the others when one of those who asked for it leaves', async () => {
    const files = listFiles([cpu({ 'main;work': 1 }), cpu({ 'main;log': 2 })]);
    const { source } = countingSource(await directoryWith(files), 0);
    await source.dataRange(signal);
    const leaving = new AbortController();
    const gone = source.profile(QUERY, leaving.signal);
    const stays = source.profile(QUERY, signal);
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    expect((await stays).profile.values).toHaveLength(2);
  });
});

describe('the listing of a large directory', () => {
  const MANY = 40;
  const many = () => directoryWith(listFiles(Array.from({ length: MANY }, (_, at) => cpu({ main: at + 1 }))));
  const sum = (decodes: ReadonlyMap<string, number>) =>
    [...decodes.values()].reduce((all, count) => all + count, 0);

  test('goes on when all who asked for it have left, and is not begun again', async () => {
    const { source, decodes } = countingSource(await many());
    for (let caller = 0; caller < 5; caller++) {
      const leaving = new AbortController();
      const reading = source.dataRange(leaving.signal);
      setImmediate(() => leaving.abort(new Error('out of time')));
      await reading.catch((error: unknown) => expect(error).toMatchObject({ message: 'out of time' }));
    }
    await source.dataRange(signal);
    expect(sum(decodes)).toBe(MANY);
  });

  test('comes to its end though nobody ever asks again', async () => {
    const { source, decodes } = countingSource(await many());
    const leaving = new AbortController();
    const reading = source.dataRange(leaving.signal);
    leaving.abort(new Error('left'));
    await expect(reading).rejects.toThrow('left');
    await expect.poll(() => sum(decodes), { timeout: 60_000 }).toBe(MANY);
  });

  test('ends when the source is closed', async () => {
    const { source, decodes } = countingSource(await many());
    const reading = source.dataRange(signal);
    await source.close();
    await expect(reading).rejects.toThrow('closed');
    expect(sum(decodes)).toBeLessThan(MANY);
  });
});

/** Few names, so that stacks are shared; names in two files, unnamed functions and recursion. */
const frame = fc.record({
  name: fc.constantFrom('main', 'a', 'b', '(anonymous)', ''),
  file: fc.constantFrom('', 'one.go', 'two.go'),
  line: fc.nat(2),
  startLine: fc.nat(2),
});
const stack: fc.Arbitrary<TestStack> = fc.record({
  frames: fc.array(frame, { maxLength: 4 }),
  values: fc.tuple(fc.nat(3), fc.nat(3)),
});
const contents = fc.array(
  fc.array(stack, { maxLength: 8 }).map((stacks) => pprofBytes({ types: ['a/count', 'b/count'], stacks })),
  { minLength: 1, maxLength: 5 },
);

test('adding up decoded files gives what reading them again gives, whatever they hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      contents,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 0, max: 1 }),
      async (files, subtracts, shouldAddUp, index) => {
        const named = files.map((bytes, at): [string, Uint8Array] => [`${at}.pb`, bytes]);
        const directory = await directoryWith(Object.fromEntries(named));
        const weights = subtracts ? [1, -1, 1, 2, 1] : [1, 1, 2, 1, 1];
        const parts = named.map(([file], at) => ({ file, index, weight: weights[at] ?? 1, sets: null }));
        const plan = { sampleType: 'a', unit: 'count', parts, subtracts, shouldAddUp };
        const decoded = createDecodedFiles(MIB);
        const merged = await mergeDecoded(plan, ({ file }) =>
          decoded.add('shop', file, flatten(decodePprof(new Map(named).get(file) ?? new Uint8Array()))),
        );
        expect(merged).toEqual(await mergeFiles(directory, plan));
      },
    ),
    { numRuns: 60 },
  );
});

describe('decoded files', () => {
  /** A file with a stack of its own in addition to the stacks of all files. */
  const flat = (cost: number) =>
    flatten(
      decodePprof(
        cpu({ [`main;own${cost}`]: 1, ...Object.fromEntries(COMMON.map((name) => [`main;${name}`, 1])) }),
      ),
    );
  const COMMON = Array.from({ length: 100 }, (_, at) => `common${at};leaf${at}`);

  test('share what is the same in them', () => {
    const decoded = createDecodedFiles(64 * MIB);
    decoded.add('shop', '0', flat(0));
    const first = decoded.bytes();
    for (let at = 1; at <= 10; at++) decoded.add('shop', `${at}`, flat(at));
    expect((decoded.bytes() - first) / 10).toBeLessThan(first / 4);
  });

  test('never hold more than their bound, and the least recently used go first', () => {
    const bound = MIB;
    const decoded = createDecodedFiles(bound);
    for (let at = 0; at < 300; at++) {
      decoded.add(`service-${at % 3}`, `${at}`, flat(at));
      expect(decoded.bytes()).toBeLessThanOrEqual(bound);
      // Looked at again and again, so that it stays.
      if (at > 0) expect(decoded.get('0'), `after ${at}`).toBeDefined();
    }
    const kept = Array.from({ length: 300 }, (_, at) => decoded.get(`${at}`) !== undefined);
    expect(kept.filter(Boolean).length).toBeGreaterThan(50);
    expect(kept[1]).toBe(false);
    decoded.clear();
    expect(decoded.bytes()).toBe(0);
  });

  test('a file that is larger than the bound is handed out and not kept', () => {
    const decoded = createDecodedFiles(100);
    expect(decoded.add('shop', 'large', flat(0)).stacks).toHaveLength(101);
    expect([decoded.get('large'), decoded.bytes()]).toEqual([undefined, 0]);
  });
});
