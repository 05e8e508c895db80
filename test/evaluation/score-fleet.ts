import { normaliseName } from '../../src/profile/code/names.js';
import type { AskedFleet } from './ask-fleet.js';
import type { FleetCase, FleetService } from './generator/fleet-case.js';

/** Verdicts that accuse somebody's code. */
const ACCUSING: readonly string[] = ['code_regression', 'leak', 'contention'];
/** From so many standard errors on a planted change must be found. */
const PLAIN_ERRORS = 6;

/** How an answer about a fleet compares with the truth. */
export interface FleetScore {
  /** Guilty services whose faults stand out plainly. */
  plain: number;
  /** Those of them in the rows of the answer, or named after them where they are more than it has rows. */
  listed: number;
  /** Guilty services that are accused, in a row or by name after the rows. */
  named: number;
  /** Those of them that are named with the right function. */
  rightFunction: number;
  /** Number of services in which no code is to blame. */
  innocent: number;
  accused: number;
  /**
   * Whether every listed guilty service stands before every innocent one, and a plain fault of the service
   * for which others wait before these.
   */
  ordered: boolean;
  wrong: string[];
}

/** Rows of an answer about a fleet. */
const ROWS = 10;

/** Compares an answer about a fleet with the truth. */
export function scoreFleet(fleet: FleetCase, { data }: Pick<AskedFleet, 'data'>): FleetScore {
  const truthOf = new Map(fleet.services.map((entry) => [entry.service, entry]));
  const isGuilty = (service: string) => ACCUSING.includes(truthOf.get(service)?.truth.verdict ?? '');
  const planted = [...data.services, ...data.more_services];
  const accusations = planted.filter(({ verdict }) => ACCUSING.includes(verdict));
  const wrong: string[] = [];
  const plainOnes = fleet.services.filter(
    ({ service, errors }) => isGuilty(service) && errors >= PLAIN_ERRORS,
  );
  const places = plainOnes.length > ROWS ? accusations : accusations.slice(0, ROWS);
  const placed = plainOnes.filter(({ service }) => places.some((place) => place.service === service));
  for (const planted of plainOnes)
    if (!placed.includes(planted))
      wrong.push(
        `${planted.service} (${planted.kind}, ${planted.errors.toFixed(1)} SE) is not listed: ${findPlace(data, planted.service)}`,
      );
  const named = accusations.filter(({ service }) => isGuilty(service));
  const right = named.filter((entry) => isRight(truthOf.get(entry.service), entry.function));
  for (const { service, function: fn } of named)
    if (!right.some((entry) => entry.service === service))
      wrong.push(
        `${service} (${truthOf.get(service)?.kind}): ${fn}, not ${truthOf.get(service)?.truth.functions.join(' or ')}`,
      );
  const accused = accusations.filter(({ service }) => !isGuilty(service));
  for (const { service, verdict, function: fn } of accused)
    wrong.push(`${service} (${truthOf.get(service)?.kind}) is accused: ${verdict} of ${fn}`);
  const lastGuilty = planted.findLastIndex(({ service }) => isGuilty(service));
  const isGuiltyFirst = planted.slice(0, lastGuilty + 1).every(({ service }) => isGuilty(service));
  if (!isGuiltyFirst) wrong.push('an innocent service stands before a guilty one');
  const isVictim = (service: string) => truthOf.get(service)?.isVictim === true;
  const firstVictim = planted.findIndex(({ service }) => isVictim(service));
  const later = firstVictim < 0 ? [] : planted.slice(firstVictim);
  const isCauseFirst = placed.every(
    ({ service, isVictim }) => isVictim || later.every((entry) => entry.service !== service),
  );
  if (!isCauseFirst) wrong.push('a service that waits stands before the one for which it waits');
  const ordered = isGuiltyFirst && isCauseFirst;
  return {
    plain: plainOnes.length,
    listed: placed.length,
    named: named.length,
    rightFunction: right.length,
    innocent: fleet.services.filter(({ service }) => !isGuilty(service)).length,
    accused: accused.length,
    ordered,
    wrong,
  };
}

function isRight(planted: FleetService | undefined, fn: string | null): boolean {
  const names = [...(planted?.truth.functions ?? []), ...(planted?.truth.guiltyCallers ?? [])].map(
    normaliseName,
  );
  return fn !== null && names.includes(normaliseName(fn));
}

function findPlace(
  { services, load_only, not_looked_at, unchanged_count }: AskedFleet['data'],
  service: string,
): string {
  const row = services.find((entry) => entry.service === service);
  if (row !== undefined) return `${row.verdict}, rank ${row.rank}`;
  if (load_only.some((entry) => entry.service === service)) return 'more load only';
  const reason = not_looked_at.find((entry) => entry.service === service)?.reason;
  return reason ?? `unchanged like ${unchanged_count}, or cut from the list of those not looked at`;
}
