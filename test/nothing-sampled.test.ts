import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { askFiles } from './support/ask.js';
import { pprofBytes } from './support/profiles.js';

const pprof = (type: string, frames: readonly string[], value: number) =>
  pprofBytes({
    types: [`${type}/nanoseconds`],
    stacks: [{ frames, values: [value] }],
    timeNanos: 1_795_185_000_000_000_000n,
  });

async function directoryWith(file: Uint8Array): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'profiles-'));
  await writeFile(path.join(directory, 'p.pb'), file);
  return directory;
}

test('profiles that hold no samples are an answer, not an absence', async () => {
  const ask = askFiles(await directoryWith(pprof('delay', ['main.work'], 0)));
  const { text, isError } = await ask('summarize_profile', { profile_type: 'mutex' });
  expect(isError).toBe(false);
  expect(text).toContain(
    'Finding: 1 profile of this type was taken and holds no samples: nothing to report (time others waited for a lock held here).',
  );
  for (const view of ['top', 'tree']) {
    const looked = await ask('query_profile', { profile_type: 'mutex', view });
    expect(looked.text).toContain('holds no samples');
    expect(looked.text).not.toMatch(/NaN|Infinity/);
  }
});

test.each([
  ['get_timeline', {}],
  ['get_timeline', { function: 'work' }],
  ['inspect_function', { function: 'work' }],
])('%s %j of profiles without samples says so', async (tool, args) => {
  const ask = askFiles(await directoryWith(pprof('delay', ['main.work'], 0)));
  for (const format of ['text', 'json']) {
    const { text, isError } = await ask(tool, { profile_type: 'mutex', format, ...args });
    expect(isError).toBe(false);
    expect(text).toContain('holds no samples');
    expect(text).not.toMatch(/NaN|Infinity/);
  }
});

test('a wall-clock profile that is all idle says so', async () => {
  const ask = askFiles(await directoryWith(pprof('wall', ['(idle)'], 4_000_000_000)));
  const { text, isError } = await ask('summarize_profile', { profile_type: 'wall' });
  expect(isError).toBe(false);
  expect(text).toContain('Finding: All of the wall time was idle: no thread of these profiles was working.');
  expect(text).not.toMatch(/NaN|Infinity/);
  expect((await ask('get_timeline', { profile_type: 'wall' })).text).toContain(
    'All of the wall time was idle',
  );
  const json = JSON.parse((await ask('summarize_profile', { profile_type: 'wall', format: 'json' })).text);
  expect(json).toMatchObject({
    total: { value: 0 },
    idle: { value: 4_000_000_000, share: 1 },
    hottest_path: { frames: [] },
  });
});
