import type { Finding } from './finding.js';

/**
 * Part of the added wall-clock time that waits for another program over a connection, 0 to 1; 0 where most of
 * it does something else.
 */
export function networkWait({ type, waits }: Pick<Finding, 'type' | 'waits'>): number {
  const [first] = waits;
  return type.isWallClock && first !== undefined ? first.part : 0;
}
