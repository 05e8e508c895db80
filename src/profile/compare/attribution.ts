import { deviation, share } from '../contrast/contrast.js';
import type { Dispersion } from '../contrast/noise.js';

/**
 * A slice of the fleet in the time of the change: its labels, the samples of the culprit and of all own
 * code.
 */
export interface Slice {
  labels: Readonly<Record<string, string>>;
  /** Whether it is all beyond the other slices: it has none of their values of a label that it lacks. */
  isRest?: boolean;
  x: number;
  n: number;
  /** All of its active samples. */
  total: number;
}

/** The slices with one value of one label against all the others at the same time. */
export interface Attribution {
  label: string;
  value: string;
  /** Samples of the culprit and of all own code in these slices. */
  x: number;
  n: number;
  /** Share of the culprit in all own code before the change, in all of the fleet. */
  shareBefore: number;
  shareAfter: number;
  /** Share of the culprit in the other slices at the same time; null where there are none. */
  shareOthers: number | null;
  /** Shares of the active total instead. */
  ofTotal: number;
  othersOfTotal: number | null;
  /** Distance from the other slices in standard errors. */
  z: number;
  /** Whether the change is here and not in the others. */
  carries: boolean;
}

/**
 * A slice must differ from its siblings by this, in standard errors: a few labels with a few values each are
 * tried.
 */
const MIN_Z = 3.5;
/** The others may have this part of the growth … */
const OTHERS_GROWTH = 0.25;
/** … or this much where it is within noise. */
const OTHERS_NOISE = { growth: 0.4, z: 2.5 };

/** Labels that say what code runs: of values that tie they are named first. */
const VERSION_LABEL = /version|git_?(?:ref|sha)|commit|image|release|build|deployment/i;
/** Labels that say where it runs. */
const PLACE_LABEL = /region|zone|cluster|datacenter|availability|rack|node|host/i;

/**
 * Which label value carries a change: sibling slices at the same time are compared, so that the time of day
 * cannot fool it. Values that tie exactly (a canary pod is its version) are named version first, then other
 * labels, place, instance.
 *
 * @param slices instances with all of their labels, or the values of one or more labels with that label alone
 * @param before samples of the culprit and of all own code in the baseline
 * @returns every value of every label that tells slices apart, the carrying ones first, then by distance
 */
export function attribute(
  slices: readonly Slice[],
  before: { x: number; n: number },
  dispersion: Dispersion,
  instanceLabel: string | null,
): Attribution[] {
  const labels = [...new Set(slices.flatMap((slice) => Object.keys(slice.labels)))];
  // Instances are parts of one whole; slices by the values of several labels are several cuts through the
  // same fleet.
  const areInstances =
    instanceLabel !== null && slices.every((slice) => slice.isRest === true || instanceLabel in slice.labels);
  const p0 = share(before.x, before.n);
  const rows = labels.flatMap((label) => {
    const values = [...new Set(slices.flatMap((slice) => slice.labels[label] ?? []))];
    const hasOthers = slices.some((slice) => slice.isRest === true && !(label in slice.labels));
    if (values.length < 2 && !hasOthers) return [];
    const whole = sum(
      areInstances ? slices : slices.filter((slice) => slice.isRest === true || label in slice.labels),
    );
    return values.map((value): Attribution => {
      const counts = sum(slices.filter((slice) => slice.labels[label] === value));
      const others = { x: whole.x - counts.x, n: whole.n - counts.n, total: whole.total - counts.total };
      const [p, q] = [share(counts.x, counts.n), share(others.x, others.n)];
      const z = deviation([others.x, others.n], [counts.x, counts.n], dispersion);
      const othersZ = deviation([before.x, before.n], [others.x, others.n], dispersion);
      const left = q - p0;
      const growth = p - p0;
      const isAlone =
        left <= OTHERS_GROWTH * growth || (left <= OTHERS_NOISE.growth * growth && othersZ <= OTHERS_NOISE.z);
      return {
        label,
        value,
        x: counts.x,
        n: counts.n,
        shareBefore: p0,
        shareAfter: p,
        shareOthers: others.n > 0 ? q : null,
        ofTotal: share(counts.x, counts.total),
        othersOfTotal: others.total > 0 ? share(others.x, others.total) : null,
        z,
        carries: growth > 0 && z >= MIN_Z && isAlone,
      };
    });
  });
  const rank = ({ label }: Attribution) => {
    if (label === instanceLabel) return 3;
    if (VERSION_LABEL.test(label)) return 0;
    return PLACE_LABEL.test(label) ? 2 : 1;
  };
  return rows.sort(
    (a, b) =>
      Number(b.carries) - Number(a.carries) ||
      round(b.z) - round(a.z) ||
      rank(a) - rank(b) ||
      compareText(a.label, b.label) ||
      compareText(a.value, b.value),
  );
}

function sum(slices: readonly Slice[]): Pick<Slice, 'x' | 'n' | 'total'> {
  return slices.reduce((all, { x, n, total }) => ({ x: all.x + x, n: all.n + n, total: all.total + total }), {
    x: 0,
    n: 0,
    total: 0,
  });
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Equal slices under two labels may differ in the last digits. */
function round(z: number): number {
  return Math.round(z * 1e6);
}
