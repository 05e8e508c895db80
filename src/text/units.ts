/** Three significant digits without trailing zeros: 12.3, 0.045, 1230. */
function digits(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.max(0, Math.min(6, 2 - magnitude));
  const text = value
    .toFixed(decimals)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
  return text === '-0' ? '0' : text;
}

const SECONDS: readonly [number, string][] = [
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
];
const BYTES: readonly [number, string][] = [
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
  [1, 'B'],
];
const COUNTS: readonly [number, string][] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
];
function scaled(value: number, steps: readonly [number, string][]): string {
  const magnitude = Math.abs(value);
  const [size, suffix] = steps.find(([step]) => magnitude >= step * 0.9995) ?? steps.at(-1) ?? [1, ''];
  return suffix === '' ? digits(value / size) : `${digits(value / size)} ${suffix}`;
}

/**
 * A value of a profile in words: `525 ms`, `24.3 MiB`, `1.2 k goroutines`. Unknown units are named as they
 * are.
 */
export function formatValue(value: number, unit: string, noun = ''): string {
  const seconds = secondsPerUnit(unit);
  if (seconds !== null) return scaled(value * seconds, SECONDS);
  const bytes = bytesPerUnit(unit);
  if (bytes !== null) return scaled(value * bytes, BYTES);
  const number = scaled(value, COUNTS).replace(' ', '');
  const word = isCountUnit(unit) ? noun : unit;
  return word === '' ? number : `${number} ${word}`;
}

/** A rate in its unit: `2.4 cores`, `12 MiB/s`, `66.7/s`. */
export function formatRate(rate: number, rateUnit: string): string {
  if (rateUnit === 'bytes/s') return `${scaled(rate, BYTES)}/s`;
  const number = digits(rate);
  if (rateUnit.startsWith('/')) return `${number}${rateUnit}`;
  return number === '1' && rateUnit === 'cores' ? '1 core' : `${number} ${rateUnit}`;
}

/** A share as a percentage with the digits it deserves: 58.3%, 4.2%, 0.04%, -25.0%. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const magnitude = Math.abs(percent);
  if (percent === 0) return '0%';
  if (magnitude < 0.005) return '0.00%';
  if (magnitude >= 99.95 && magnitude < 100.05) return percent < 0 ? '-100%' : '100%';
  return `${percent.toFixed(magnitude >= 0.1 ? 1 : 2)}%`;
}

/** A factor with three significant digits, as a plain number: 0.950, 2.00, 12.3, 2,880. */
export function formatFactor(factor: number): string {
  const text = factor.toPrecision(3);
  if (!text.includes('e')) return text;
  return factor < 1 ? factor.toFixed(2) : Number(text).toLocaleString('en-US');
}

/** Unix ms as RFC 3339 in UTC; milliseconds only where there are any. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

const DAY_HOURS = 24;

/** A span of time in words: 45 s, 1.5 min, 15 min, 1 h 30 min, 7 days, 2 days 6 h. */
export function formatSpan(ms: number): string {
  if (ms < 0) return `-${formatSpan(-ms)}`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${digits(seconds)} s`;
  if (seconds < 59.95 * 60) return `${digits(seconds / 60)} min`;
  const minutes = Math.round(seconds / 60);
  const hours = Math.round(seconds / 3600);
  if (hours < 2 * DAY_HOURS) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  return pair(Math.floor(hours / DAY_HOURS), 'days', hours % DAY_HOURS, 'h');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Spellings of the units of time, as pprof reads them (`internal/measurement` of google/pprof). */
const TIME_UNITS: readonly (readonly [seconds: number, words: string])[] = [
  [1e-9, 'nanosecond nanoseconds nanos nsec ns'],
  [1e-6, 'microsecond microseconds micros usec us µs μs'],
  [1e-3, 'millisecond milliseconds millis msec ms'],
  [1, 'second seconds secs sec s'],
  [60, 'minute minutes mins min'],
  [3600, 'hour hours hrs hr h'],
];
const SECONDS_PER: ReadonlyMap<string, number> = new Map(
  TIME_UNITS.flatMap(([seconds, words]) => words.split(' ').map((word) => [word, seconds] as const)),
);

/** Seconds per value of a time unit (`nanoseconds`, `ns` → 1e-9); null for a unit that is no time. */
export function secondsPerUnit(unit: string): number | null {
  return SECONDS_PER.get(unit.toLowerCase()) ?? null;
}

/** Spellings of the units of memory; all are powers of 1024, as pprof reads them. */
const BYTE_UNITS: readonly (readonly [bytes: number, words: string])[] = [
  [1, 'b byte bytes'],
  [2 ** 10, 'kb kbyte kbytes kilobyte kilobytes kib kibibyte kibibytes'],
  [2 ** 20, 'mb mbyte mbytes megabyte megabytes mib mebibyte mebibytes'],
  [2 ** 30, 'gb gbyte gbytes gigabyte gigabytes gib gibibyte gibibytes'],
  [2 ** 40, 'tb tbyte tbytes terabyte terabytes tib tebibyte tebibytes'],
];
const BYTES_PER: ReadonlyMap<string, number> = new Map(
  BYTE_UNITS.flatMap(([bytes, words]) => words.split(' ').map((word) => [word, bytes] as const)),
);

/** Bytes per value of a unit of memory (`kilobytes`, `KiB`, `kB` → 1024); null for another unit. */
export function bytesPerUnit(unit: string): number | null {
  return BYTES_PER.get(unit.toLowerCase()) ?? null;
}

/** Whether values of a unit are plain numbers of things: of samples, events or objects. */
export function isCountUnit(unit: string): boolean {
  return /^(?:counts?|1)$/i.test(unit);
}

/** A number with its noun, which gets an `s` unless the number is 1: `1 pod`, `2 pods`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
