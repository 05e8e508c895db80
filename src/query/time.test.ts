import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../errors.js';
import { parseTime } from './time.js';

const NOW = Date.parse('2026-11-20T15:00:00Z');
const HOUR = 3_600_000;

function refusal(value: string): string {
  try {
    return `taken: ${parseTime('from', value, NOW)}`;
  } catch (error) {
    if (error instanceof UserError) return `${error.message}\nNext: ${error.next}`;
    throw error;
  }
}

test.each([
  ['now', NOW],
  ['NOW', NOW],
  [' now-1h ', NOW - HOUR],
  ['now - 1.5 h', NOW - 1.5 * HOUR],
  ['now-250ms', NOW - 250],
  ['now-30s', NOW - 30_000],
  ['now-15m', NOW - HOUR / 4],
  ['now-2d', NOW - 48 * HOUR],
  ['now-1W', NOW - 7 * 24 * HOUR],
  ['1795384800000', 1795384800000],
  ['100000000000', 1e11],
  ['2026-11-20T14:30:00Z', NOW - HOUR / 2],
  ['2026-11-20t14:30:00z', NOW - HOUR / 2],
  ['2026-11-20 14:30Z', NOW - HOUR / 2],
  ['2026-11-20T14:30:00.123456789Z', NOW - HOUR / 2 + 123],
  ['2026-11-20T14:30:00.57Z', NOW - HOUR / 2 + 570],
  ['2026-11-20T16:30:00+02:00', NOW - HOUR / 2],
  ['2026-11-20T09:00:00-0530', NOW - HOUR / 2],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['1970-01-01T00:00:00Z', 0],
  ['2200-12-31T23:59:59Z', Date.UTC(2201, 0, 1) - 1000],
])('%s', (value, time) => {
  expect(parseTime('from', value, NOW)).toBe(time);
});

describe('times outside 1970 to 2200 are refused by name', () => {
  test.each([
    '99999999999999999',
    '8640000000000001',
    '7289654400000',
    '99999999999',
    '9'.repeat(400),
    'now-99999999w',
    `now-${'9'.repeat(400)}d`,
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:30:00+01:00',
    '2201-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0099-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ])('%s', (value) => {
    expect(refusal(value)).toMatch(/^`from` "[^"]+" is outside the years 1970 to 2200\.\nNext: Use RFC 3339/);
    expect(refusal(value)).toContain(value.slice(0, 59));
  });
});

describe('dates and times that do not exist are refused', () => {
  test.each([
    '2026-02-31T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T14:60:00Z',
    '2026-11-20T14:30:60Z',
    '2026-11-20T14:30:00+24:00',
    '2026-11-20T14:30:00+01:60',
    '2026-02-31T00:00:00',
  ])('%s', (value) => {
    expect(refusal(value)).toBe(
      `\`from\` "${value}" does not exist in the calendar.\nNext: Months are 01 to 12 with 28 to 31 days, hours 00 to 23, minutes and seconds 00 to 59.`,
    );
  });
});

test.each([
  '',
  'yesterday',
  'now+1h',
  'now-1y',
  'now-h',
  '12345678',
  '-5',
  '1e12',
  '2026-11-20',
  '2026-11-20T14Z',
])('"%s" is not a time', (value) => {
  expect(refusal(value)).toContain(`\`from\` "${value}" is not a time.\nNext: Use RFC 3339 with a zone`);
});

test('a time without a zone and epoch seconds get the corrected value', () => {
  expect(refusal('2026-11-20 14:30')).toBe(
    '`from` "2026-11-20 14:30" has no time zone.\nNext: Add one, for UTC: "2026-11-20T14:30Z".',
  );
  expect(refusal('1795384800')).toBe(
    '`from` 1795384800 looks like epoch seconds.\nNext: Epoch times are milliseconds: `from`: 1795384800000 (2026-11-22T22:00:00.000Z).',
  );
});

test('a long value is quoted in part', () => {
  expect(refusal('😀'.repeat(5_000)).length).toBeLessThan(300);
});

test('every time of 1970 to 2200 is read back, in every zone', () => {
  const times = fc.date({ min: new Date(0), max: new Date('2200-12-31T23:59:59.999Z'), noInvalidDate: true });
  fc.assert(
    fc.property(times, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const size = Math.abs(offset);
      const pad = (value: number) => String(value).padStart(2, '0');
      const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
      fc.pre(/^\d{4}-/.test(local));
      expect(parseTime('from', `${local}${zone}`, NOW)).toBe(date.getTime());
      expect(parseTime('from', date.toISOString(), NOW)).toBe(date.getTime());
    }),
  );
});

test('any text is a time that can be printed, or refused', () => {
  const part = fc.constantFrom(
    'now',
    '-',
    '1',
    '9'.repeat(20),
    'w',
    'h',
    '2026',
    '-02-31',
    'T',
    '25:00',
    'Z',
    ' ',
    '+',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(part).map((parts) => parts.join('')),
      ),
      (text) => {
        const message = refusal(text);
        if (!message.startsWith('taken: ')) return;
        expect(new Date(Number(message.slice(7))).toISOString()).toMatch(/^(?:19[7-9]\d|2[01]\d\d|2200)-/);
      },
    ),
    { numRuns: 1_000 },
  );
});
