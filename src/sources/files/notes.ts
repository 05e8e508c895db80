import type { BrokenFile } from './profile-file.js';

const NAMED_IN_A_NOTE = 3;

/** What a merge holds of counters since process start. */
export interface CounterUse {
  /** It is a reading of a counter and reduced by the one before it, if there is one. */
  counted: boolean;
  /** It may be a reading of a counter, and is taken as it is. */
  suspected: boolean;
}

/** What a reader must know about readings of counters in a merge. */
export function counterNotes(uses: readonly CounterUse[]): string[] {
  return [
    ...(uses.some(({ counted }) => counted)
      ? ['These files hold counters since process start; each was reduced by the one before it.']
      : []),
    ...(uses.some(({ suspected }) => suspected)
      ? [
          'These profiles may count since process start (scraped): then a sum over time means nothing. Compare a window around one of them with a window around a later one.',
        ]
      : []),
  ];
}

/** Files left out; all of them are among the problems of the source. */
export function brokenNotes(broken: readonly BrokenFile[]): string[] {
  if (broken.length === 0) return [];
  const named = broken.slice(0, NAMED_IN_A_NOTE).map(({ file, reason }) => `${file} (${reason})`);
  return [
    `${count(broken.length, 'file')} could not be read and ${broken.length === 1 ? 'is' : 'are'} left out: ${listed(named, broken.length)}.`,
  ];
}

/** Files of the merge whose time is a guess. */
export function undatedNotes(undated: readonly string[], used: readonly string[]): string[] {
  const inUse = undated.filter((file) => used.includes(file));
  if (inUse.length === 0) return [];
  return [
    `${count(inUse.length, 'file')} without a time of ${inUse.length === 1 ? 'its' : 'their'} own: the modification time was taken for ${listed(inUse.slice(0, NAMED_IN_A_NOTE), inUse.length)}.`,
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function listed(named: readonly string[], all: number): string {
  const more = all - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
