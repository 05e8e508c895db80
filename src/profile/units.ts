export const SECONDS_PER: Readonly<Record<string, number>> = {
  nanoseconds: 1e-9,
  microseconds: 1e-6,
  milliseconds: 1e-3,
  seconds: 1,
};

/** Seconds per value of a time unit (`nanoseconds` → 1e-9); null for a unit that is no time. */
export function secondsPerUnit(unit: string): number | null {
  return SECONDS_PER[unit] ?? null;
}
