import type { Finding } from '../finding.js';

/** The kind of waiting of wall-clock time that waits for another program over a connection. */
export const NETWORK = 'network';

/**
 * Part of the added wall-clock time that waits for another program over a connection, 0 to 1; 0 where most of
 * it does something else.
 */
export function networkWait({ waits }: Pick<Finding, 'waits'>): number {
  return waits.find(({ kind }) => kind === NETWORK)?.part ?? 0;
}
