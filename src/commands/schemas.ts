import path from 'node:path';
import type { Config } from '../config/read.js';
import { type AnswerCache, KEPT_FORM } from '../schema/cache.js';
import { fingerprint, hash, schemaIdentity } from '../schema/identity.js';
import type { CachePlace, KeptAnswers } from '../schema/kept-answers.js';
import type { KeptRows, RowStore } from '../schema/rows.js';
import { createSchema, type Schema } from '../schema/schema.js';
import type { ProfileSource, SourceOwner } from '../sources/source.js';
import type { Log } from '../telemetry/log.js';
import { type Meter, NO_METER } from '../telemetry/meter.js';
import { PACKAGE } from '../version.js';

/** The schemas of all sources, over one cache. */
export interface Schemas {
  getSchema(source: ProfileSource): Schema;
  /**
   * The part of the cache that an owner sees, for what else is learned; undefined where nothing is to be
   * kept.
   */
  openCache(owner: SourceOwner): AnswerCache | undefined;
  /** Rows of an owner in the same place, which are kept for months; undefined where nothing is to be kept. */
  getRows(owner: SourceOwner): KeptRows | undefined;
}

/** The places where what is learned is kept. Each is opened with the first question, which takes time. */
export interface KeptPlaces {
  /** Null where they cannot be opened. */
  answers(): Promise<KeptAnswers | null>;
  rows(): Promise<RowStore>;
  close(): Promise<void>;
}

/** Makes the places that the configuration names; several environments may share them. */
export function createKeptPlaces(config: Config, log: Log): KeptPlaces {
  let opened: Promise<KeptAnswers | null> | undefined;
  let openedRows: Promise<RowStore> | undefined;
  return {
    answers() {
      opened ??= openConfiguredCache(config, log).catch((error: unknown) => {
        log.error('the schema cache cannot be opened, the server works on without it', error);
        return null;
      });
      return opened;
    },
    rows() {
      openedRows ??= openRows(config);
      return openedRows;
    },
    async close() {
      await Promise.all([opened, openedRows].map(async (place) => (await place)?.close()));
    },
  };
}

/**
 * Makes the schemas of the sources as they are asked for. The cache is opened with the first question, since
 * its code takes time to load; without it the schemas work on, and ask more.
 */
export function createSchemas(
  config: Config,
  { answers: open, rows: openStore }: KeptPlaces,
  meter: Meter = NO_METER,
): Schemas {
  const schemas = new WeakMap<ProfileSource, Schema>();
  const keeps = config.cache.url !== null || config.cache.directory !== 'none';
  const markOf = rememberedFingerprint();
  const openCache = (owner: SourceOwner) =>
    keeps ? openedWhenNeeded(open, createIdentity(owner, markOf)) : undefined;
  return {
    openCache,
    getSchema(view) {
      const source = view.original ?? view;
      let schema = schemas.get(source);
      if (schema === undefined) {
        const { owner } = source;
        schema = createSchema(source, { cache: owner === undefined ? undefined : openCache(owner), meter });
        schemas.set(source, schema);
      }
      return schema;
    },
    getRows(owner) {
      return keeps ? rowsWhenNeeded(openStore, createIdentity(owner, markOf)) : undefined;
    },
  };
}

/**
 * The owner's part of the cache, whoever the owner is by now: what one token learned is not read with the
 * next one in the same file. Without a cache, or credentials that can be read, there is none.
 */
function openedWhenNeeded(
  open: () => Promise<KeptAnswers | null>,
  identity: () => Promise<string | null>,
): AnswerCache {
  // In a thread of its own, while the code of the cache is loaded.
  void identity().catch(() => {});
  const part = async () => {
    const [keptAnswers, owner] = await Promise.all([open(), identity()]);
    return keptAnswers === null || owner === null ? null : keptAnswers.cacheFor(owner);
  };
  return {
    async recall(key, isAnswer, ask, ttlMs, whenOld) {
      const cache = await part();
      return cache === null ? ask() : cache.recall(key, isAnswer, ask, ttlMs, whenOld);
    },
    async keep(key, answer, ttlMs) {
      await (await part())?.keep(key, answer, ttlMs);
    },
  };
}

/** The owner's rows, whoever the owner is by now; none where the credentials cannot be read. */
function rowsWhenNeeded(open: () => Promise<RowStore>, identity: () => Promise<string | null>): KeptRows {
  const part = async () => {
    const [store, owner] = await Promise.all([open(), identity()]);
    return owner === null ? null : store.rowsFor(owner);
  };
  return {
    read: async () => (await part())?.read() ?? new Map(),
    change: async (changeOf) => (await part())?.change(changeOf),
  };
}

/** Credentials that are remembered with their fingerprints, those of rotated tokens among them. */
const REMEMBERED = 8;

/** Fingerprints, which are slow to compute, once for all the sources that are shown the same credentials. */
function rememberedFingerprint(): typeof fingerprint {
  const fingerprints = new Map<string, Promise<string>>();
  return (credential, origin) => {
    const now = hash(JSON.stringify([credential, origin]));
    const mark = fingerprints.get(now) ?? fingerprint(credential, origin);
    fingerprints.set(now, mark);
    for (const old of [...fingerprints.keys()].slice(0, -REMEMBERED)) fingerprints.delete(old);
    return mark;
  };
}

/** The identity of an owner as it is now; null where the credentials cannot be read. */
function createIdentity(owner: SourceOwner, markOf: typeof fingerprint): () => Promise<string | null> {
  return async () => {
    let credential: readonly (string | null)[];
    try {
      credential = await owner.credential();
    } catch {
      // The request itself will say so.
      return null;
    }
    return schemaIdentity({ ...owner, credential: [await markOf(credential, owner.origin)] });
  };
}

async function openConfiguredCache(config: Config, log: Log): Promise<KeptAnswers> {
  const [{ openKeptAnswers }, place] = await Promise.all([
    import('../schema/kept-answers.js'),
    findCachePlace(config),
  ]);
  return openKeptAnswers(place, (message) => log.warn(message));
}

async function openRows(config: Config): Promise<RowStore> {
  const [{ openKeptRows }, place] = await Promise.all([
    import('../schema/kept-rows.js'),
    findCachePlace(config),
  ]);
  return openKeptRows(place);
}

/** Finds the place where answers are kept, if the configuration has one. */
export async function findCachePlace({ cache }: Config): Promise<CachePlace> {
  if (cache.url !== null) return { kind: 'redis', url: cache.url };
  const { xdgCache } = await import('xdg-basedir');
  const directory = cache.directory ?? path.join(xdgCache ?? '.', PACKAGE.name);
  return { kind: 'disk', directory: path.join(directory, KEPT_FORM) };
}
