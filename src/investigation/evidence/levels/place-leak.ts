import { countsInProfile } from '../../../profile/compare/analysis.js';
import { keepsFilling, newPlace } from '../../../profile/compare/growth/new-place.js';
import { computeMinAdded } from '../../../profile/compare/growth/rise.js';
import type { SiteGrowth } from '../../../profile/compare/growth.js';
import { type Leak, type Level, MIN_PART, mean, median } from '../../../profile/compare/leak.js';
import { arrivalInterval } from '../../../profile/compare/since.js';
import { share, totalPerProfile, WHOLE } from '../../../profile/contrast/contrast.js';
import { partWindows } from '../../../profile/series/parts.js';
import { bytesPerUnit } from '../../../text/units.js';
import { type LensType, readActive } from '../lens.js';
import { replacement } from '../onset/replacement.js';
import { type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import { getResolution } from '../rounds.js';
import type { InvestigationContext } from '../shares.js';
import { readEnds } from './ends.js';

/** Merges that it takes: the ends of both windows, and two quarters of the incident. */
const REQUESTS = 4;
/** Parts of a window whose levels are compared. */
const QUARTERS = 4;

/**
 * Looks for memory that leaks in one place which held nothing before, where all instances were replaced: the
 * levels of few sampled objects swing too much for a straight line, and new instances begin far below old
 * ones, but the place itself fills to the end of the window.
 *
 * @param levels.running number of instances in the incident
 */
export async function findPlaceLeak(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  {
    baseline,
    incident,
    running,
  }: { baseline: readonly Level[]; incident: readonly Level[]; running: number },
): Promise<(Leak & { growth: SiteGrowth }) | null> {
  const { plan, requests, readContext } = context;
  const unitBytes = bytesPerUnit(lens.type.unit);
  // Goroutines are counted exactly, and wait in queues that come and go.
  if (unitBytes === null) return null;
  const deploy = replacement(context, profileTimes);
  if (deploy === null || requests.left < REQUESTS || incident.length < QUARTERS) return null;
  const quarter = (at: number) =>
    mean(
      incident.slice(
        Math.floor((at * incident.length) / QUARTERS),
        Math.floor(((at + 1) * incident.length) / QUARTERS),
      ),
    );
  const [before, after] = [median(baseline), quarter(3)];
  const least = Math.max(computeMinAdded(unitBytes), MIN_PART * after);
  // From the second quarter to the last a straight rise adds more than half of all that it adds.
  if (after - before < MIN_PART * before || after - quarter(1) < least / 2) return null;
  const growth = await readEnds(context, lens, profileTimes);
  const site = newPlace(growth, { instances: running, unitBytes, least });
  if (site === null) return null;
  const info = growth.joined.functions[site.fn];
  const windows = partWindows(plan.incident, sharedTimes(profileTimes, plan.incident), QUARTERS);
  const held = async (at: number) => {
    const window = windows[at];
    if (window === undefined) return 0;
    const profile = await readActive(readContext, lens.type, window);
    const { x } = countsInProfile(profile, { universe: WHOLE, quantum: 1 }, info);
    return share(x, totalsIn(profileTimes, window).profiles);
  };
  const [second, third] = await Promise.all([held(1), held(2)]);
  if (!keepsFilling([second, third, totalPerProfile(growth.after, site.fn)])) return null;
  const since = arrivalInterval({ ...deploy, ...getResolution(profileTimes) });
  return { before, after, since, growth: { ...growth, site } };
}
