import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { schemaIdentity } from '../../src/schema/identity.js';
import { type CachePlace, openKeptAnswers } from '../../src/schema/kept-answers.js';
import { createSchema } from '../../src/schema/schema.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { schemaSource } from './schema-source.js';

// Processes that keep what they learn of a source.

export const SECRET = 'glsa_planted-s3cret-hunter2';
export const OWNER = { origin: 'https://pyroscope.example', org: null, source: 'prod', credential: [SECRET] };
export const IDENTITY = schemaIdentity(OWNER);
export const never = () => new AbortController().signal;
const quiet = () => {};

export async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'schema-'));
  onTestFinished(() => rm(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

export async function open(place: CachePlace, warn: (message: string) => void = quiet) {
  const kept = await openKeptAnswers(place, warn);
  onTestFinished(() => kept.close());
  return kept;
}

/** A source whose label names can be changed, and that counts how often it is asked. */
export function source(names: string[] = ['pod']) {
  const state = { names, asked: 0, down: false, answers: Promise.resolve() };
  const ask = async () => {
    state.asked++;
    await state.answers;
    if (state.down) throw new Error('down');
    return state.names;
  };
  const made = schemaSource({
    labelNames: ask,
    labelValues: ask,
    series: async () => (await ask()).map((name) => ({ service_name: name, __profile_type__: 't' })),
  });
  return { state, source: made };
}

export const MINUTE = 60_000;

/** A process with its clock: its own memory over a cache. */
export async function process(
  place: CachePlace,
  of: ProfileSource,
  clock: { now: number },
  identity = IDENTITY,
) {
  const kept = await open(place);
  const schema = createSchema(of, { cache: kept.cacheFor(identity), now: () => clock.now });
  const lastHour = () => ({ from: clock.now - 60 * MINUTE, to: clock.now });
  return {
    schema,
    names: () => schema.labelNames([], lastHour(), never()),
    freshNames: () => schema.fresh.labelNames([], lastHour(), never()),
    services: () => schema.servicesAndTypes([], lastHour(), never()),
  };
}
