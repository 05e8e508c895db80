import path from 'node:path';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { AnswerCache } from '../schema/cache.js';
import { type SchemaOwner, schemaIdentity } from '../schema/identity.js';
import type { CachePlace, KeptAnswers } from '../schema/kept-answers.js';
import { createSchema, type Schema } from '../schema/schema.js';
import type { ProfileSource } from '../sources/source.js';
import { PACKAGE } from '../version.js';

/** The schemas of all sources, over one cache. */
export interface Schemas {
  schemaOf(source: ProfileSource): Schema;
  /** The part of the cache that an owner sees, for what else is learned; undefined where nothing is to be kept. */
  cacheOf(owner: SchemaOwner): AnswerCache | undefined;
  close(): Promise<void>;
}

/** Changes with the form of what is kept. */
const FOLDER = 'schema-1';

/**
 * Makes the schemas of the sources as they are asked for. The cache is opened with the first question, since its code
 * takes time to load; without it the schemas work on, and ask more.
 */
export function createSchemas(config: Config, log: Log): Schemas {
  const schemas = new WeakMap<ProfileSource, Schema>();
  const keeps = config.cache.url !== null || config.cache.directory !== 'none';
  let opened: Promise<KeptAnswers | null> | undefined;
  const open = () => {
    opened ??= openCache(config, log).catch((error: unknown) => {
      log.error('the schema cache cannot be opened, the server works on without it', error);
      return null;
    });
    return opened;
  };
  const cacheOf = (owner: SchemaOwner) => (keeps ? openedWhenNeeded(open, schemaIdentity(owner)) : undefined);
  return {
    cacheOf,
    schemaOf(source) {
      let schema = schemas.get(source);
      if (schema === undefined) {
        const owner = ownerOf(source, config);
        schema = createSchema(source, { cache: owner === null ? undefined : cacheOf(owner) });
        schemas.set(source, schema);
      }
      return schema;
    },
    async close() {
      await (await opened)?.close();
    },
  };
}

function openedWhenNeeded(open: () => Promise<KeptAnswers | null>, identity: string): AnswerCache {
  return {
    async recall(key, isAnswer, ask, ttlMs) {
      const kept = await open();
      return kept === null ? ask() : kept.of(identity).recall(key, isAnswer, ask, ttlMs);
    },
    async keep(key, answer, ttlMs) {
      await (await open())?.of(identity).keep(key, answer, ttlMs);
    },
  };
}

async function openCache({ cache }: Config, log: Log): Promise<KeptAnswers> {
  const [{ openKeptAnswers }, { xdgCache }] = await Promise.all([
    import('../schema/kept-answers.js'),
    import('xdg-basedir'),
  ]);
  const place: CachePlace =
    cache.url !== null
      ? { kind: 'redis', url: cache.url }
      : {
          kind: 'disk',
          directory: path.join(cache.directory ?? path.join(xdgCache ?? '.', PACKAGE.name), FOLDER),
        };
  return openKeptAnswers(place, (message) => log.warn(message));
}

/** Whose view of a source it is; null for one that is not worth keeping: a directory is near, and changes. */
function ownerOf(source: ProfileSource, config: Config): SchemaOwner | null {
  if (source.kind === 'grafana') return grafanaOwner(config, source.uid);
  if (source.kind !== 'pyroscope' || config.pyroscope === null) return null;
  const { url, tenant, token, username, password } = config.pyroscope;
  return { origin: url, org: tenant, source: source.uid, credential: [token, username, password] };
}

/** Whose view of a data source behind Grafana it is, or with no uid of Grafana itself. */
export function grafanaOwner({ grafana }: Config, uid: string): SchemaOwner | null {
  if (grafana === null) return null;
  const { url, orgId, token, tokenFile, username, password, headers } = grafana;
  return {
    origin: url,
    org: orgId === null ? null : String(orgId),
    source: uid,
    // A token that is read from a file anew is one credential under changing values.
    credential: [token, tokenFile, username, password, JSON.stringify(headers)],
  };
}
