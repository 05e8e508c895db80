import type { GuessedOwner } from '../profile/code/named-function.js';
import { displayBriefly } from './functions.js';

/** Functions that a note about guesses names. */
const MAX_NAMED = 2;

/**
 * Says of which functions only a list of known libraries tells whether they are the team's, and how a person
 * settles it; nothing where none is.
 */
export function guessNotes(guessed: readonly GuessedOwner[]): string[] {
  const told = new Map(guessed.map(({ fn, isOwn }) => [displayBriefly(fn), isOwn] as const));
  if (told.size === 0) return [];
  const named = [...told]
    .slice(0, MAX_NAMED)
    .map(([name, isOwn]) => `${name} is taken for ${isOwn ? 'your own code' : "a library's"}`);
  return [
    `Guess: ${named.join(' and ')} by its name alone (the profiles hold no path, module or entry point that tells); --own-code PATTERNS settles it.`,
  ];
}
