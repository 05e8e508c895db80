import { countsIn } from '../../profile/compare/analysis.js';
import { changePoint, stepPoint } from '../../profile/compare/since.js';
import { sumIn } from '../../profile/contrast/contrast.js';
import type { Matcher, Window } from '../../sources/source.js';
import type { Cause } from '../conclude.js';
import type { Evidence } from './evidence.js';
import { readActive } from './lens.js';
import { type ProfileTimes, sharedTimes, totalsIn } from './profile-times.js';
import { countsLater, type InvestigationContext, type ShareLens } from './shares.js';
import { partWindows } from './windows.js';

/** Between which two profiles something changed. */
export interface Since {
  after: number;
  before: number;
}

/** When the first cause of a conclusion began; null where there is none or it cannot be told. */
export async function onsetOf(
  { context }: Pick<Evidence, 'context'>,
  cause: Cause | undefined,
): Promise<Since | null> {
  if (cause === undefined) return null;
  if (cause.kind === 'leak') return cause.of.leak?.since ?? null;
  if (cause.kind === 'contention') return cause.of.contention?.since ?? null;
  if (cause.kind === 'level') return cause.of.rise?.since ?? null;
  if (cause.kind === 'total') return null;
  return cause.kind === 'load' ? onsetOfLoad(cause.of) : onsetOfChange(context, cause.of);
}

/** Requests of one look at the time around the onset. */
const MAX_FINE_PARTS = 6;

/**
 * When a change of code began: first by the parts that were read, then by single rounds of profiles about the
 * cut, of the label value that carries it where there is one. Up to 12 requests, as far as they are left.
 */
async function onsetOfChange(context: InvestigationContext, share: ShareLens): Promise<Since | null> {
  const { change, windows } = share;
  if (change === null) return null;
  const { analysis, culprit, run, contrast, carrier } = change;
  const before = countsIn(analysis, contrast.before, culprit.fn);
  const after = countsIn(analysis, contrast.after, culprit.fn);
  const p1 = before.x / before.n;
  const p2 = carrier?.shareAfter ?? after.x / after.n;
  const parts = [
    ...windows.baseline.slice(-analysis.baseline.length),
    ...windows.incident.slice(0, run.last + 1),
  ];
  const read = [...analysis.baseline, ...analysis.incident.slice(0, run.last + 1)];
  if (parts.length < 2) return null;
  if (carrier !== null) {
    const span = { from: windows.baseline.at(-1)?.from ?? 0, to: parts.at(-1)?.to ?? 0 };
    const profileTimes = timesWith(context, share.profileTimes, carrier.label, carrier.value);
    const matcher: Matcher = { name: carrier.label, op: '=', value: carrier.value };
    return narrow(context, share, { profileTimes: profileTimes, matchers: [matcher], p1, p2 }, span);
  }
  const counts = read.map((part) => countsIn(analysis, part, culprit.fn));
  const cut = changePoint(counts, p1, p2);
  const around = { from: parts[cut - 1]?.from ?? 0, to: parts[cut]?.to ?? 0 };
  // Between two single rounds there is nothing left to narrow down.
  if (roundsIn(share.profileTimes, around) <= 2) return edges(share.profileTimes, parts[cut - 1], parts[cut]);
  return narrow(context, share, { profileTimes: share.profileTimes, matchers: [], p1, p2 }, around);
}

/**
 * When the load rose, by the totals of single rounds; of the active part of wall-clock time by the parts that
 * were read.
 */
function onsetOfLoad({ lens, profileTimes, windows, analysis }: ShareLens): Since | null {
  const read = [...windows.baseline.slice(-analysis.baseline.length), ...windows.incident];
  const parts = [...analysis.baseline, ...analysis.incident];
  const levelsOf = parts.map(({ costs }) => sumIn(analysis.universe, costs));
  const coarse = read.map((window, at) => ({
    window,
    value: levelsOf[at] ?? 0,
    profiles: parts[at]?.profiles ?? 0,
  }));
  const fine = lens.type.wallClock
    ? coarse
    : read.flatMap((window) =>
        partWindows(window, sharedTimes(profileTimes, window), roundsIn(profileTimes, window)).map(
          (part) => ({
            window: part,
            ...totalsIn(profileTimes, part),
          }),
        ),
      );
  const levels = fine.filter(({ profiles }) => profiles > 0);
  if (levels.length < 2) return null;
  const cut = stepPoint(levels.map(({ value, profiles }) => Math.log(Math.max(value, 1) / profiles)));
  return edges(profileTimes, levels[cut - 1]?.window, levels[cut]?.window);
}

interface Narrowing {
  profileTimes: ProfileTimes;
  matchers: readonly Matcher[];
  p1: number;
  p2: number;
}

/**
 * Reads the rounds of a stretch of time, in at most six parts and then the cut between two of them once more.
 */
async function narrow(
  context: InvestigationContext,
  share: ShareLens,
  narrowing: Narrowing,
  span: Window,
): Promise<Since | null> {
  const { profileTimes, matchers, p1, p2 } = narrowing;
  const fn = share.change?.culprit.fn ?? -1;
  const arrived = matchers.length > 0 && sharedTimes(profileTimes, context.plan.baseline).length === 0;
  let [before, after]: (Window | undefined)[] = [];
  for (let around = span, look = 0; look < 2; look++) {
    const maxParts = Math.min(MAX_FINE_PARTS, context.requests.left);
    const times = sharedTimes(profileTimes, around);
    const fine = partWindows(around, times, Math.min(maxParts, roundsIn(profileTimes, around)));
    if (fine.length < 2) break;
    const observed =
      fine.length === 2 && look > 0
        ? null
        : await Promise.all(
            fine.map(async (window) =>
              countsLater(
                context.readContext,
                await readActive(context.readContext, share.lens.type, window, matchers),
                share.change?.analysis ?? share.analysis,
                fn,
                share.change?.leftOut,
              ),
            ),
          );
    // New instances have no past; the change may be there from their first profile on.
    const past = arrived && look === 0 ? [{ x: 0, n: 0 }] : [];
    const cut = observed === null ? 1 : changePoint([...past, ...observed], p1, p2) - past.length;
    if (cut === 0) break;
    [before, after] = [fine[cut - 1], fine[cut]];
    if (before === undefined || after === undefined) break;
    around = { from: before.from, to: after.to };
    if (roundsIn(profileTimes, around) <= 2) break;
  }
  if (before === undefined || after === undefined) {
    const first = sharedTimes(profileTimes, span)[0];
    if (first === undefined) return null;
    // Profiles of other instances in the same round say nothing about the time before it.
    const last = sharedTimes(share.profileTimes, {
      from: span.from,
      to: first - gapOf(share.profileTimes) / 2,
    }).at(-1);
    return { after: last === undefined ? span.from : last - profileTimes.stepMs, before: first };
  }
  return edges(profileTimes, before, after);
}

function timesWith(
  { fleet }: InvestigationContext,
  profileTimes: ProfileTimes,
  label: string,
  value: string,
): ProfileTimes {
  const { instanceLabel, instances } = fleet;
  if (instanceLabel === null) return profileTimes;
  const series = profileTimes.series.filter(({ labels }) => {
    const instance = labels[instanceLabel] ?? '';
    return label === instanceLabel ? instance === value : instances.get(instance)?.[label] === value;
  });
  return series.length === 0 ? profileTimes : { ...profileTimes, series };
}

/** The usual time between two profiles of one instance, in milliseconds. */
function gapOf({ series, stepMs }: ProfileTimes): number {
  const gaps = series
    .flatMap(({ points }) =>
      points
        .map(({ time }) => time)
        .sort((a, b) => a - b)
        .flatMap((time, at, all) => (at === 0 ? [] : [time - (all[at - 1] ?? time)])),
    )
    .sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? stepMs;
}

/** How many rounds of profiles of the instances a window holds. */
function roundsIn(profileTimes: ProfileTimes, window: Window): number {
  const times = sharedTimes(profileTimes, window);
  const [first, last] = [times[0], times.at(-1)];
  return first === undefined || last === undefined ? 0 : Math.round((last - first) / gapOf(profileTimes)) + 1;
}

/** The last profile of one window and the first of the next; the true times lie within a step of them. */
function edges(
  profileTimes: ProfileTimes,
  before: Window | undefined,
  after: Window | undefined,
): Since | null {
  if (before === undefined || after === undefined) return null;
  const last = sharedTimes(profileTimes, before).at(-1);
  const first = sharedTimes(profileTimes, after)[0];
  return last === undefined || first === undefined
    ? null
    : { after: last - profileTimes.stepMs, before: first };
}
