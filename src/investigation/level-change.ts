import type { ShareChange } from './evidence/shares.js';

/** The parts of a change that say whose function grew. */
interface Grown {
  analysis: { joined: Pick<ShareChange['analysis']['joined'], 'application' | 'library'> };
  culprit: Pick<ShareChange['culprit'], 'fn'>;
}

/**
 * Whether a share of a level that grew says something of code: that of own code or of a library does. All
 * parked goroutines, and all held bytes, pass through functions of the runtime and the standard library,
 * whose shares follow from what else is there.
 */
export function isOfCode({ analysis: { joined }, culprit }: Grown): boolean {
  return joined.application[culprit.fn] === 1 || joined.library[culprit.fn] === 1;
}
