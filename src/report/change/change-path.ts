import type { Finding } from '../../profile/compare/finding.js';
import { formatShare } from '../../text/units.js';
import { shortName } from '../functions.js';

/** Frames that are shown above and below the function; the entry point and the leaf stand in addition. */
const ABOVE = 4;
const BELOW = 3;

/**
 * The call path of a change on one line, from the entry point to the leaf that burns: long stretches are cut
 * in the middle, never the function or the leaf; '' without a path.
 */
export function pathText({ path, at, leafPart, type }: Finding): string {
  if (path.length === 0) return '';
  const leaf = path.length - 1;
  const shown = path.flatMap((frame, index) => {
    const isShown = index === 0 || index === leaf || (index >= at - ABOVE && index <= at + BELOW);
    const name = shortName(frame);
    return isShown ? [{ index, text: index === at ? `[${name}]` : name }] : [];
  });
  const names = shown.flatMap(({ index, text }, position) => {
    const skipped = index - (shown[position - 1]?.index ?? index) - 1;
    return skipped > 0 ? ['…', text] : [text];
  });
  return `${names.join(' > ')}${endText(leafPart, type.kind === 'instant', type.alias)}`;
}

/** Says how much of the change ends in the leaf; of a level the leaf says only what is waited for or held. */
function endText(leafPart: number, isLevel: boolean, alias: string): string {
  if (isLevel) return '';
  if (leafPart === 0) return ' (spreads over many below)';
  return leafPart >= 0.995 ? '' : ` (${formatShare(leafPart)} of the added ${alias} ends here)`;
}
