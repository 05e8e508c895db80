import { UNIT_MS } from '../../duration.js';
import { parseTime } from '../time.js';

/** Steps of Grafana's date arithmetic: `-6h`, `+1d`, and `/d`, which rounds down or, for an end, up. */
const STEP = /([+-])(\d{1,7})(ms|[smhdwMQy])|\/([smhdwMQy])/gy;
/** Steps that one time may have. */
const MAX_STEPS = 10;
const MONTHS: Readonly<Record<string, number>> = { M: 1, Q: 3, y: 12 };
/** A smaller epoch is in seconds, as Pyroscope's own pages write it. */
const SECONDS_BELOW = 1e11;

/**
 * Reads a time of a page's address: an epoch in milliseconds or seconds, a date with a zone, or Grafana's
 * `now-1d/d`, in UTC.
 *
 * @param isEnd whether it ends a range, so that a rounded time is the end of its unit
 * @returns Unix ms; null for anything else
 */
export function readPageTime(text: string, now: number, isEnd: boolean): number | null {
  if (/^now/.test(text)) return readRelative(text.slice('now'.length), now, isEnd);
  if (/^\d{9,14}(?:\.\d+)?$/.test(text)) {
    const epoch = Number(text);
    return Math.round(epoch < SECONDS_BELOW ? epoch * 1000 : epoch);
  }
  try {
    return parseTime('from', text, now);
  } catch {
    return null;
  }
}

/** Whether a time depends on the time zone of whoever opens the page. */
export function isRounded(text: string): boolean {
  return /^now.*\/[dwMQy]/.test(text);
}

function readRelative(steps: string, now: number, isEnd: boolean): number | null {
  let time = now;
  let read = 0;
  let count = 0;
  for (const [whole, sign, amount, unit = '', rounded] of steps.matchAll(STEP)) {
    count++;
    read += whole.length;
    time =
      rounded === undefined
        ? moveTime(time, (sign === '-' ? -1 : 1) * Number(amount), unit)
        : roundTime(time, rounded, isEnd);
  }
  const isWhole = read === steps.length && count <= MAX_STEPS;
  return isWhole && time >= 0 && Number.isFinite(time) ? time : null;
}

function moveTime(time: number, amount: number, unit: string): number {
  const months = MONTHS[unit];
  if (months === undefined) return time + amount * (UNIT_MS[unit] ?? Number.NaN);
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + amount * months);
  // A month earlier than the 31st is the last day of a shorter month.
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, days));
  return date.getTime();
}

function roundTime(time: number, unit: string, isEnd: boolean): number {
  const start = findStart(time, unit);
  return isEnd ? moveTime(start, 1, unit) - 1 : start;
}

function findStart(time: number, unit: string): number {
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (unit === 'y') return Date.UTC(year, 0);
  if (unit === 'Q') return Date.UTC(year, month - (month % 3));
  if (unit === 'M') return Date.UTC(year, month);
  // Weeks begin on Monday.
  if (unit === 'w') return Date.UTC(year, month, date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  const size = UNIT_MS[unit] ?? 1;
  return Math.floor(time / size) * size;
}
