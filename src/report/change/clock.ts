import type { NamedFunction } from '../../profile/code/named-function.js';
import { formatTime } from '../../text/units.js';
import { displayBriefly, displayFunction, shortName } from '../functions.js';

/** Writes times of one text: the first with its date, those of the same day without. */
export type Clock = (ms: number) => string;

/**
 * A clock for one text, in whole seconds: `2026-11-20T14:28:05Z`, then `14:31:55Z` and, on the minute,
 * `14:30Z`.
 */
export function createClock(): Clock {
  let day = '';
  return (ms) => {
    const text = wholeSeconds(ms);
    const [date = '', time = ''] = text.split('T');
    if (date !== day) {
      day = date;
      return text;
    }
    return time.replace(/:00Z$/, 'Z');
  };
}

/** A time in whole seconds: profiles are seconds apart. */
export function wholeSeconds(ms: number): string {
  return formatTime(Math.round(ms / 1000) * 1000);
}

/** Writes the times and names of one text: what stood there in full is short from then on. */
export interface Writer {
  clock: Clock;
  /** A function by its name. */
  name(fn: NamedFunction): string;
  /** A function with its file and line. */
  place(fn: NamedFunction): string;
}

export function createWriter(): Writer {
  const named = new Set<string>();
  const once = (fn: NamedFunction, full: string) => {
    const isKnown = named.has(fn.function);
    named.add(fn.function);
    return isKnown ? shortName(fn) : full;
  };
  return {
    clock: createClock(),
    name: (fn) => once(fn, displayBriefly(fn)),
    place: (fn) => once(fn, displayFunction(fn)),
  };
}
