import pMap from 'p-map';
import { LONGEST_QUERY_MS } from '../duration.js';
import { UpstreamError } from '../errors.js';
import type { Schema } from '../schema/schema.js';
import type { ProfileSource, Window } from '../sources/source.js';
import type { QueryPattern } from './pattern.js';
import { type LiveSchema, labelsWithValues } from './validate.js';

const MINUTE = 60_000;
/** Labels whose values are asked for, one request each where they are not remembered. */
const MAX_LABELS = 10;
const CONCURRENCY = 4;

/** Access to what sources hold, with the clock and the end of the call. */
interface SchemaAccess {
  getSchema(source: ProfileSource): Schema;
  now(): number;
  signal: AbortSignal;
}

/**
 * Reads the services, types and labels that a source has had for up to a day, with the values that the
 * patterns ask for: those of the team's own label for services, and of the labels that the best patterns
 * match. Null where the source does not answer.
 */
export async function readLiveSchema(
  source: ProfileSource,
  patternsOf: Promise<{ patterns: readonly QueryPattern[]; label: string | null }>,
  context: SchemaAccess,
): Promise<LiveSchema | null> {
  const to = Math.ceil(context.now() / MINUTE) * MINUTE;
  const window = { from: to - LONGEST_QUERY_MS, to };
  const schema = context.getSchema(source);
  try {
    const [labelNames, servicesAndTypes, { patterns, label }] = await Promise.all([
      schema.labelNames([], window, context.signal),
      schema.servicesAndTypes([], window, context.signal),
      patternsOf,
    ]);
    const neededLabels = [...(label === null ? [] : [label]), ...labelsWithValues(patterns)];
    const labels = [...new Set(neededLabels)]
      .filter((name) => labelNames.includes(name))
      .slice(0, MAX_LABELS);
    return { labelNames, servicesAndTypes, values: await readValues(labels, source, window, context) };
  } catch (error) {
    if (error instanceof UpstreamError) return null;
    throw error;
  }
}

/** Values by label; a label that the source does not answer for is left out. */
async function readValues(
  labels: readonly string[],
  source: ProfileSource,
  window: Window,
  context: SchemaAccess,
): Promise<Map<string, readonly string[]>> {
  const schema = context.getSchema(source);
  const entries = await pMap(
    labels,
    async (name): Promise<[string, string[]][]> => {
      try {
        return [[name, await schema.labelValues(name, [], window, context.signal)]];
      } catch (error) {
        if (error instanceof UpstreamError) return [];
        throw error;
      }
    },
    { concurrency: CONCURRENCY },
  );
  return new Map(entries.flat());
}
