import type { Finding, FindingKind, LensRow } from '../../profile/compare/finding.js';
import type { GateCheck, GateKind, GateOutcome } from '../../report/gate/gate-report.js';

/**
 * A growth of just the size that matters is measured smaller half of the time. So changes from this part of
 * it on close the gate; where samples suffice, unlucky outcomes still lie above.
 */
export const LOOKED_FOR = 0.7;
/** Snapshots of an instance without which no leak can be told from a step (docs/develop/comparison.md §6). */
const MIN_SNAPSHOTS = 3;
/** Profiles of the main type on a side without which waits do not tell contention. */
const MIN_PROFILES = 3;

/** A profile type of the service, as far as the gate depends on it. */
export interface GateLens {
  row: LensRow;
  /** Profiles of one instance on the side that has fewer; null where the type was not read. */
  profiles: number | null;
  /** Growth of a function with a usual share that would be seen; null where functions were not compared. */
  smallest: number | null;
}

/** Evidence that the gate decides by. */
export interface GateEvidence {
  findings: readonly Finding[];
  /** Every profile type that was looked at, the main one first. */
  lenses: readonly GateLens[];
  /** Parts that were not read, as `cpu: the store did not answer`; label sets are called `labels`. */
  notRead: readonly { what: string; why: string }[];
  /** Whether cost rose in the smaller part of the instances only. */
  isPartly: boolean;
}

/** Findings that close the gate, and the size that matters. */
export interface GatePolicy {
  failOn: readonly GateKind[];
  /** Growth of a function that matters, as a share of the total. */
  minShare: number;
}

export interface GateDecision {
  outcome: GateOutcome;
  checks: readonly GateCheck[];
  others: readonly Finding[];
}

/** The finding that each kind is about, and the lenses that can show it. */
const SHOWN_BY: Readonly<Record<GateKind, { finding: FindingKind; lenses: readonly LensRow['kind'][] }>> = {
  regression: { finding: 'code', lenses: ['time', 'amount'] },
  leak: { finding: 'leak', lenses: ['level'] },
  contention: { finding: 'contention', lenses: ['wait'] },
  load: { finding: 'load', lenses: ['time', 'amount', 'level'] },
};

/**
 * Decides whether a gate opens. A finding of a wanted kind closes it; a kind that could not be judged leaves
 * it unknown, unless another one closes it. A kind that no type of the service can show counts as open, where
 * another kind was looked for.
 */
export function decide(evidence: GateEvidence, policy: GatePolicy): GateDecision {
  const checks = policy.failOn.map((kind) => decideCheck(kind, evidence, policy));
  const states = checks.map(({ state }) => state);
  const closing = new Set(checks.flatMap(({ findings }) => findings));
  return {
    outcome: decideOutcome(states),
    checks,
    others: evidence.findings.filter((finding) => !closing.has(finding)),
  };
}

function decideOutcome(states: readonly GateCheck['state'][]): GateOutcome {
  if (states.includes('found')) return 'found';
  return states.includes('unknown') || states.every((state) => state === 'not_sent') ? 'unknown' : 'passed';
}

function decideCheck(kind: GateKind, evidence: GateEvidence, policy: GatePolicy): GateCheck {
  const { finding: wanted, lenses: shownBy } = SHOWN_BY[kind];
  const findings = evidence.findings.filter(
    (finding) => finding.kind === wanted && isLargeEnough(finding, policy.minShare),
  );
  const lenses = evidence.lenses.filter(({ row }) => shownBy.includes(row.kind) && row.sameAs === null);
  const aliases = lenses.map(({ row }) => row.type.alias).join(', ');
  if (findings.length > 0) return { kind, state: 'found', reason: `in ${aliases}`, findings };
  if (lenses.length === 0)
    return { kind, state: 'not_sent', reason: 'the service sent no profiles that could show it', findings };
  const obstacle = findObstacle(kind, lenses, evidence, policy);
  return obstacle === null
    ? { kind, state: 'clear', reason: `nothing found in ${aliases}`, findings }
    : { kind, state: 'unknown', reason: obstacle, findings };
}

/** Only of a change of code is the growth of a share the size; the others have least sizes of their own. */
function isLargeEnough({ kind, shareBefore, shareAfter }: Finding, minShare: number): boolean {
  return kind !== 'code' || shareAfter - shareBefore >= LOOKED_FOR * minShare;
}

/** Why nothing can be said of a kind though nothing was found; null where it can be said. */
function findObstacle(
  kind: GateKind,
  lenses: readonly GateLens[],
  { notRead, isPartly, lenses: all }: GateEvidence,
  { minShare }: GatePolicy,
): string | null {
  const isOwn = (what: string) => what === 'labels' || lenses.some(({ row }) => row.type.alias === what);
  const unread = notRead.find(({ what }) => isOwn(what));
  if (unread !== undefined) return `${unread.what}: not read, ${unread.why}`;
  for (const { row } of lenses) {
    const { alias } = row.type;
    // A fall is no regression, no leak and no contention.
    if (row.verdict === 'rose') return `${alias} rose, and nothing that was looked at explains it`;
    if (row.verdict === 'not_read') return `${alias} was not read`;
    if (row.verdict === 'inconclusive') return `the profiles of ${alias} do not suffice`;
  }
  const [main] = all;
  if (kind === 'regression' || kind === 'load') {
    if (isPartly) return 'cost rose in some of the instances only, and no function stands out';
    // Further types are a second look; which change of them would be seen stands in the answer.
    if (kind === 'regression' && main !== undefined && lenses.includes(main))
      return blindness(main, minShare);
    return null;
  }
  const [few] = lenses.filter(({ profiles }) => (profiles ?? 0) < MIN_SNAPSHOTS);
  if (kind === 'leak' && few !== undefined)
    return `too few ${few.row.type.alias} profiles: ${few.profiles ?? 0} of an instance, and a leak shows in ${MIN_SNAPSHOTS} or more`;
  if (kind === 'contention' && (main?.profiles ?? 0) < MIN_PROFILES)
    return `too few profiles: ${main?.profiles ?? 0} of an instance, and contention shows in ${MIN_PROFILES} or more`;
  return null;
}

function points(share: number): string {
  return String(Number((100 * share).toFixed(1)));
}

/** Growth, in points, from which on a gate that sees no smaller one is no use. */
const MAX_ACCEPTED = 20;

function blindness({ row, smallest }: GateLens, minShare: number): string | null {
  const { alias } = row.type;
  if (smallest === null) return `too few samples of ${alias} to compare functions`;
  if (smallest <= minShare) return null;
  const accepted = Math.ceil(100 * smallest);
  const advice = accepted > MAX_ACCEPTED ? '' : `; --min-share ${accepted} accepts that`;
  return `too few samples of ${alias}: growth of a function is seen from ${points(smallest)} points on, and ${points(minShare)} matter${advice}`;
}
