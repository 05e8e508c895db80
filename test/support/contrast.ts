import type { Contrast, Side } from '../../src/profile/contrast/contrast.js';
import { sumCosts } from '../../src/profile/contrast/costs.js';
import { joinProfiles } from '../../src/profile/contrast/join.js';
import type { Dispersion } from '../../src/profile/contrast/noise.js';
import { type PartCosts, sumSide } from '../../src/profile/contrast/runs.js';
import type { Profile } from '../../src/profile/model.js';
import { buildProfile, type TestFrame } from './profiles.js';

/**
 * Values by stack, written entry point first with blanks between: `{ 'serve price runtime.mallocgc': 30 }`.
 */
export type Stacks = Readonly<Record<string, number>>;

/** A Go frame: `runtime.…` is the runtime's, `lib.…` a library's, all else the team's; or Python's wait. */
export function goFrame(name: string): TestFrame {
  if (name === 'Condition.wait') return { name, file: 'threading.py' };
  if (name.startsWith('runtime.')) return { name, file: 'runtime/proc.go' };
  if (name.startsWith('lib.')) return { name, file: '/go/pkg/mod/lib@v1.0.0/lib.go' };
  return { name, file: `/src/shop/${name}.go` };
}

/** A profile of Go frames, one sample a unit. */
export function profileFrom(stacks: Stacks): Profile {
  return buildProfile(
    ...Object.entries(stacks).map(
      ([chain, value]) => [chain.split(' ').filter(Boolean).map(goFrame), value] as const,
    ),
  );
}

/** No over-dispersion, and well known. */
export const CALM: Dispersion = { phi: 1, freedom: 1e6 };

export interface Sides {
  /** Number of profiles on each side. */
  profiles?: readonly [before: number, after: number];
  dispersion?: Dispersion;
  quantum?: number;
}

/** The contrast of two profiles. */
export function contrast(before: Stacks | Profile, after: Stacks | Profile, sides: Sides = {}): Contrast {
  const { profiles = [1, 1], dispersion = CALM, quantum = 1 } = sides;
  const joined = joinProfiles([before, after].map((side) => (isProfile(side) ? side : profileFrom(side))));
  const side = (part: 0 | 1): Side => sumSide(joined, [buildPart(joined, part, profiles[part])]);
  return { joined, before: side(0), after: side(1), quantum, dispersion };
}

/** The costs of one of the joined parts. */
export function buildPart(joined: Contrast['joined'], part: number, profiles = 1): PartCosts {
  const joinedPart = joined.parts[part];
  if (joinedPart === undefined) throw new Error(`no part ${part}`);
  return { costs: sumCosts(joinedPart, joined.functions.length), profiles, part };
}

function isProfile(side: Stacks | Profile): side is Profile {
  return side.values instanceof Float64Array;
}

/** Number of a joined function. */
export function findFunction({ joined }: Pick<Contrast, 'joined'>, name: string): number {
  const matches = joined.functions.flatMap((info, fn) => (info.name === name ? [fn] : []));
  if (matches.length !== 1 || matches[0] === undefined)
    throw new Error(`${matches.length} functions are named ${name}`);
  return matches[0];
}

/** Name of a joined function; null for none. */
export function getName({ joined }: Pick<Contrast, 'joined'>, fn: number | null | undefined): string | null {
  return fn === null || fn === undefined ? null : (joined.functions[fn]?.name ?? null);
}

/** The values of functions that are not zero, by name. */
export function byName(joined: Contrast['joined'], values: Float64Array): Record<string, number> {
  return Object.fromEntries(
    [...values].flatMap((value, fn) => (value === 0 ? [] : [[joined.functions[fn]?.name ?? '', value]])),
  );
}
