import { type Charge, functionData, type NamedFunction } from '../code/named-function.js';
import { normaliseName } from '../code/names.js';
import { getDivisor, type Measurement, round, roundShare } from '../measurement.js';
import { type Profile, shareBase } from '../model.js';
import { chargeLeaves } from './charge.js';
import { type FunctionTable, functionTable } from './table.js';

/** A row of a table of functions; shares are of the active total. */
export interface RankedFunction extends NamedFunction {
  rank: number;
  self: number;
  self_share: number;
  total: number;
  total_share: number;
  /**
   * The application function that most of the own cost is charged to, and for what share of it; null where
   * none is.
   */
  charged_to: string | null;
  charged_share: number | null;
}

export interface RankedRows {
  rows: RankedFunction[];
  /** For each row the function that it is charged to, with its place. */
  charges: (Charge | null)[];
}

/** Minimum part of a leaf's cost that a function must cause to be charged with it. */
const MIN_CHARGE = 0.2;

/** The rows of a table of functions, in the order of `ids`. */
export function rankedRows(
  measured: Measurement,
  profile: Profile,
  table: FunctionTable,
  ids: readonly number[],
  isApplication: (functionId: number) => boolean,
): RankedRows {
  const whole = shareBase(measured.active);
  const divisor = getDivisor(measured);
  const charged = chargeLeaves(
    profile,
    ids.filter((id) => !isApplication(id)),
    isApplication,
  );
  const charges = ids.map((id): Charge | null => {
    const charge = charged.get(id);
    const self = table.self[id] ?? 0;
    if (charge === undefined || self <= 0 || charge.value < MIN_CHARGE * self) return null;
    const to = functionData(profile.functions[charge.functionId], table.lines[charge.functionId] ?? 0);
    return { to, share: roundShare(charge.value / self) };
  });
  const rows = ids.map((id, index) => {
    const self = table.self[id] ?? 0;
    const total = table.totals[id] ?? 0;
    const { function: name, file, line } = functionData(profile.functions[id], table.lines[id] ?? 0);
    return {
      rank: index + 1,
      function: name,
      file,
      line,
      self: round(self / divisor),
      self_share: roundShare(self / whole),
      total: round(total / divisor),
      total_share: roundShare(total / whole),
      charged_to: charges[index]?.to.function ?? null,
      charged_share: charges[index]?.share ?? null,
    };
  });
  return { rows, charges };
}

/**
 * Raises the totals of a profile that was read in part to those of its call tree, since both are lower
 * bounds. The tree is not used where idle time is set apart: it has no files, which some waiting is
 * recognised by.
 */
export function raiseTotals({ active, reduced, type }: Measurement, { totals }: FunctionTable): void {
  if (reduced === null || reduced.tree === null || type.isWallClock) return;
  const { functions } = reduced.tree;
  const { totals: inTree } = functionTable(reduced.tree);
  const known = new Map(functions.map(({ name }, id) => [normaliseName(name), inTree[id] ?? 0]));
  active.functions.forEach(({ name }, id) => {
    totals[id] = Math.max(totals[id] ?? 0, known.get(normaliseName(name)) ?? 0);
  });
}
