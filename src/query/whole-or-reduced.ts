import { UpstreamError, UserError } from '../errors.js';
import type { Measurement } from '../profile/measurement.js';
import type { MergedProfile, ProfileQuery, ProfileSource, ReducedMerge } from '../sources/source.js';
import { formatValue } from '../text/units.js';
import type { ToolContext } from './context.js';

/** How long a question that was too large is not asked whole again. */
const REMEMBERED_MS = 10 * 60_000;
const MAX_REMEMBERED = 100;
/**
 * An answer that was cut off after fewer bytes was not cut for its size: the own costs alone of a large
 * profile take some 95 kB, so what is asked for instead would not come either.
 */
const MIN_CUT_OFF = 128 * 2 ** 10;

/** A merge, whole or as far as it could be had, with the reason why it is not whole. */
export type Merge = MergedProfile & { reduced: (ReducedMerge & { reason: string }) | null };

/** A question that was too large once: longer windows of it are, too. */
interface TooLarge {
  span: number;
  at: number;
  reason: string;
}

const known = new WeakMap<ProfileSource, Map<string, TooLarge>>();

/**
 * The merge of a query. Where it is too large to be read, has not come after half of the call's time, or is
 * cut off on the way (the transport has tried twice by then), what the source can give of it instead; then
 * `profile` holds the leaves, of which only own cost is whole.
 *
 * @throws UpstreamError
 */
export async function readMerge(
  source: ProfileSource,
  query: ProfileQuery,
  context: ToolContext,
): Promise<Merge> {
  const { signal, early, soon, now } = context;
  if (source.reduced === undefined) return { ...(await source.profile(query, signal)), reduced: null };
  const memory = known.get(source) ?? new Map<string, TooLarge>();
  known.set(source, memory);
  const key = JSON.stringify([query.profileTypeId, query.matchers]);
  const span = query.window.to - query.window.from;
  const before = memory.get(key);
  const isKnown = before !== undefined && now() - before.at < REMEMBERED_MS && span >= before.span;
  let reason = before?.reason ?? '';
  let failure: unknown;
  if (!isKnown) {
    try {
      const first = early === undefined ? signal : AbortSignal.any([signal, early]);
      return { ...(await source.profile(query, first)), reduced: null };
    } catch (error) {
      signal.throwIfAborted();
      const why = whyNotWhole(error, early);
      if (why === null) throw error;
      reason = why;
      failure = error;
    }
  }
  const reduced = await source.reduced(query, soon ?? signal, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    // What was asked for first failed for a reason that the caller can do something about.
    throw failure instanceof UpstreamError ? failure : error;
  });
  if (!isKnown) {
    memory.delete(key);
    memory.set(key, { span, at: now(), reason });
    const [oldest] = memory.keys();
    if (memory.size > MAX_REMEMBERED && oldest !== undefined) memory.delete(oldest);
  }
  return { profile: reduced.leaves, notes: [], profiledSeconds: null, reduced: { ...reduced, reason } };
}

/** After how many bytes a large answer was cut off; null for any other failure. */
function largeCutOff(error: unknown): number | null {
  const after = error instanceof UpstreamError ? error.cutOffAfter : null;
  return after !== null && after >= MIN_CUT_OFF ? after : null;
}

/** What servers and proxies say of an answer that they will not pass on for its size. */
const TOO_LARGE =
  /larger than max|message (?:size|length)|too large|exceeds? .{0,60}(?:size|limit).{0,60}bytes/i;

/** Why the whole could not be read, where less of it may be; null for any other failure. */
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
 * Refuses what cannot be said of a profile that was read in part.
 * @param what begins a sentence: `A ranking by total`
 * @throws UserError
 */
export function needsWhole({ reduced }: Measurement, what: string): void {
  if (reduced === null) return;
  throw new UserError(
    `${what} needs the full profile, and ${reduced.reason}.`,
    'Ask for a shorter window (from/to), or add a matcher to `selector` (one pod, one version); summarize_profile and query_profile with sort=self rank by own cost at any size.',
  );
}
