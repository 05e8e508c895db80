import { type Analysis, analyse } from '../../src/profile/compare/analysis.js';
import { profileFrom, type Stacks } from './contrast.js';

/** A service that does what it always does. */
export const CALM = {
  'main serve price': 100,
  'main serve stock': 300,
  'main poll': 400,
  'runtime.gc': 100,
};

/** The service with one function that costs more. */
export const GROWN = { ...CALM, 'main serve price': 500 };

/** All stacks at so many times the cost. */
export function times(stacks: Stacks, factor: number): Record<string, number> {
  return Object.fromEntries(Object.entries(stacks).map(([stack, value]) => [stack, value * factor]));
}

/** Merges of the parts of a reading; calm where they are left out. */
export interface Parts {
  baseline?: readonly Stacks[];
  incident?: readonly Stacks[];
  slices?: readonly Stacks[];
  /** Number of profiles in each merge. */
  profiles?: number;
}

/** A reading of a service, one sample a unit. */
export function readParts({
  baseline = [CALM, CALM, CALM, CALM],
  incident = [CALM, CALM],
  slices = [],
  profiles = 1,
}: Parts) {
  const counted = (all: readonly Stacks[]) =>
    all.map((stacks) => ({ profile: profileFrom(stacks), profiles }));
  return { baseline: counted(baseline), incident: counted(incident), slices: counted(slices), quantum: 1 };
}

/** The analysis of such a reading. */
export function analyseParts(parts: Parts): Analysis {
  return analyse(readParts(parts));
}
