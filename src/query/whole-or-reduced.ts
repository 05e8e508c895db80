import { UpstreamError, UserError } from '../errors.js';
import type { Measurement } from '../profile/measurement.js';
import type { MergedProfile, MergeQuery, ProfileSource, ReducedMerge } from '../sources/source.js';
import { formatValue } from '../text/units.js';
import type { ToolContext } from './context.js';

/** Time during which a query that was too large is not tried whole again, in ms. */
const REMEMBERED_MS = 10 * 60_000;
const MAX_REMEMBERED = 100;
/**
 * Minimum number of bytes after which a cut-off answer counts as too large. The reduced answer takes some
 * 95 kB for a large profile, so a connection that broke earlier would not deliver that either.
 */
const MIN_CUT_OFF = 128 * 2 ** 10;

/** A merged profile, whole or reduced; a reduced one carries the reason why it is not whole. */
export type Merge = MergedProfile & { reduced: (ReducedMerge & { reason: string }) | null };

/** A query that was too large once; with longer windows it is too large as well. */
interface TooLarge {
  span: number;
  askedAt: number;
  reason: string;
}

const tooLargeBySource = new WeakMap<ProfileSource, Map<string, TooLarge>>();

/**
 * Reads the merged profile of a query. The reduced profile of the source takes its place where the whole one
 * is too large, has not arrived after half of the call's time, or was cut off on the way (the transport has
 * tried twice by then). `profile` then holds the leaves, whose own cost alone is exact.
 *
 * @throws UpstreamError
 */
export async function readMerge(
  source: ProfileSource,
  query: MergeQuery,
  context: ToolContext,
): Promise<Merge> {
  const { signal, early, soon, now } = context;
  // Samples of a request are few, and a reduced merge would hold those of all.
  if (source.reduced === undefined || query.only !== undefined)
    return { ...(await source.profile(query, signal)), reduced: null };
  const memory = tooLargeBySource.get(source) ?? new Map<string, TooLarge>();
  tooLargeBySource.set(source, memory);
  const key = JSON.stringify([query.profileTypeId, query.matchers]);
  const span = query.window.to - query.window.from;
  const remembered = memory.get(key);
  const isKnown =
    remembered !== undefined && now() - remembered.askedAt < REMEMBERED_MS && span >= remembered.span;
  let reason = remembered?.reason ?? '';
  let failure: unknown;
  if (!isKnown) {
    try {
      const firstSignal = early === undefined ? signal : AbortSignal.any([signal, early]);
      return { ...(await source.profile(query, firstSignal)), reduced: null };
    } catch (error) {
      signal.throwIfAborted();
      const cause = whyNotWhole(error, early);
      if (cause === null) throw error;
      reason = cause;
      failure = error;
    }
  }
  const reduced = await source.reduced(query, soon ?? signal, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    // Both requests failed: the first failure is the one that the caller can mend.
    throw failure instanceof UpstreamError ? failure : error;
  });
  if (!isKnown) {
    memory.delete(key);
    memory.set(key, { span, askedAt: now(), reason });
    const [oldest] = memory.keys();
    if (memory.size > MAX_REMEMBERED && oldest !== undefined) memory.delete(oldest);
  }
  return { profile: reduced.leaves, notes: [], profiledSeconds: null, reduced: { ...reduced, reason } };
}

/** Number of bytes after which a large answer was cut off; null for any other failure. */
function largeCutOff(error: unknown): number | null {
  const bytes = error instanceof UpstreamError ? error.cutOffAfter : null;
  return bytes !== null && bytes >= MIN_CUT_OFF ? bytes : null;
}

/** Error texts of servers and proxies that refuse to pass an answer on because of its size. */
const TOO_LARGE =
  /larger than max|message (?:size|length)|too large|exceeds? .{0,60}(?:size|limit).{0,60}bytes/i;

/**
 * The reason why the whole profile could not be read, where a reduced one may be; null for other failures.
 */
function whyNotWhole(error: unknown, early: AbortSignal | undefined): string | null {
  if (early?.aborted) return 'the full profile did not arrive in half of the time that a call has';
  if (!(error instanceof UpstreamError)) return null;
  const { kind, detail, status } = error;
  if (kind === 'timeout') return 'the full profile did not arrive in time';
  if (kind === 'too_large') return `the full profile is too large (${detail})`;
  const cutOff = largeCutOff(error);
  if (cutOff !== null)
    return `the full profile was cut off on its way, twice, the last time after ${formatValue(cutOff, 'bytes')}`;
  return status === 413 || TOO_LARGE.test(detail)
    ? 'the store refused to send the full profile for its size'
    : null;
}

/**
 * Refuses a question that a reduced profile cannot answer.
 * @param what subject with which the error begins: `A ranking by total`
 * @throws UserError
 */
export function requireWhole({ reduced }: Measurement, what: string): void {
  if (reduced === null) return;
  throw new UserError(
    `${what} needs the full profile, and ${reduced.reason}.`,
    'Ask for a shorter window (from/to), or add a matcher to `selector` (one pod, one version); summarize_profile and query_profile with sort=self rank by own cost at any size.',
  );
}
