import { UserError } from '../errors.js';

const RELATIVE = /^now(?:\s*-\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w))?$/i;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const RFC3339 = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i;
/** Below this an epoch is in seconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const SECONDS_BELOW = 1e11;

/**
 * Reads a point in time: RFC 3339 with a zone, epoch milliseconds, or `now-1h`.
 *
 * @param argument name of the argument, for the error
 * @returns Unix ms
 * @throws UserError that names the value and a valid form
 */
export function parseTime(argument: string, value: string, now: number): number {
  const text = value.trim();
  const relative = RELATIVE.exec(text);
  if (relative !== null) {
    const [, amount, unit] = relative;
    return Math.round(
      now - (amount === undefined ? 0 : Number(amount) * (UNIT_MS[unit?.toLowerCase() ?? ''] ?? 0)),
    );
  }
  if (/^\d{9,}$/.test(text)) {
    const epoch = Number(text);
    if (epoch < SECONDS_BELOW) {
      throw new UserError(
        `\`${argument}\` ${text} looks like epoch seconds.`,
        `Epoch times are milliseconds: \`${argument}\`: ${epoch * 1000} (${new Date(epoch * 1000).toISOString()}).`,
      );
    }
    return epoch;
  }
  const zone = RFC3339.exec(text);
  const parsed = zone === null ? Number.NaN : Date.parse(text.replace(' ', 'T'));
  if (zone !== null && zone[1] === undefined) {
    throw new UserError(
      `\`${argument}\` ${JSON.stringify(text)} has no time zone.`,
      `Add one, for UTC: ${JSON.stringify(`${text.replace(' ', 'T')}Z`)}.`,
    );
  }
  if (Number.isNaN(parsed)) {
    throw new UserError(
      `\`${argument}\` ${JSON.stringify(text.slice(0, 60))} is not a time.`,
      'Use RFC 3339 with a zone ("2026-11-20T14:30:00Z"), epoch milliseconds, or "now-1h" (ms, s, m, h, d, w).',
    );
  }
  return parsed;
}
