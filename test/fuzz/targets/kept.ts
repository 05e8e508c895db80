import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { isRows, isTexts } from '../../../src/schema/cache.js';
import { type CachePlace, openKeptAnswers } from '../../../src/schema/kept-answers.js';
import { realRedis, startRedis } from '../../support/redis.js';
import {
  byteChanges,
  changedBytes,
  changedJson,
  jsonChanges,
  jsonText,
  nastyJson,
  nastyText,
} from '../arbitraries.js';
import { defineTarget, type Target } from '../target.js';

// A cache on disk or in Redis may hold anything: there is always an answer, and it has the right form.

const TTL_MS = 60_000;
const NAMES = ['pod', 'region'];
const ROWS = [{ service_name: 'checkout-api', __profile_type__: 'cpu' }];

/** Recalls an answer of each kind from a cache that holds nothing valid. */
async function recallAll(place: CachePlace): Promise<void> {
  const kept = await openKeptAnswers(place, () => {});
  try {
    const cache = kept.cacheFor('owner');
    const texts = await cache.recall('names', isTexts, async () => NAMES, TTL_MS);
    const rows = await cache.recall('rows', isRows, async () => ROWS, TTL_MS);
    if (!isTexts(texts) || !isRows(rows)) throw new Error(`not an answer: ${JSON.stringify([texts, rows])}`);
  } finally {
    await kept.close();
  }
}

const spoiling = fc.oneof(
  { weight: 4, arbitrary: jsonChanges.map((changes) => ({ changes })) },
  { weight: 3, arbitrary: byteChanges.map((bytes) => ({ bytes })) },
  { weight: 1, arbitrary: nastyJson.map((json) => ({ json })) },
  { weight: 1, arbitrary: nastyText.map((text) => ({ text })) },
);

function spoiled(good: string, how: typeof spoiling extends fc.Arbitrary<infer T> ? T : never): string {
  if ('json' in how) return jsonText(how.json);
  if ('text' in how) return how.text;
  if ('bytes' in how) return Buffer.from(changedBytes(Buffer.from(good), how.bytes)).toString('latin1');
  return jsonText(changedJson(JSON.parse(good), how.changes));
}

/**
 * With `inner` the text of the cache library inside our file is spoiled, and the file itself stays valid.
 */
function spoiledFile(good: string, inner: boolean, how: Parameters<typeof spoiled>[1]): string {
  if (!inner) return spoiled(good, how);
  const entry: { value: string } = JSON.parse(good);
  return JSON.stringify({ ...entry, value: spoiled(entry.value, how) });
}

const onDisk = defineTarget('answers kept on disk', 100, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'kept-'));
  const place: CachePlace = { kind: 'disk', directory };
  await recallAll(place);
  const files = readdirSync(directory).map((name) => path.join(directory, name));
  const good = files.map((file) => readFileSync(file, 'utf8'));
  if (good.length !== 2) throw new Error(`${good.length} files are kept`);
  return {
    input: fc.tuple(spoiling, fc.boolean()),
    async check([how, inner]) {
      for (const [at, file] of files.entries()) writeFileSync(file, spoiledFile(good[at] ?? '', inner, how));
      await recallAll(place);
    },
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
});

const inRedis = defineTarget('answers kept in a Redis that others write to', 60, async () => {
  const redis = await startRedis();
  const place: CachePlace = { kind: 'redis', url: redis.url };
  await recallAll(place);
  const [good = ''] = [...(await redis.entries()).values()];
  if (good === '') throw new Error('nothing is kept');
  return {
    input: spoiling,
    async check(how) {
      await redis.spoil(spoiled(good, how));
      await recallAll(place);
    },
    close: redis.close,
  };
});

export const KEPT: readonly Target[] = realRedis().own ? [onDisk, inRedis] : [onDisk];
