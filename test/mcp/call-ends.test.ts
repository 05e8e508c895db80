import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { callTool } from '../../src/mcp/call.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import { listDataSources } from '../../src/tools/surface/list_data_sources.js';
import { createEnvironment, fixture } from '../support/ask.js';

/**
 * Entries of all collections that an object holds under symbols, where Node.js keeps what depends on a
 * signal.
 */
function entriesBehind(signal: AbortSignal): number {
  return Object.getOwnPropertySymbols(signal)
    .map((symbol): unknown => Reflect.get(signal, symbol))
    .reduce<number>((sum, value) => sum + measureSize(value), 0);
}

/** The collections of Node.js itself are no instances of `Set` and `Map`. */
function measureSize(value: unknown): number {
  if (typeof value !== 'object' || value === null || !('size' in value)) return 0;
  return typeof value.size === 'number' ? value.size : 0;
}

it('leaves nothing of a call behind in the signal that lives as long as the server', async () => {
  const stopped = new AbortController().signal;
  const environment = { ...createEnvironment([createFilesSource({ directory: fixture('demo') })]), stopped };
  const before = entriesBehind(stopped);
  for (let call = 0; call < 50; call++)
    await callTool(listDataSources, {}, environment, new AbortController().signal);
  expect(getEventListeners(stopped, 'abort')).toEqual([]);
  expect(entriesBehind(stopped)).toBe(before);
});
