import { type Contrast, deviation, MIN_SAMPLES, share } from '../../contrast/contrast.js';
import { differenceInterval } from '../../contrast/noise.js';
import { listChains } from './chains.js';

export type MoverKind = 'grew' | 'shrank' | 'new' | 'gone' | 'moved' | 'diluted';

/** How one function's cost differs between two sides. Shares are of the active total, values per profile. */
export interface Mover {
  fn: number;
  kind: MoverKind;
  selfShareBefore: number;
  selfShareAfter: number;
  totalShareBefore: number;
  totalShareAfter: number;
  valueBefore: number;
  valueAfter: number;
  /** Difference of the total shares with its pointwise 95 % interval. */
  delta: number;
  interval: readonly [low: number, high: number];
  /** Distance in standard errors of a normal distribution. */
  z: number;
  /** Whether it stands out among all functions that were tested. */
  significant: boolean;
}

/** Smallest change of share that is worth a row. */
const MIN_DELTA = 0.005;

/** How the cost of some stacks differs between two sides. Shares are of the active total. */
export interface ShareShift {
  shareBefore: number;
  shareAfter: number;
  /** Distance in standard errors of a normal distribution. */
  z: number;
  /** Distance outside of the function that the change is named after. */
  outside: number;
}

/**
 * Makes the measure of how a cost differs between two sides; it is null for a cost that hardly changed, or
 * with too few samples to say so.
 *
 * @param culprit function that the change is named after; null where there is none
 */
export function shareShifts(
  { before, after, quantum, dispersion }: Contrast,
  culprit: number | null,
): (valueBefore: number, valueAfter: number) => ShareShift | null {
  const [n1, n2] = [before.costs.total / quantum, after.costs.total / quantum];
  const [c1 = 0, c2 = 0] = [before, after].map(
    ({ costs }) => (culprit === null ? 0 : (costs.totals[culprit] ?? 0)) / quantum,
  );
  return (v1, v2) => {
    const [p1, p2] = [share(v1, before.costs.total), share(v2, after.costs.total)];
    if (Math.abs(p2 - p1) < MIN_DELTA || v1 + v2 < MIN_SAMPLES * quantum) return null;
    const [x1, x2] = [v1 / quantum, v2 / quantum];
    return {
      shareBefore: p1,
      shareAfter: p2,
      z: deviation([x1, n1], [x2, n2], dispersion),
      outside: deviation([x1, n1 - c1], [x2, n2 - c2], dispersion),
    };
  };
}

/** Knowledge about the change that the movers are listed for. */
export interface MoverContext {
  /** Standard errors from which on a row is significant: it holds for the family of all functions. */
  gate: number;
  /** The function that the change is named after: shares outside it tell dilution from change. */
  culprit: number | null;
  /** Functions that are the two sides of a move. */
  moved: ReadonlySet<number>;
}

/**
 * Every function with a change of its share of the active total: those that stand out of the noise first,
 * diluted ones after the others, the largest change first. Of a chain of calls with the very same costs only
 * one is listed: the culprit, else the innermost of the team's own, else the innermost.
 */
export function listMovers(contrast: Contrast, { gate, culprit, moved }: MoverContext): Mover[] {
  const { joined, before, after, quantum, dispersion } = contrast;
  const [n1, n2] = [before.costs.total / quantum, after.costs.total / quantum];
  const shiftOf = shareShifts(contrast, culprit);
  const movers: Mover[] = [];
  for (let fn = 0; fn < joined.functions.length; fn++) {
    const [v1, v2] = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0];
    const shift = shiftOf(v1, v2);
    if (shift === null) continue;
    const { shareBefore: p1, shareAfter: p2, z, outside } = shift;
    movers.push({
      fn,
      kind: moved.has(fn) ? 'moved' : nameKind(p1, p2, culprit !== null && outside > -gate),
      selfShareBefore: share(before.costs.self[fn] ?? 0, before.costs.total),
      selfShareAfter: share(after.costs.self[fn] ?? 0, after.costs.total),
      totalShareBefore: p1,
      totalShareAfter: p2,
      valueBefore: share(v1, before.profiles),
      valueAfter: share(v2, after.profiles),
      delta: p2 - p1,
      interval: differenceInterval(v1 / quantum, n1, v2 / quantum, n2, dispersion.phi),
      z,
      significant: Math.abs(z) >= gate,
    });
  }
  const rank = ({ fn, significant, kind }: Mover) => {
    if (fn === culprit) return 0;
    return significant ? (kind === 'diluted' ? 2 : 1) : 3;
  };
  return withoutWrappers(contrast, culprit, movers).sort(
    (a, b) => rank(a) - rank(b) || Math.abs(b.delta) - Math.abs(a.delta) || a.fn - b.fn,
  );
}

/** Only one of each chain of calls with the very same costs. */
function withoutWrappers(
  { joined, before, after }: Contrast,
  culprit: number | null,
  movers: readonly Mover[],
): Mover[] {
  const groups = new Map<string, number[]>();
  for (const { fn, valueBefore, valueAfter } of movers) {
    const costs = `${valueBefore} ${valueAfter}`;
    groups.set(costs, [...(groups.get(costs) ?? []), fn]);
  }
  const alike = [...groups.values()].filter((group) => group.length > 1);
  const groupOf = new Map(alike.flatMap((group, number) => group.map((fn) => [fn, number] as const)));
  const chains = listChains(joined, [...before.parts, ...after.parts], groupOf);
  const kept = new Set(
    chains.map(
      (chain) =>
        chain.find((fn) => fn === culprit) ?? chain.find((fn) => joined.application[fn] === 1) ?? chain[0],
    ),
  );
  return movers.filter(({ fn }) => !groupOf.has(fn) || kept.has(fn));
}

/** @param isDiluted whether a fall is no fall outside the culprit */
function nameKind(p1: number, p2: number, isDiluted: boolean): MoverKind {
  if (p1 === 0) return 'new';
  if (p2 === 0) return 'gone';
  if (p2 > p1) return 'grew';
  return isDiluted ? 'diluted' : 'shrank';
}
