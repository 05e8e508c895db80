import { IDLE_DEPTH } from '../profile/code/idle.js';
import { idsText } from '../profile/ids.js';
import { getDivisor, type Measurement, type Reduced, round, roundShare } from '../profile/measurement.js';
import { isDifference, type Profile, shareBase, totalValue } from '../profile/model.js';
import type { ProfileType } from '../profile/types/types.js';
import { leadingName, safeText } from '../text/sanitise.js';
import { formatRate, formatShare, formatSpan, formatTime, formatValue, plural } from '../text/units.js';
import type { JsonObject } from './render.js';

/**
 * Fields of the JSON answers that are exact although the profile was read in part, and those that are lower
 * bounds then.
 */
const EXACT = ['total', 'self', 'self_share', 'rank'] as const;
const LOWER_BOUND = ['total of functions', 'hottest_path', 'tree', 'charged_share', 'callers'] as const;

/** Notes about a profile that was read in part; none for a whole one. */
export function reducedNotes({ reduced, type }: Measurement): string[] {
  if (reduced === null) return [];
  const isBlurred = isIdleBlurred(reduced, type);
  const sites =
    reduced.callSites === 1 ? 'the leaf' : `the ${reduced.callSites} call sites next to each leaf`;
  return [
    `Read in part: ${safeText(reduced.reason, 300)}. ${isBlurred ? 'Exact: active and idle time together.' : 'Exact: the total, own cost (self) and ranks by it.'} At least: totals of functions, ` +
      `path and charges, since only ${sites} and ${reduced.tree === null ? 'no' : 'the heavy branches of the'} call tree were read. ` +
      (type.isWallClock && reduced.tree !== null
        ? 'Of the call tree waiting stacks are left out, and those whose end the store cut off, since they may wait. '
        : '') +
      (isBlurred ? 'Waiting is told by the leaf alone, so that some of it may count as active. ' : '') +
      'All of it: ask for a shorter window or one pod.',
  ];
}

/**
 * Whether too few frames of every stack are known to recognise all that wait; what they cost counts as
 * active.
 */
function isIdleBlurred({ callSites }: Reduced, { isWallClock }: ProfileType): boolean {
  return isWallClock && callSites < IDLE_DEPTH;
}

/** `scope`, `total`, `coverage` and `idle` of the JSON answers about profiles. */
export function scopeData(measured: Measurement, analysed: Profile = measured.active): JsonObject {
  const divisor = getDivisor(measured);
  const active = totalValue(measured.active);
  const whole = shareBase(measured.active) + measured.idle;
  const kept = shareBase(analysed);
  const { isSinceStart } = measured;
  return {
    scope: {
      source: measured.source,
      service: measured.service,
      selector: measured.selector,
      ...(measured.only === null ? {} : { only: { kind: measured.only.kind, ids: [...measured.only.ids] } }),
      profile_type_id: measured.type.id,
      unit: measured.type.unit,
      from: formatTime(measured.window.from),
      to: formatTime(measured.window.to),
    },
    total: {
      value: isSinceStart ? null : round(active / divisor),
      ...(isSinceStart ? { since_start: round(active) } : {}),
      ...(isDifference(measured.active) ? changesData(measured.active) : {}),
      unit: measured.type.unit,
      rate: measured.rate === null ? null : roundShare(measured.rate.value),
      rate_unit: measured.rate?.unit ?? null,
      instances: measured.instances,
      samples: measured.samples,
      profiles: measured.profiles,
      per_profile: measured.profiles === null || isSinceStart ? null : round(active / measured.profiles),
    },
    ...servicesData(measured),
    coverage: {
      kept_share: roundShare(whole === 0 ? 0 : kept / whole),
      truncated: measured.reduced !== null,
      ...(measured.reduced === null
        ? {}
        : {
            reason: safeText(measured.reduced.reason, 300),
            exact: isIdleBlurred(measured.reduced, measured.type) ? [] : [...EXACT],
            lower_bound: [...LOWER_BOUND],
            call_sites: measured.reduced.callSites,
          }),
    },
    ...(measured.type.isWallClock
      ? { idle: { value: round(measured.idle), share: roundShare(whole === 0 ? 0 : measured.idle / whole) } }
      : {}),
  };
}

/** The head of a text answer: what was measured, in two or three lines. */
export function scopeLines(measured: Measurement): string[] {
  const { type, window, profiles, instances } = measured;
  const active = totalValue(measured.active);
  const counted = [
    profiles === null ? null : plural(profiles, type.kind === 'instant' ? 'snapshot' : 'profile'),
    instances === null ? null : `${plural(instances, 'instance')}`,
    measured.samples === null ? null : `${plural(measured.samples, 'sample')}`,
  ].filter((part) => part !== null);
  const lines = [
    `${leadingName(measured.service ?? measured.selector, 200)}: ${type.alias} (${type.meaning}; ${type.id}) from source ${safeText(measured.source, 100)}`,
    `${formatTime(window.from)} to ${formatTime(window.to)} (${formatSpan(window.to - window.from)})${counted.length > 0 ? `, ${counted.join(', ')}` : ''}`,
    `Total ${totalText(measured, active)}`,
  ];
  if (measured.extraSelector !== null)
    lines.splice(1, 0, `Selector ${safeText(measured.extraSelector, 300)}`);
  if (measured.only !== null) lines.splice(1, 0, `Only the samples of ${idsText(measured.only)}`);
  return [...servicesLines(measured), ...lines];
}

/** Maximum number of services that a text names. */
const MAX_SERVICES = 8;

/** The first line of an answer that adds up several services, and those that it leaves out. */
export function servicesLines({ services, type }: Pick<Measurement, 'services' | 'type'>): string[] {
  if (services === null) return [];
  const { added, leftOut } = services;
  const named = (rows: readonly string[]) =>
    `${rows.slice(0, MAX_SERVICES).join(', ')}${rows.length > MAX_SERVICES ? ` and ${rows.length - MAX_SERVICES} more` : ''}`;
  const parts = added.map(
    ({ service, share }) => `${safeText(service, 80)}${share === null ? '' : ` ${formatShare(share)}`}`,
  );
  const others = leftOut.map(
    ({ service, types }) =>
      `${safeText(service, 80)} (sends ${named(types.map((name) => safeText(name, 40)))})`,
  );
  return [
    `ADDED UP over ${plural(added.length, 'service')}, no verdict is given on any of them: ${named(parts)}. Name one in \`service\`.`,
    ...(others.length === 0 ? [] : [`Left out, without ${type.alias} of the kind: ${named(others)}`]),
  ];
}

function servicesData({ services }: Measurement): JsonObject {
  if (services === null) return {};
  return {
    services: services.added.map(({ service, typeId, share }) => ({
      service,
      profile_type_id: typeId,
      share: share === null ? null : roundShare(share),
    })),
    services_left_out: services.leftOut.map(({ service, types }) => ({ service, profile_types: types })),
  };
}

function changesData({ values }: Profile): { increase: number; decrease: number } {
  const sum = (part: Float64Array) => round(part.reduce((total, value) => total + value, 0));
  return {
    increase: sum(values.filter((value) => value > 0)),
    decrease: sum(values.filter((value) => value < 0)),
  };
}

/** An amount with its unit, and in a difference with its sign. */
export function amountText({ active, type }: Measurement, value: number, noun = ''): string {
  return `${value > 0 && isDifference(active) ? '+' : ''}${formatValue(value, type.unit, noun)}`;
}

/** Says how the values differ from what the window cost; '' where they are the cost of the window. */
export function natureOfTotal(measured: Measurement): string {
  if (measured.isSinceStart) return 'Counted since the process started, not in this window. ';
  return isDifference(measured.active) ? 'A difference of two profiles. ' : '';
}

function totalText(measured: Measurement, active: number): string {
  const { noun } = measured.type;
  const { type, profiles, rate, idle } = measured;
  if (measured.isSinceStart)
    return `unknown in this window: ${formatValue(active, type.unit, noun)} since the process started`;
  if (isDifference(measured.active)) {
    const { increase, decrease } = changesData(measured.active);
    const amount = (value: number) => amountText(measured, value, noun);
    return (
      `${amount(increase)} and ${amount(decrease)}, net ${amount(active)}: a difference of two profiles; ` +
      `shares are of all that changed, ${formatValue(shareBase(measured.active), type.unit, noun)}`
    );
  }
  if (type.kind === 'instant') {
    return profiles === null
      ? `${formatValue(active, type.unit, noun)} summed over an unknown number of snapshots: only shares are meaningful`
      : `${formatValue(active / profiles, type.unit, noun)}: the mean snapshot of one instance`;
  }
  const perProfile =
    profiles === null || profiles === 1
      ? ''
      : ` (${formatValue(active / profiles, type.unit, noun)} per profile)`;
  const amount =
    rate === null
      ? `${formatValue(active, type.unit, noun)}${perProfile}`
      : `${formatRate(rate.value, rate.unit)} on average, ${formatValue(active, type.unit, noun)}${perProfile}`;
  return idle === 0
    ? amount
    : `${amount} active; ${formatShare(idle / (idle + active))} of the wall clock was idle and is set apart`;
}

/** Says why profiles that were taken hold nothing, which is an answer, too. */
export function nothingSampled({ type, profiles, idle, isSinceStart }: Measurement): string {
  if (isSinceStart)
    return `Nothing is known over time: these ${type.alias} profiles count since the process started, and there is one reading of each instance.`;
  if (idle > 0) return `All of the ${type.alias} time was idle: no thread of these profiles was working.`;
  return `${profiles ?? 'The'} profile${profiles === 1 ? '' : 's'} of this type ${profiles === 1 ? 'was' : 'were'} taken and hold${profiles === 1 ? 's' : ''} no samples: nothing to report (${type.meaning}).`;
}
