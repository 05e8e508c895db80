import type { Analysis } from '../../../profile/compare/analysis.js';
import type { Renamed } from '../../../profile/contrast/names/name-changes.js';

/** Pairs of names that a note shows. */
const MAX_PAIRS = 2;

/** Says that names changed between the two sides, and how functions were found again. */
export function renamedNotes(alias: string, renamed: Renamed | null): string[] {
  if (renamed === null) return [];
  const { functions, changed, unmatched, pairs } = renamed;
  if (pairs.length > 0) {
    const shown = pairs.slice(0, MAX_PAIRS).map(([from, to]) => `${from} is now ${to}`);
    const more = pairs.length > shown.length ? `, and ${pairs.length - shown.length} more` : '';
    return [
      `Functions in the ${alias} profiles go by similar new names and are compared as the same: ${shown.join(', ')}${more}.`,
    ];
  }
  const left = unmatched === 0 ? '' : ` ${unmatched} of them could not be matched.`;
  return [
    `${changed} of ${functions} names in the ${alias} profiles changed between the two sides (another build): functions were matched by what stays in a name, file, callers and cost.${left}`,
  ];
}

/** Names the own functions whose libraries were replaced, those nearest to the library. */
export function replacedNotes(
  alias: string,
  { joined, replaced }: { joined: Pick<Analysis['joined'], 'functions'>; replaced: Analysis['replaced'] },
): string[] {
  const nearest = replaced.filter(({ isNearest }) => isNearest);
  const shown = nearest.slice(0, MAX_PAIRS).map(({ fn, before, after }) => {
    return `${joined.functions[fn]?.name ?? ''} (x${(after / before).toFixed(2)})`;
  });
  if (shown.length === 0) return [];
  const more = nearest.length > shown.length ? `, and ${nearest.length - shown.length} more` : '';
  return [
    `Library code in the ${alias} profiles was replaced by other functions of about the same cost and is judged as a whole, below ${shown.join(', ')}${more}.`,
  ];
}
