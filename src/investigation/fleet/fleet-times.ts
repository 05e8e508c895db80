import { orderTypes } from '../../profile/types/types.js';
import type { Matcher, ProfileSource, TimeSeries } from '../../sources/source.js';
import { type LensPlan, type LensType, planLenses } from '../evidence/lens.js';
import { type ProfileTimes, withProfileCounts } from '../evidence/profile-times.js';
import { gridEnd, type Plan } from '../evidence/windows.js';
import { type Unit, unitKey, unitLabels } from './units.js';

/** Instances of all units together whose series are told apart. */
const MAX_INSTANCES_APART = 600;
/** Points of one answer, at the most: each is about 40 bytes of JSON. */
const MAX_POINTS = 150_000;
/** Steps of the incident window that a course over time needs at least. */
const MIN_STEPS = 12;
/** Windows and baselines together are about this many times as long as the incident. */
const SPAN_TIMES = 5;

/** When the instances of each unit sent profiles of each type, and their totals. */
export interface FleetTimes {
  /** By unit key and profile type id. */
  of(unit: Unit, typeId: string): ProfileTimes | null;
  /** Types that could not be read, with the error. */
  failed: ReadonlyMap<string, unknown>;
}

const plans = new WeakMap<Unit, LensPlan>();

/** The types of a unit that are read for themselves, the main one first. */
export function listLenses(unit: Unit): LensPlan {
  const known = plans.get(unit);
  if (known !== undefined) return known;
  const { toRead, same } = planLenses(orderTypes(unit.typeIds));
  const isMutex = ({ type }: LensType) => type.alias === 'mutex';
  // Who waits for a mutex waits in the block profile, too.
  const plan = {
    toRead: toRead.some(isMutex) ? toRead.filter(({ type }) => type.alias !== 'block') : toRead,
    same,
  };
  plans.set(unit, plan);
  return plan;
}

/** Whether the series of all instances are told apart, or only counted by unit. */
export function areInstancesApart(units: readonly Unit[]): boolean {
  return units.reduce((sum, { instances }) => sum + instances, 0) <= MAX_INSTANCES_APART;
}

/** Maximum number of steps of the incident window, so that an answer about all units stays small. */
export function maxStepsFor(units: readonly Unit[]): number {
  const series = areInstancesApart(units)
    ? units.reduce((sum, { instances }) => sum + instances, 0)
    : units.length;
  return Math.max(MIN_STEPS, Math.floor(MAX_POINTS / SPAN_TIMES / Math.max(1, series)));
}

export interface FleetTimesQuestion {
  source: ProfileSource;
  matchers: readonly Matcher[];
  units: readonly Unit[];
  groupBy: string | null;
  instanceLabels: readonly string[];
  plan: Plan;
}

/**
 * Reads the totals over time of all types of all units: one request for each type, and two more for each of
 * the main types where the instances are too many for a series each.
 *
 * @param soon ends the reading; what has not arrived by then has failed
 * @throws the reason of `signal` when that is aborted
 */
export async function readFleetTimes(
  question: FleetTimesQuestion,
  { signal, soon }: { signal: AbortSignal; soon: AbortSignal },
): Promise<FleetTimes> {
  const { source, matchers, units, groupBy, instanceLabels, plan } = question;
  const isApart = areInstancesApart(units);
  const labels = [...unitLabels(groupBy), ...(isApart ? instanceLabels : [])];
  const window = { from: plan.baseline.from, to: gridEnd(plan.incident, plan.stepMs) };
  const typeIds = [
    ...new Set(units.flatMap((unit) => listLenses(unit).toRead.map(({ type }) => type.id))),
  ].sort();
  const failed = new Map<string, unknown>();
  const seriesOf = new Map<string, Map<string, TimeSeries[]>>();
  // Without the number of profiles no total tells anything.
  const withoutCounts = (error: unknown) => {
    signal.throwIfAborted();
    for (const typeId of typeIds) failed.set(typeId, error);
    return null;
  };
  const [counts] = await Promise.all([
    isApart ? null : readCounts(question, soon).catch(withoutCounts),
    ...typeIds.map(async (profileTypeId) => {
      try {
        const series = await source.timeSeries(
          { profileTypeId, matchers, window },
          { groupBy: labels, step: plan.stepMs / 1000 },
          soon,
        );
        seriesOf.set(profileTypeId, byUnit(series, groupBy));
      } catch (error) {
        signal.throwIfAborted();
        failed.set(profileTypeId, error);
      }
    }),
  ]);
  return {
    failed,
    of(unit, typeId) {
      const series = seriesOf.get(typeId)?.get(unit.key);
      if (series === undefined || failed.has(typeId)) return null;
      const times: ProfileTimes = { series, stepMs: plan.stepMs };
      if (counts === null) return times;
      const coarse = inRounds(times, plan, (counts.incident.get(unit.key) ?? 0) / unit.instances);
      return withProfileCounts(
        coarse,
        (['baseline', 'incident'] as const).map((side) => ({
          window: plan[side],
          profiles: counts[side].get(unit.key) ?? 0,
        })),
      );
    },
  };
}

/** Steps that the course of a level needs at least: a leak is a rise over three snapshots. */
const MIN_ROUNDS = 3;

/**
 * Series in steps that hold about one profile of every instance: in shorter ones the number of profiles
 * varies, of which only the mean is known.
 *
 * @param rounds profiles of one instance in the incident
 */
function inRounds({ series, stepMs }: ProfileTimes, { incident }: Plan, rounds: number): ProfileTimes {
  const steps = (incident.to - incident.from + 1) / stepMs;
  const factor = Math.max(1, Math.ceil(steps / Math.max(MIN_ROUNDS, Math.floor(rounds))));
  if (factor === 1) return { series, stepMs };
  const start = incident.from - 1;
  return {
    stepMs: factor * stepMs,
    series: series.map(({ labels, points }) => {
      const sums = new Map<number, number>();
      for (const { time, value } of points) {
        const step = Math.ceil((time - start) / stepMs / factor);
        const end = start + step * factor * stepMs;
        sums.set(end, (sums.get(end) ?? 0) + value);
      }
      return { labels, points: [...sums].map(([time, value]) => ({ time, value })) };
    }),
  };
}

function byUnit(series: readonly TimeSeries[], groupBy: string | null): Map<string, TimeSeries[]> {
  const rows = new Map<string, TimeSeries[]>();
  for (const one of series) {
    const key = unitKey(one.labels, groupBy);
    if (key === null) continue;
    const known = rows.get(key);
    if (known === undefined) rows.set(key, [one]);
    else known.push(one);
  }
  return rows;
}

/**
 * Number of profiles of each unit in both windows, counted on as few types as cover all units: instances send
 * all types as often.
 */
async function readCounts(
  { source, matchers, units, groupBy, plan }: FleetTimesQuestion,
  signal: AbortSignal,
): Promise<Record<'baseline' | 'incident', Map<string, number>>> {
  const mains = [...new Set(units.flatMap((unit) => listLenses(unit).toRead[0]?.type.id ?? []))];
  const labels = unitLabels(groupBy);
  const mainOf = new Map(units.map((unit) => [unit.key, listLenses(unit).toRead[0]?.type.id]));
  const count = async (name: 'baseline' | 'incident') => {
    const sums = new Map<string, number>();
    const answers = await Promise.all(
      mains.map(async (profileTypeId) => ({
        profileTypeId,
        rows: await source.snapshots({ profileTypeId, matchers, window: plan[name] }, labels, signal),
      })),
    );
    for (const { profileTypeId, rows } of answers)
      for (const { labels: row, profiles } of rows) {
        const key = unitKey(row, groupBy);
        if (key !== null && mainOf.get(key) === profileTypeId) sums.set(key, (sums.get(key) ?? 0) + profiles);
      }
    return sums;
  };
  const [baseline, incident] = await Promise.all([count('baseline'), count('incident')]);
  return { baseline, incident };
}
