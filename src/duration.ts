/** Milliseconds of the units in which people, and servers in their messages, write durations. */
export const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const YEAR_MS = 365 * 86_400_000;

/**
 * A duration as Go and Prometheus write it (`25h0m0s`, `1d12h`, `167h51m0.981s`), in milliseconds; null where
 * a text is none.
 */
export function parseDuration(text: string): number | null {
  // Seven units of some digits each; what is longer is a text of something else.
  if (text.length > 200 || !/^(?:[\d.]+(?:ms|[smhdwy]))+$/.test(text)) return null;
  const parts = [...text.matchAll(/([\d.]+)(ms|[smhdwy])/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? YEAR_MS), 0);
}

/**
 * Longest window that one request asks about, in milliseconds: a server lets a query span 24 h by default
 * (`max_query_length`), and an hour is left for rounding.
 */
export const LONGEST_QUERY_MS = 23 * 3_600_000;
