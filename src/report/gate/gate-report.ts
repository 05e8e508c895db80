import type { Finding, Verdict } from '../../profile/compare/finding.js';
import type { ProfileType } from '../../profile/types/types.js';

/** A kind of finding that can close the gate; `load` is a rise as a whole that no function explains. */
export type GateKind = 'regression' | 'leak' | 'contention' | 'load';

/** `not_sent` where the service sends no profile type that could show it. */
export type GateState = 'found' | 'clear' | 'unknown' | 'not_sent';

/** The answer about one kind of finding. */
export interface GateCheck {
  kind: GateKind;
  state: GateState;
  /** Clause that says why, without the finding itself. */
  reason: string;
  /** Findings that close the gate, the most telling first. */
  findings: readonly Finding[];
}

export type GateOutcome = 'passed' | 'found' | 'unknown';

/** Exit codes by outcome; 1 is a request that failed, 2 a mistake of usage. */
export const GATE_EXIT: Readonly<Record<GateOutcome, number>> = { passed: 0, found: 3, unknown: 4 };

/** A side of the comparison. */
export interface GateSide {
  window: { from: number; to: number };
  selector: string;
  /** Profiles of the main type and active samples in them; null where nothing was read. */
  profiles: number | null;
  samples: number | null;
}

/** The smallest change of a profile type that would be seen in 95 of 100 comparisons. */
export interface SmallestSeen {
  type: ProfileType;
  /** Growth of a function that holds `share` of the total before; null where it is not looked for. */
  growth: readonly { share: number; growth: number }[] | null;
  /** Factor of the whole type; null where it is not looked for. */
  factor: number | null;
}

/** All that the gate found out, as plain data. */
export interface GateReport {
  outcome: GateOutcome;
  source: string;
  service: string;
  before: GateSide;
  after: GateSide;
  /** Whether the server chose the baseline. */
  isBaselineChosen: boolean;
  /** The type that is read first; null where nothing was read. */
  main: ProfileType | null;
  /** Whether the numbers of samples are estimates. */
  isEstimated: boolean;
  verdict: Verdict | null;
  /** Growth that matters, as a share of the total. */
  minShare: number;
  checks: readonly GateCheck[];
  /** Findings that do not close the gate. */
  others: readonly Finding[];
  smallest: readonly SmallestSeen[];
  /**
   * Length of the window in which growth by `share` of the main type would be seen, ms; null length where no
   * window is long enough for the baseline at hand.
   */
  needed: { share: number; ms: number | null } | null;
  /** Length of the window in which growth of the size that matters would be seen, ms; null where unknown. */
  wanted: number | null;
  notDetermined: readonly string[];
  notes: readonly string[];
  requests: number;
}
