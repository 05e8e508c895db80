import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { CallEnvironment } from '../mcp/call.js';
import { createSchema, type Schema } from '../schema/schema.js';
import { createFilesSource } from '../sources/files/source.js';
import { createPyroscopeSource } from '../sources/pyroscope/source.js';
import { createRegistry, type SourceRegistry } from '../sources/registry.js';
import type { ProfileSource } from '../sources/source.js';

/** Where a command writes: answers to `out`, everything else to `err`. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
}

/** The sources that the configuration names, the default first. */
export function createSources(config: Config): SourceRegistry {
  const sources: ProfileSource[] = [];
  if (config.pyroscope !== null) {
    sources.push(
      createPyroscopeSource({
        name: 'pyroscope',
        uid: 'pyroscope',
        ...config.pyroscope,
        timeoutMs: config.requestTimeoutMs,
        maxResponseBytes: config.maxResponseBytes,
      }),
    );
  }
  if (config.profiles !== null) sources.push(createFilesSource({ directory: config.profiles, uid: 'files' }));
  return createRegistry(sources);
}

/** Everything that a tool call needs, made once per process. */
export function createEnvironment(config: Config, log: Log): CallEnvironment {
  const sources = createSources(config);
  const schemas = new Map<ProfileSource, Schema>(sources.all.map((source) => [source, createSchema(source)]));
  return {
    context: {
      sources,
      schemaOf: (source) => schemas.get(source) ?? createSchema(source),
      now: Date.now,
    },
    log,
    deadlineMs: config.callTimeoutMs,
  };
}
