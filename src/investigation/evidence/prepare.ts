import type { TypedLabelSets } from '../../query/label-sets.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';
import { processLabel, readFleet } from './fleet.js';
import type { ReadContext } from './lens.js';
import { type Grouping, readLargeFleetCounts } from './profile-times.js';
import type { Requests } from './requests.js';
import { readTogetherCounts } from './rollout/together.js';
import type { InvestigationContext } from './shares.js';
import { coverBoth, onGrid, planWindows } from './windows.js';

/** Instances whose series are told apart. */
const MAX_INSTANCES = 60;

/** A question about the profiles of a service in two windows. */
export interface EvidenceQuestion {
  source: ProfileSource;
  matchers: readonly Matcher[];
  typeIds: readonly string[];
  /** The label sets of both windows, where they are known. */
  labelSets?: TypedLabelSets;
  incident: Window;
  /** Ends 1 ms before the incident; null: the time just before it. */
  baseline: Window | null;
  /** Counts and limits what `source` is asked. */
  requests: Requests;
  /** Maximum number of slices of the fleet that are read of the main type; the usual one if left out. */
  slices?: number;
  /** Smallest growth of a function that is looked for, as a share of the total; else the usual one. */
  minGrowth?: number;
  /** Whether calm types are read in all parts, too; how much these differ tells which change is seen. */
  readsAllParts?: boolean;
}

/**
 * The label sets of a service over both windows, and what every reading of it shares: two requests where they
 * are not known, and two more where its instances are too many for a series each.
 *
 * @param countedBy the type whose profiles are counted then
 */
export async function prepareEvidence(
  { source, matchers, typeIds, labelSets, incident, baseline, requests }: EvidenceQuestion,
  countedBy: string | undefined,
  signal: AbortSignal,
): Promise<InvestigationContext & Grouping> {
  const plan = onGrid(planWindows(incident, baseline));
  const fleet = await readFleet(source, matchers, coverBoth(plan), signal, labelSets);
  const { instanceLabel, instances, repositories } = fleet;
  const waitingThreads = new Map<string, Promise<boolean>>();
  const readContext: ReadContext = { source, matchers, typeIds, repositories, waitingThreads, signal };
  const isKnown = instances.size <= MAX_INSTANCES;
  const largeFleetCounts =
    isKnown || instanceLabel === null || countedBy === undefined
      ? null
      : await readLargeFleetCounts(
          readContext.source,
          { profileTypeId: countedBy, matchers },
          plan,
          instanceLabel,
          signal,
        );
  const label = processLabel(fleet);
  const groupBy = isKnown && label !== null ? [label] : [];
  const togetherCounts =
    instanceLabel !== null || countedBy === undefined
      ? undefined
      : await readTogetherCounts(source, { profileTypeId: countedBy, matchers }, plan, groupBy, signal);
  return { readContext, plan, fleet, requests, groupBy, largeFleetCounts, togetherCounts };
}
