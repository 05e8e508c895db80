import { expect, test } from 'vitest';
import { isRounded, readPageTime } from './page-time.js';

/** A Friday. */
const NOW = Date.parse('2026-11-20T15:20:30.500Z');
const at = (text: string, isEnd = false) => {
  const time = readPageTime(text, NOW, isEnd);
  return time === null ? null : new Date(time).toISOString();
};

test.each([
  ['now', '2026-11-20T15:20:30.500Z', '2026-11-20T15:20:30.500Z'],
  ['now-6h', '2026-11-20T09:20:30.500Z', '2026-11-20T09:20:30.500Z'],
  ['now-90m', '2026-11-20T13:50:30.500Z', '2026-11-20T13:50:30.500Z'],
  ['now+1d', '2026-11-21T15:20:30.500Z', '2026-11-21T15:20:30.500Z'],
  ['now-1w', '2026-11-13T15:20:30.500Z', '2026-11-13T15:20:30.500Z'],
  ['now-2M', '2026-09-20T15:20:30.500Z', '2026-09-20T15:20:30.500Z'],
  ['now-1Q', '2026-08-20T15:20:30.500Z', '2026-08-20T15:20:30.500Z'],
  ['now-1y', '2025-11-20T15:20:30.500Z', '2025-11-20T15:20:30.500Z'],
  ['now/m', '2026-11-20T15:20:00.000Z', '2026-11-20T15:20:59.999Z'],
  ['now/h', '2026-11-20T15:00:00.000Z', '2026-11-20T15:59:59.999Z'],
  ['now/d', '2026-11-20T00:00:00.000Z', '2026-11-20T23:59:59.999Z'],
  ['now-1d/d', '2026-11-19T00:00:00.000Z', '2026-11-19T23:59:59.999Z'],
  ['now/w', '2026-11-16T00:00:00.000Z', '2026-11-22T23:59:59.999Z'],
  ['now/M', '2026-11-01T00:00:00.000Z', '2026-11-30T23:59:59.999Z'],
  ['now-1M/M', '2026-10-01T00:00:00.000Z', '2026-10-31T23:59:59.999Z'],
  ['now/Q', '2026-10-01T00:00:00.000Z', '2026-12-31T23:59:59.999Z'],
  ['now/y', '2026-01-01T00:00:00.000Z', '2026-12-31T23:59:59.999Z'],
  ['now/d+6h', '2026-11-20T06:00:00.000Z', '2026-11-21T05:59:59.999Z'],
  ['1763652030', '2025-11-20T15:20:30.000Z', '2025-11-20T15:20:30.000Z'],
  ['1763652030500', '2025-11-20T15:20:30.500Z', '2025-11-20T15:20:30.500Z'],
  ['1763652030.25', '2025-11-20T15:20:30.250Z', '2025-11-20T15:20:30.250Z'],
  ['2026-11-20T12:00:00.000Z', '2026-11-20T12:00:00.000Z', '2026-11-20T12:00:00.000Z'],
  ['2026-11-20T12:00:00+02:00', '2026-11-20T10:00:00.000Z', '2026-11-20T10:00:00.000Z'],
])('%s', (text, start, end) => {
  expect([at(text), at(text, true)]).toEqual([start, end]);
});

test('a month before its last day is the last day of a shorter one', () => {
  const time = readPageTime('now-1M', Date.parse('2026-03-31T10:00:00Z'), false);
  expect(new Date(time ?? 0).toISOString()).toBe('2026-02-28T10:00:00.000Z');
});

test.each([
  'now-',
  'now/',
  'now-1',
  'now-1x',
  'now/fy',
  'nowhere',
  'now - 1h',
  'now-99999y',
  'now-1h'.padEnd(60, '-1h'),
  '12',
  '2026-11-20',
  '2026-11-20T12:00:00',
  'yesterday',
  '',
])('%j is no time', (text) => {
  expect(at(text)).toBeNull();
});

test('a time is rounded in the zone of whoever opens the page from a day on', () => {
  expect(['now/d', 'now-1w/w', 'now/M', 'now/h', 'now-1d', '1763652030'].map(isRounded)).toEqual([
    ...[true, true, true, false, false, false],
  ]);
});
