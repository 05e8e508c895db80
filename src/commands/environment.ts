import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { CallEnvironment } from '../mcp/call.js';
import { createRegistry, type SourceRegistry } from '../sources/registry.js';
import type { ProfileSource } from '../sources/source.js';
import { createSchemas } from './schemas.js';

/** Where a command writes: answers to `out`, everything else to `err`. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Shows how far a long call is, on a terminal; null clears the line. */
  progress?: (done: number | null) => void;
}

/** The sources that the configuration names, the default first. Loads only the code that they need: start-up counts. */
export async function createSources(config: Config): Promise<SourceRegistry> {
  const sources: ProfileSource[] = [];
  if (config.pyroscope !== null) {
    const { createPyroscopeSource } = await import('../sources/pyroscope/source.js');
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
  if (config.profiles !== null) {
    const { createFilesSource } = await import('../sources/files/source.js');
    sources.push(createFilesSource({ directory: config.profiles, uid: 'files' }));
  }
  return createRegistry(sources);
}

/** Everything that a tool call needs, made once per process. */
export async function createEnvironment(config: Config, log: Log): Promise<CallEnvironment> {
  const sources = await createSources(config);
  const schemas = createSchemas(config, log);
  return {
    context: {
      sources: {
        ...sources,
        async close() {
          await Promise.all([sources.close(), schemas.close()]);
        },
      },
      schemaOf: schemas.schemaOf,
      now: Date.now,
    },
    log,
    deadlineMs: config.callTimeoutMs,
  };
}
