import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { pprofBytes, type TestPprof } from './profiles.js';

/** A directory with these files, which is gone when the test is over. */
export async function directoryWith(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'profiles-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return directory;
}

/** A CPU profile with one stack per entry: `cpu({ 'main;work': 3 })`, in samples of 10 ms. */
export function cpu(stacks: Record<string, number>, more: Partial<TestPprof> = {}): Uint8Array {
  return pprofBytes({
    types: ['samples/count', 'cpu/nanoseconds'],
    periodType: 'cpu/nanoseconds',
    stacks: Object.entries(stacks).map(([frames, count]) => ({
      frames: frames.split(';'),
      values: [count, count * 10_000_000],
    })),
    ...more,
  });
}

/** A manifest of these profiles: of CPU time and 10 s each where nothing else is said. */
export function manifest(
  profiles: readonly {
    file: string;
    time: string;
    labels: Record<string, string>;
    type_name?: string;
    duration_s?: number;
  }[],
): string {
  return JSON.stringify({
    profiles: profiles.map((profile) => ({ type_name: 'process_cpu', duration_s: 10, ...profile })),
  });
}
