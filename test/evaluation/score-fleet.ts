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
  /** Whether every listed guilty service stands before every innocent one. */
  ordered: boolean;
  wrong: string[];
}

/** Rows of an answer about a fleet. */
const ROWS = 10;

/** Compares an answer about a fleet with the truth. */
export function scoreFleet(fleet: FleetCase, { data }: Pick<AskedFleet, 'data'>): FleetScore {
  const truthOf = new Map(fleet.services.map((one) => [one.service, one]));
  const isGuilty = (service: string) => ACCUSING.includes(truthOf.get(service)?.truth.verdict ?? '');
  const listing = [...data.services, ...data.more_services];
  const accusations = listing.filter(({ verdict }) => ACCUSING.includes(verdict));
  const wrong: string[] = [];
  const plainOnes = fleet.services.filter(
    ({ service, errors }) => isGuilty(service) && errors >= PLAIN_ERRORS,
  );
  const places = plainOnes.length > ROWS ? accusations : accusations.slice(0, ROWS);
  const placed = plainOnes.filter(({ service }) => places.some((one) => one.service === service));
  for (const one of plainOnes)
    if (!placed.includes(one))
      wrong.push(
        `${one.service} (${one.kind}, ${one.errors.toFixed(1)} SE) is not listed: ${placeOf(data, one.service)}`,
      );
  const named = accusations.filter(({ service }) => isGuilty(service));
  const right = named.filter((one) => isRight(truthOf.get(one.service), one.function));
  for (const { service, function: fn } of named)
    if (!right.some((one) => one.service === service))
      wrong.push(
        `${service} (${truthOf.get(service)?.kind}): ${fn}, not ${truthOf.get(service)?.truth.functions.join(' or ')}`,
      );
  const accused = accusations.filter(({ service }) => !isGuilty(service));
  for (const { service, verdict, function: fn } of accused)
    wrong.push(`${service} (${truthOf.get(service)?.kind}) is accused: ${verdict} of ${fn}`);
  const lastGuilty = listing.findLastIndex(({ service }) => isGuilty(service));
  const ordered = listing.slice(0, lastGuilty + 1).every(({ service }) => isGuilty(service));
  if (!ordered) wrong.push('an innocent service stands before a guilty one');
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

function isRight(found: FleetService | undefined, fn: string | null): boolean {
  const names = [...(found?.truth.functions ?? []), ...(found?.truth.guiltyCallers ?? [])].map(normaliseName);
  return fn !== null && names.includes(normaliseName(fn));
}

function placeOf(
  { services, load_only, not_looked_at, unchanged_count }: AskedFleet['data'],
  service: string,
): string {
  const row = services.find((one) => one.service === service);
  if (row !== undefined) return `${row.verdict}, rank ${row.rank}`;
  if (load_only.some((one) => one.service === service)) return 'more load only';
  const reason = not_looked_at.find((one) => one.service === service)?.reason;
  return reason ?? `unchanged like ${unchanged_count}, or cut from the list of those not looked at`;
}
