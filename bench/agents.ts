/** A call of an agent. */
export interface AgentCall {
  name: string;
  ms: number;
  /** Why it failed; null where it did not. */
  failure: string | null;
}

/**
 * Makes the call of that name.
 * @returns the reason of its failure, or null
 */
export type Work = (name: string, agent: number) => Promise<string | null>;

/**
 * Lets agents work at once, each with one call after the other and no pause, through the same list from
 * different places. No call is begun after the time is over; those in flight are waited for, and count.
 */
export async function runAgents(
  agents: number,
  forMs: number,
  names: readonly string[],
  work: Work,
): Promise<AgentCall[]> {
  const calls: AgentCall[] = [];
  const end = performance.now() + forMs;
  const agent = async (which: number) => {
    for (let at = which; performance.now() < end; at++) {
      const name = names[at % names.length] ?? '';
      const started = performance.now();
      const failure = await work(name, which).catch(String);
      calls.push({ name, ms: performance.now() - started, failure });
    }
  };
  await Promise.all(Array.from({ length: agents }, (_, which) => agent(which)));
  return calls;
}

/** The smallest of the values that at least this share of them do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
