import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { fixture } from './ask.js';

/** A directory with the CPU profile of the program in fixtures/pgo, as the service `hot`. */
export async function pgoProgram(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'pgo-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(path.join(directory, 'hot'));
  await copyFile(fixture('pgo', 'cpu.pb.gz'), path.join(directory, 'hot', 'cpu.pb.gz'));
  return directory;
}
