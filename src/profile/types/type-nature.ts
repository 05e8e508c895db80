import { bytesPerUnit, isCountUnit, secondsPerUnit } from '../../text/units.js';
import type { Dimension, Nature } from './rows/row.js';

/** The dimension of a unit; null for an unknown one. */
export function findDimension(unit: string): Dimension | null {
  if (secondsPerUnit(unit) !== null) return 'time';
  if (bytesPerUnit(unit) !== null) return 'bytes';
  return isCountUnit(unit) ? 'count' : null;
}

/** Words for something that is there at one moment. */
const STATES: ReadonlySet<string> = new Set([
  ...[
    'inuse',
    'live',
    'alive',
    'current',
    'open',
    'resident',
    'rss',
    'held',
    'retained',
    'pending',
    'queued',
  ],
  ...['goroutine', 'goroutines', 'thread', 'threads', 'threadcreate', 'fibers', 'tasks', 'connections'],
  ...['handles', 'fds', 'sockets', 'leak', 'leaks', 'leaked', 'goroutineleak', 'size', 'usage', 'depth'],
]);
/** Words for something that happened. They win over those for states: `open_calls` counts calls. */
const EVENTS: ReadonlySet<string> = new Set([
  ...['alloc', 'allocs', 'allocated', 'allocations', 'created', 'calls', 'count', 'total', 'events', 'sent'],
  ...['received', 'read', 'written', 'requests', 'errors', 'freed', 'samples', 'faults', 'misses', 'opened'],
]);
/** Words for time that passes while others are waited for. */
const WAITS: ReadonlySet<string> = new Set([
  ...['wait', 'waits', 'waiting', 'lock', 'locks', 'locked', 'block', 'blocked', 'blocking', 'contention'],
  ...['contentions', 'delay', 'stall', 'stalled', 'park', 'parked', 'mutex', 'semaphore', 'queue'],
]);
/** Words for time that code spends. */
const TIMES: ReadonlySet<string> = new Set(['cpu', 'wall', 'wallclock']);

/**
 * The nature of a type that is not in the table, by its unit and the words of its name: time is waiting where
 * a word says so, else the time of code where `cpu` or `wall` is a word of it, else an amount; anything else
 * is a level where its sample type, or else its name, speaks of a state, and otherwise an amount.
 */
export function natureByName(name: string, sampleType: string, unit: string): Nature {
  const sampleWords = splitWords(sampleType);
  const words = [...splitWords(name), ...sampleWords];
  const has = (words: readonly string[], known: ReadonlySet<string>) => words.some((word) => known.has(word));
  if (findDimension(unit) === 'time') {
    if (has(sampleWords, WAITS) || (has(words, WAITS) && !has(sampleWords, TIMES))) return 'wait';
    return has(sampleWords, TIMES) || (sampleType === '' && has(words, TIMES)) ? 'time' : 'amount';
  }
  if (has(sampleWords, EVENTS)) return 'amount';
  if (has(sampleWords, STATES)) return 'level';
  return !has(words, EVENTS) && has(words, STATES) ? 'level' : 'amount';
}

/** `in_use`, `inUse` and `inuse` are one word; otherwise words end at every other sign and capital letter. */
function splitWords(text: string): string[] {
  return text
    .slice(0, 200)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/in_use|in-use/g, 'inuse')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** Endings of a count that say nothing about what is counted. */
const EMPTY_NOUNS: ReadonlySet<string> = new Set([
  'count',
  'counts',
  'total',
  'number',
  'num',
  'unnamed',
  '',
]);

/**
 * The plural noun for what a sample type counts: `inuse_objects` → objects, `lock_count` → locks; '' where it
 * says nothing.
 */
export function nounByName(sampleType: string): string {
  const word = splitWords(sampleType).findLast((part) => !EMPTY_NOUNS.has(part) && !/^\d/.test(part)) ?? '';
  if (word === '' || /(?:^|[^s])s$/.test(word)) return word;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:x|z|ch|sh|ss)$/.test(word) ? `${word}es` : `${word}s`;
}
