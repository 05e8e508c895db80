import { contrastOf } from '../../profile/compare/analysis.js';
import { collectorGrowth } from '../../profile/compare/collector.js';
import { orderTypes } from '../../profile/types.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';
import { readFleet } from './fleet.js';
import { type Asking, type LensType, lensTypes } from './lens.js';
import { type LevelLens, readLevels } from './levels.js';
import { countedSource, createRequests } from './requests.js';
import { type Rounds, readRounds, roundTimes, totalsIn } from './rounds.js';
import { type Case, type Fineness, readShares, type ShareLens } from './shares.js';
import { readWaits, type WaitLens } from './waits.js';
import { type Plan, planWindows } from './windows.js';

/** All that the profiles of a service say about two windows, type by type. */
export interface CaseReading {
  plan: Plan;
  /** Every type looked at, in order, with the totals per profile. */
  totals: readonly TypeTotals[];
  shares: readonly ShareLens[];
  levels: readonly LevelLens[];
  waits: readonly WaitLens[];
  collector: { before: number; after: number; grew: boolean } | null;
  instances: { stayed: number; left: number; arrived: number } | null;
  /** What the onset is narrowed down with. */
  found: Case;
  /** What could not be read. */
  missing: readonly string[];
}

export interface TypeTotals {
  lens: LensType;
  before: { profiles: number; value: number };
  after: { profiles: number; value: number };
}

/** How finely the main type and the others are read (comparison rules §8: parts once, added up for everything else). */
const MAIN: Fineness = { baselineParts: 4, incidentParts: 4, slices: 7 };
const SECOND: Fineness = { baselineParts: 3, incidentParts: 2, slices: 0, gate: 4.8 };
/** Instances whose series are told apart. */
const MOST_INSTANCES = 60;

export interface CaseQuestion {
  source: ProfileSource;
  matchers: readonly Matcher[];
  typeIds: readonly string[];
  incident: Window;
  /** Ends 1 ms before the incident; null: the time just before it. */
  baseline: Window | null;
}

/** The label sets of a service over both windows, and what every reading of it shares: two requests. */
export async function openCase(
  { source, matchers, typeIds, incident, baseline }: CaseQuestion,
  signal: AbortSignal,
  onRequest?: (made: number) => void,
): Promise<Case & { groupBy: readonly string[] }> {
  const requests = createRequests(onRequest);
  const asking: Asking = { source: countedSource(source, requests), matchers, typeIds, signal };
  const plan = planWindows(incident, baseline);
  const fleet = await readFleet(
    asking.source,
    matchers,
    { from: plan.baseline.from, to: incident.to },
    signal,
  );
  const known = fleet.instanceLabel !== null && fleet.instances.size <= MOST_INSTANCES;
  return {
    asking,
    plan,
    fleet,
    requests,
    groupBy: known && fleet.instanceLabel !== null ? [fleet.instanceLabel] : [],
  };
}

/**
 * Reads what an investigation needs, in this order: label sets, one series per type, parts of the main type with slices
 * of the fleet, parts of the others, ends of levels that rose, waits that grew. At most 40 requests, 8 in flight.
 *
 * @returns null where the main type has no profile in the incident window
 */
export async function readCase(
  question: CaseQuestion,
  signal: AbortSignal,
  onRequest?: (made: number) => void,
): Promise<CaseReading | null> {
  const found = await openCase(question, signal, onRequest);
  const { asking, plan, fleet, requests, groupBy } = found;
  const { matchers } = asking;
  const lenses = lensTypes(orderTypes(asking.typeIds));
  const rounds = await Promise.all(
    lenses.map(({ type }) =>
      readRounds(asking.source, { profileTypeId: type.id, matchers }, plan, groupBy, signal),
    ),
  );
  const read = lenses.flatMap((lens, at) => {
    const own = rounds[at];
    return own === undefined || own.series.length === 0 ? [] : [{ lens, rounds: own }];
  });
  const [main] = read;
  if (main === undefined) return null;

  const shares: ShareLens[] = [];
  const levels: LevelLens[] = [];
  const waits: WaitLens[] = [];
  const missing: string[] = [];
  for (const { lens, rounds: own } of read) {
    if (lens.kind === 'time' || lens.kind === 'amount') {
      const fineness = shares.length === 0 ? MAIN : SECOND;
      if (requests.left < fineness.baselineParts + fineness.incidentParts) {
        missing.push(`${lens.type.alias}: no request was left to look into it`);
        continue;
      }
      const answer = await readShares(found, lens, own, fineness);
      if (answer === null) missing.push(`${lens.type.alias}: no profiles in one of the windows`);
      else shares.push(answer);
    } else if (lens.kind === 'level') levels.push(await readLevels(found, lens, own));
    else waits.push(await readWaits(found, lens, own, main.rounds, shares[0]?.analysis.load.ratio ?? 1));
  }
  const time = shares.find(({ lens }) => lens.kind === 'time');
  const everything = time && contrastOf(time.analysis, { first: 0, last: time.analysis.incident.length - 1 });
  return {
    plan,
    totals: read.map(({ lens, rounds: own }) => ({
      lens,
      before: totalsIn(own, plan.baseline),
      after: totalsIn(own, plan.incident),
    })),
    shares,
    levels,
    waits,
    collector: everything === undefined ? null : collectorGrowth(everything),
    instances: comings(main.rounds, plan, fleet.instanceLabel),
    found,
    missing,
  };
}

/** Which instances sent profiles before, after, or both. */
export function comings({ series, stepMs }: Rounds, { baseline, incident }: Plan, label: string | null) {
  if (label === null || series.every(({ labels }) => labels[label] === undefined)) return null;
  const present = (window: Window) =>
    new Set(
      series
        .filter((own) => roundTimes({ series: [own], stepMs }, window).length > 0)
        .flatMap(({ labels }) => labels[label] ?? []),
    );
  const [before, after] = [present(baseline), present(incident)];
  const stayed = [...before].filter((instance) => after.has(instance)).length;
  return { stayed, left: before.size - stayed, arrived: after.size - stayed };
}
