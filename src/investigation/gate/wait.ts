import type { GateReport } from '../../report/gate/gate-report.js';
import type { Window } from '../../sources/source.js';
import { formatSpan, formatTime } from '../../text/units.js';

/** Shortest time between two looks, ms: a look costs up to forty requests. */
const MIN_PAUSE_MS = 15_000;
/** Time between two looks where nothing tells how long it takes, ms. */
const USUAL_PAUSE_MS = 30_000;
/** Time that profiles take to arrive once they are taken, ms: agents send every 10 or 15 s. */
const ARRIVAL_MS = 15_000;

/** The passing of time, which tests replace. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export interface Waiting {
  from: number;
  /** End of the window; null for now. */
  to: number | null;
  /** Time until which a better answer is waited for. */
  until: number;
  clock: Clock;
  /** Told what is waited for. */
  tell(text: string): void;
}

/**
 * Looks again until the gate can say something or the time is over. The next look is due when the samples are
 * expected to suffice, so that there are few: every look has a chance of its own to accuse the innocent.
 *
 * @param look judges a window
 */
export async function lookUntilSure(
  look: (window: Window) => Promise<GateReport>,
  { from, to, until, clock, tell }: Waiting,
): Promise<GateReport> {
  for (;;) {
    const now = clock.now();
    const window = { from: Math.min(from, to ?? now), to: to ?? now };
    const report = await look(window);
    const pause = pauseBefore(report, window, { now: clock.now(), to, until });
    if (pause === null) return report;
    const { reason = '' } = report.checks.find(({ state }) => state === 'unknown') ?? {};
    tell(`${reason}; next look in ${formatSpan(pause)}, the last one ${formatTime(until)}`);
    await clock.sleep(pause);
  }
}

/** Time until the next look, ms; null where there is none. */
export function pauseBefore(
  { outcome, wanted }: Pick<GateReport, 'outcome' | 'wanted'>,
  window: Window,
  { now, to, until }: { now: number; to: number | null; until: number },
): number | null {
  const left = until - now;
  // A window that has ended gets no more samples.
  if (outcome !== 'unknown' || left <= 0 || (to !== null && to <= now - ARRIVAL_MS)) return null;
  const expected = wanted === null ? USUAL_PAUSE_MS : window.from + wanted + ARRIVAL_MS - now;
  return Math.min(left, Math.max(MIN_PAUSE_MS, expected));
}
