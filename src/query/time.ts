import { UNIT_MS } from '../duration.js';
import { UserError } from '../errors.js';
import { cutRight } from '../text/sanitise.js';

const RELATIVE = /^now(?:\s*-\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w))?$/i;
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|([+-])(\d{2}):?(\d{2}))?$/i;
/** A smaller epoch is in seconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const SECONDS_BELOW = 1e11;
/** End of the accepted years, 1970 to 2200: a time outside them is a slip of the unit or of a digit. */
const END = Date.UTC(2201, 0, 1);
const FORMS =
  'Use RFC 3339 with a zone ("2026-11-20T14:30:00Z"), epoch milliseconds, or "now-1h" (ms, s, m, h, d, w).';

/**
 * Reads a point in time: RFC 3339 with a zone, epoch milliseconds, or `now-1h`.
 *
 * @param argument name of the argument, for the error
 * @returns Unix ms, in the years 1970 to 2200
 * @throws UserError that names the value and a valid form
 */
export function parseTime(argument: string, value: string, now: number): number {
  const text = value.trim();
  const shown = `\`${argument}\` ${JSON.stringify(cutRight(text, 60))}`;
  const time = readRelative(text, now) ?? readEpoch(argument, text) ?? readDate(text, shown);
  if (time === null) throw new UserError(`${shown} is not a time.`, FORMS);
  if (!isInRange(time)) throw new UserError(`${shown} is outside the years 1970 to 2200.`, FORMS);
  return time;
}

function isInRange(time: number): boolean {
  return time >= 0 && time < END;
}

function readRelative(text: string, now: number): number | null {
  const match = RELATIVE.exec(text);
  if (match === null) return null;
  const [, amount, unit] = match;
  return Math.round(
    now - (amount === undefined ? 0 : Number(amount) * (UNIT_MS[unit?.toLowerCase() ?? ''] ?? 0)),
  );
}

function readEpoch(argument: string, text: string): number | null {
  if (!/^\d{9,}$/.test(text)) return null;
  const epoch = Number(text);
  if (epoch < SECONDS_BELOW && isInRange(epoch * 1000)) {
    throw new UserError(
      `\`${argument}\` ${text} looks like epoch seconds.`,
      `Epoch times are milliseconds: \`${argument}\`: ${epoch * 1000} (${new Date(epoch * 1000).toISOString()}).`,
    );
  }
  return epoch < SECONDS_BELOW ? epoch * 1000 : epoch;
}

function readDate(text: string, shown: string): number | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const [, , , , , , , fraction = '', zone, sign, zoneHour = '0', zoneMinute = '0'] = match;
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  utc.setUTCHours(hour, minute, second, Number(fraction.slice(0, 3).padEnd(3, '0')));
  const written = [year, month, day, hour, minute, second].join();
  const read = [
    utc.getUTCFullYear(),
    utc.getUTCMonth() + 1,
    utc.getUTCDate(),
    utc.getUTCHours(),
    utc.getUTCMinutes(),
    utc.getUTCSeconds(),
  ].join();
  if (written !== read || Number(zoneHour) > 23 || Number(zoneMinute) > 59) {
    throw new UserError(
      `${shown} does not exist in the calendar.`,
      'Months are 01 to 12 with 28 to 31 days, hours 00 to 23, minutes and seconds 00 to 59.',
    );
  }
  if (zone === undefined) {
    throw new UserError(
      `${shown} has no time zone.`,
      `Add one, for UTC: ${JSON.stringify(`${text.replace(' ', 'T')}Z`)}.`,
    );
  }
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (UNIT_MS.m ?? 0);
  return utc.getTime() - (sign === '-' ? -offset : offset);
}
