import path from 'node:path';
import { type CallEnvironment, type CallResult, callTool } from '../../src/mcp/call.js';
import { createSchema, type Schema } from '../../src/schema/schema.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import { createRegistry, type RegistryStore, type SourceFinder } from '../../src/sources/registry.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { createLog } from '../../src/telemetry/log.js';
import { TOOLS } from '../../src/tools/index.js';
import { ROOT } from './root.js';

/** A path below fixtures/. */
export function fixture(...parts: string[]): string {
  return path.join(ROOT, 'fixtures', ...parts);
}

/** The five incidents, each with the window of its fault; `directory` is a files source. */
export const INCIDENTS = [
  { name: '01-checkout-cpu', directory: fixture('demo'), service: 'checkout-api' },
  ...[
    ['05-notify-goroutines', 'notification-hub'],
    ['08-auth-cpu', 'auth-gateway'],
    ['10-georouting-check', 'geo-routing'],
    ['16-storefront-latency', 'storefront-bff'],
  ].map(([name = '', service = '']) => ({ name, directory: fixture('incidents', name), service })),
] as const;

export const INCIDENT_WINDOW = { from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' } as const;

/** The clock of all tests. */
export const NOW = Date.parse('2026-11-20T15:00:00Z');

/** Makes the environment in which a test calls tools as a client would. */
export function createEnvironment(
  sources: readonly ProfileSource[],
  log: string[] = [],
  finder?: SourceFinder,
  getPatterns?: CallEnvironment['context']['getPatterns'],
): CallEnvironment {
  const schemas = new WeakMap<ProfileSource, Schema>();
  return {
    context: {
      sources: createRegistry(listStores(sources, finder)),
      getSchema(view) {
        const source = view.original ?? view;
        const schema = schemas.get(source) ?? createSchema(source);
        schemas.set(source, schema);
        return schema;
      },
      now: () => NOW,
      ...(getPatterns === undefined ? {} : { getPatterns }),
    },
    log: createLog('debug', (line) => log.push(line)),
    // A test has a time limit of its own; a deadline of the call would change its answer on a busy machine.
    deadlineMs: 600_000,
  };
}

/** The stores of these sources as flags would name them: servers, discovered sources, directories. */
function listStores(sources: readonly ProfileSource[], finder?: SourceFinder): RegistryStore[] {
  const named = (isLive: boolean) =>
    sources.filter((source) => source.isLive === isLive).map((source) => ({ name: null, source }));
  return [...named(true), ...(finder === undefined ? [] : [{ name: null, finder }]), ...named(false)];
}

/** Asks tools over the given sources through the call boundary. */
export function asker(...sources: ProfileSource[]): (tool: string, args?: object) => Promise<CallResult> {
  return askerIn(createEnvironment(sources));
}

/** Asks tools in an environment of the test's own. */
export function askerIn(environment: CallEnvironment): (tool: string, args?: object) => Promise<CallResult> {
  return (name, args = {}) => {
    const tool = TOOLS.find((candidate) => candidate.name === name);
    if (tool === undefined) throw new Error(`no tool ${name}`);
    return callTool(tool, args, environment, new AbortController().signal);
  };
}

/** Asks tools over a directory of profiles. */
export function askFiles(directory: string): ReturnType<typeof asker> {
  return asker(createFilesSource({ directory }));
}

/** The demo incident as a source. */
export function demoSource(): ProfileSource {
  return createFilesSource({ directory: fixture('demo'), uid: 'files' });
}
