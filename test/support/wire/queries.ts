import { z } from 'zod';
import type { Matcher } from '../../../src/sources/source.js';
import { goJson, invalid, RpcError } from './connect.js';
import { readSelector, SelectorError } from './selector.js';
import { type ParsedType, parseType } from './types.js';

// Requests as the handlers take them, and what the server refuses about them, word for word as recorded.

/** `int64` is a text in protojson; zero values are absent. */
const int64 = z
  .string()
  .default('0')
  .transform((text) => Number(text));
const text = z.string().default('');
const texts = z.array(z.string()).default([]);
const number = z.number().default(0);

const times = { start: int64, end: int64 };
const selected = { ...times, profileTypeID: text, labelSelector: text };
const stackTraceSelector = z
  .object({
    callSite: z.array(z.object({ name: text })).default([]),
    goPgo: z.object({ keepLocations: number, aggregateCallees: z.boolean().default(false) }).optional(),
  })
  .default({ callSite: [] });

export const rangeRequest = z.object({ ...times, matchers: texts, name: text, labelNames: texts });
export const mergeRequest = z.object({
  ...selected,
  maxNodes: int64,
  format: z.union([z.string(), z.number()]).default(''),
  stackTraceSelector,
  profileIdSelector: texts,
  spanSelector: texts,
  traceIdSelector: texts,
});
export const steppedRequest = z.object({
  ...selected,
  step: number,
  groupBy: texts,
  limit: int64,
  aggregation: text,
  exemplarType: text,
  queryType: text,
});
export type RangeRequest = z.infer<typeof rangeRequest>;
export type MergeRequest = z.infer<typeof mergeRequest>;

/** How long a window may be. */
export interface Limits {
  /** Milliseconds, null for no limit (`max_query_length`). */
  maxQueryLength: number | null;
  /**
   * Milliseconds before now, null for no limit (`max_query_lookback`); what lies before is cut off without a
   * word.
   */
  maxQueryLookback: number | null;
  now(): number;
}

const MAX_NODES = 1_048_576;
const DEFAULT_NODES = 8192;

/**
 * The window of a request, clamped to the lookback; null where nothing is left of it.
 * @throws RpcError
 */
export function readRange(
  { start, end }: { start: number; end: number },
  { maxQueryLength, maxQueryLookback, now }: Limits,
): { from: number; to: number } | null {
  if (start === 0 || end === 0) throw invalid('missing time range in the query');
  if (start > end) throw invalid('query start time is after end time');
  const oldest = maxQueryLookback === null ? Number.NEGATIVE_INFINITY : now() - maxQueryLookback;
  if (end < oldest) return null;
  const from = Math.max(start, oldest);
  if (maxQueryLength !== null && end - from > maxQueryLength) {
    const [actual, limit] = [goDuration(end - from), promDuration(maxQueryLength)];
    throw invalid(
      `the query time range exceeds the limit (max_query_length, actual: ${actual}, limit: ${limit})`,
    );
  }
  return { from, to: end };
}

/** Matchers of label queries; all hold. */
export function readMatchers(selectors: readonly string[]): Matcher[] {
  return selectors.flatMap((selector) => {
    try {
      return readSelector(selector);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      const named = `failed to parse label selector ${JSON.stringify(selector)}`;
      throw invalid(`parsing label selector: ${named}: ${error.message}`);
    }
  });
}

/**
 * The type and selector of a profile query. v1 storage refuses in JSON within JSON.
 * @throws RpcError
 */
export function readSelection(
  { profileTypeID, labelSelector }: { profileTypeID: string; labelSelector: string },
  v1: boolean,
): { type: ParsedType; matchers: Matcher[] } {
  return {
    type: v1 ? doubly(() => parseType(profileTypeID)) : parseType(profileTypeID),
    matchers: readLabelSelector(labelSelector, v1),
  };
}

function readLabelSelector(labelSelector: string, v1: boolean): Matcher[] {
  try {
    return readSelector(labelSelector);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    const { message } = error;
    if (v1)
      return doubly(() => {
        throw invalid(message);
      });
    throw invalid(`parsing label selector ${JSON.stringify(labelSelector)}: ${message}`);
  }
}

function doubly<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw invalid(goJson({ code: error.code, message: error.message }));
  }
}

/** @throws RpcError; only flame graphs and trees are refused */
export function readMaxNodes(maxNodes: number): number {
  if (maxNodes < 0) throw invalid(`max flamegraph nodes limit must be set (max allowed ${MAX_NODES})`);
  if (maxNodes > MAX_NODES) {
    throw invalid(`max flamegraph nodes limit ${maxNodes} is greater than allowed ${MAX_NODES}`);
  }
  return maxNodes === 0 ? DEFAULT_NODES : maxNodes;
}

/**
 * Checks the form of ids, as v2 storage does where it reads them.
 * @throws RpcError
 */
export function checkIds({
  spanSelector,
  traceIdSelector,
  profileIdSelector,
}: Pick<MergeRequest, 'spanSelector' | 'traceIdSelector' | 'profileIdSelector'>): void {
  if (spanSelector.length > 0 && traceIdSelector.length > 0) {
    throw invalid('span_selector and trace_id_selector cannot be combined');
  }
  const fail = (detail: string) => new RpcError('unknown', `rpc error: code = Unknown desc = ${detail}`);
  for (const id of spanSelector) {
    if (id.length !== 16) throw fail(`invalid span id length: ${JSON.stringify(id)}`);
  }
  for (const id of traceIdSelector) {
    if (id.length !== 32) throw fail(`invalid trace id length: ${JSON.stringify(id)}`);
  }
  for (const id of profileIdSelector) if (id.length !== 36) throw fail(`invalid UUID length: ${id.length}`);
}

/** `25h0m0s`, as Go writes durations. */
function goDuration(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const seconds = (milliseconds % 60_000) / 1000;
  return `${hours}h${minutes}m${seconds}s`;
}

/** `1d`, as Prometheus writes durations. */
function promDuration(milliseconds: number): string {
  let rest = milliseconds;
  const parts = (
    [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['m', 60_000],
      ['s', 1000],
      ['ms', 1],
    ] as const
  ).map(([unit, size]) => {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return amount === 0 ? '' : `${amount}${unit}`;
  });
  return parts.join('') || '0s';
}
