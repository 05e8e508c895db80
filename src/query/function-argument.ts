import { UserError } from '../errors.js';
import { offload } from '../offload.js';
import { type FunctionTarget, toTarget } from '../profile/code/find-function.js';
import { functionData } from '../profile/code/named-function.js';
import type { Measurement } from '../profile/measurement.js';
import { displayApart } from '../report/functions.js';
import { safeText } from '../text/sanitise.js';
import { isHeavyWork } from '../work/offload.js';

/** Maximum number of candidates that the error for an ambiguous name lists. */
const MAX_NAMED = 6;

/**
 * Finds the function that an argument means among those that have a cost in the measurement.
 * @returns null where none fits
 * @throws UserError where several fit
 */
export async function resolveFunction(
  { active }: Measurement,
  text: string,
  signal: AbortSignal,
): Promise<FunctionTarget | null> {
  const candidates = await offload('places', [active, text], { isHeavy: isHeavyWork(active), signal });
  const [first] = candidates;
  if (first === undefined) return null;
  if (candidates.length === 1) return toTarget(first);
  const named = candidates
    .slice(0, MAX_NAMED)
    .map(({ info, line }) => displayApart(functionData(info, line)));
  const more = candidates.length - named.length;
  throw new UserError(
    `\`function\` ${JSON.stringify(safeText(text, 100))} fits ${candidates.length} functions.`,
    `Name one, heaviest first: ${named.join(', ')}${more > 0 ? `, … (${more} more)` : ''}.`,
  );
}
