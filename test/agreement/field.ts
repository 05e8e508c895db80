import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createFilesSource } from '../../src/sources/files/source.js';
import type { ProfileSource, Window } from '../../src/sources/source.js';
import { fixture } from '../support/ask.js';

/** Two windows of a service to be asked about. */
export interface Question {
  id: string;
  source: ProfileSource;
  service: string;
  baseline: Window;
  incident: Window;
}

/** Part of the profiles of a field input that were taken before its change, where it has one. */
const BASELINE_PART = 2 / 3;

/** Questions about every input in fixtures/field that holds profiles. */
export async function fieldQuestions(): Promise<Question[]> {
  const kinds = await readdir(fixture('field'));
  const folders = await Promise.all(
    kinds.map(async (kind) => {
      const inputs = await readdir(fixture('field', kind));
      return inputs.map((input) => path.join(kind, input));
    }),
  );
  const questions = await Promise.all(folders.flat().sort().map(listQuestions));
  return questions.flat();
}

async function listQuestions(id: string): Promise<Question[]> {
  const source = createFilesSource({ directory: fixture('field', id) });
  const { signal } = new AbortController();
  const range = await source.dataRange(signal).catch(() => null);
  if (range === null) {
    await source.close();
    return [];
  }
  const window = { from: range.oldest, to: range.newest };
  const services = await source.labelValues('service_name', { matchers: [], window }, signal);
  const middle = Math.round(range.oldest + BASELINE_PART * (range.newest - range.oldest));
  // A single profile has nothing before it.
  const [baseline, incident] =
    range.newest > range.oldest
      ? [
          { from: range.oldest, to: middle - 1 },
          { from: middle, to: range.newest },
        ]
      : [
          { from: range.oldest - 60_000, to: range.oldest - 1 },
          { from: range.oldest, to: range.oldest + 60_000 },
        ];
  return services.map((service) => ({ id, source, service, baseline, incident }));
}
