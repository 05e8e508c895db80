import { UserError } from '../errors.js';
import { type FunctionTarget, findFunction } from '../profile/find-function.js';
import { displayBriefly, functionData } from '../report/functions.js';
import type { Measurement } from '../report/measurement.js';
import { safeText } from '../report/sanitise.js';

/** Candidates named in the error for an ambiguous name. */
const MOST_NAMED = 6;

/**
 * The function that an argument means, among those that cost anything in the measurement.
 * @returns null where none fits
 * @throws UserError where several fit
 */
export function resolveFunction(measured: Measurement, text: string): FunctionTarget | null {
  const profile = measured.active;
  const lookup = findFunction(profile, text);
  if (lookup === 'unknown') return null;
  if ('found' in lookup) return lookup.found;
  const { candidates } = lookup;
  const named = candidates
    .slice(0, MOST_NAMED)
    .map(({ info, line }) => displayBriefly(functionData(info, line)));
  const more = candidates.length - named.length;
  throw new UserError(
    `\`function\` ${JSON.stringify(safeText(text, 100))} fits ${candidates.length} functions.`,
    `Name one, heaviest first: ${named.join(', ')}${more > 0 ? `, … (${more} more)` : ''}.`,
  );
}
