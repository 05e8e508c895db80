import type { Charge, NamedFunction } from '../profile/code/named-function.js';
import { isBareIn, isUnnamed, normaliseName, unescapeDots } from '../profile/code/names.js';
import { cutLeft, safeText } from '../text/sanitise.js';

const MAX_TEXT_NAME = 90;

/** A function as text answers show it: type parameters and the head of a long path cut. */
export function displayName(name: string): string {
  return cutLeft(safeText(unescapeDots(normaliseName(name))), MAX_TEXT_NAME);
}

/**
 * The end of a name that tells it from its neighbours on a path: `checkout/coupon.loadPattern` is
 * `coupon.loadPattern`. A function without a name keeps its place.
 */
export function shortName(fn: NamedFunction): string {
  const name = displayBriefly(fn);
  // A slash inside of brackets belongs to an argument or a type.
  const plain = name.split(/[(<[\s]/, 1)[0] ?? '';
  const short = name.slice(plain.lastIndexOf('/') + 1);
  return short === '' ? name : short;
}

/** `quote.go:49`, with the folder where the name does not already tell it; '' where the file is unknown. */
export function displayPlace(file: string | null, line: number | null): string {
  if (file === null || file === '') return '';
  const parts = safeText(file, 300).split('/');
  const shown = file.endsWith('.go') ? parts.slice(-1) : parts.slice(-2);
  return `${shown.join('/')}${line === null ? '' : `:${line}`}`;
}

/** Name with its place, as one cell. */
export function displayFunction({ function: name, file, line }: NamedFunction): string {
  const place = displayPlace(file, line);
  return place === '' ? displayName(name) : `${displayName(name)} ${place}`;
}

/** The name alone; an unnamed function has its place, too, so that a reader can find it. */
export function displayBriefly(fn: NamedFunction): string {
  return isUnnamed(fn.function) ? displayFunction(fn) : displayName(fn.function);
}

/** The name alone where it tells the function from all others, else with its place. */
export function displayApart(fn: NamedFunction): string {
  return isBareIn(fn.function, fn.file ?? '') ? displayFunction(fn) : displayBriefly(fn);
}

/** Part of a function's own cost from which on the row says nothing of the part: nearly all is charged. */
const WHOLLY = 0.95;

/** The end of a row: ` <- 45% coupon.loadPattern`; `same` where the row above names the same function. */
export function chargeText(charge: Charge | null, above: Charge | null): string {
  if (charge === null) return '';
  const part = charge.share < WHOLLY ? `${Math.round(charge.share * 100)}% ` : '';
  const isRepeated =
    above !== null &&
    above.to.function === charge.to.function &&
    above.to.file === charge.to.file &&
    above.to.line === charge.to.line;
  return ` <- ${part}${isRepeated ? 'same' : displayBriefly(charge.to)}`;
}
