import { normaliseName } from '../../src/profile/code/names.js';
import type { AskedFleet } from './ask-fleet.js';
import type { FleetCase } from './generator/fleet-case.js';

/** Verdicts that accuse somebody's code. */
const ACCUSING: readonly string[] = ['code_regression', 'leak', 'contention'];
/** From so many standard errors on a planted change must be found. */
const PLAIN_ERRORS = 6;
/** Rows in which a fault must stand. */
const FIRST = 10;

/** How an answer about a fleet compares with the truth. */
export interface FleetScore {
  /** Guilty services whose faults stand out plainly. */
  plain: number;
  /** Those of them among the first ten rows. */
  listed: number;
  /** Those of them that are listed with the right function. */
  rightFunction: number;
  /** Number of services in which no code is to blame. */
  innocent: number;
  accused: number;
  /** Whether every listed guilty service stands before every innocent one. */
  ordered: boolean;
  wrong: string[];
}

/** Compares an answer about a fleet with the truth. */
export function scoreFleet(fleet: FleetCase, { data }: Pick<AskedFleet, 'data'>): FleetScore {
  const truthOf = new Map(fleet.services.map((one) => [one.service, one]));
  const isGuilty = (service: string) => ACCUSING.includes(truthOf.get(service)?.truth.verdict ?? '');
  const rows = data.services.slice(0, FIRST);
  const wrong: string[] = [];
  const plainOnes = fleet.services.filter(
    ({ service, errors }) => isGuilty(service) && errors >= PLAIN_ERRORS,
  );
  // The answer lists at most as many faults as it has rows.
  const wanted = Math.min(plainOnes.length, FIRST);
  let rightFunction = 0;
  let listed = 0;
  for (const { service, truth, errors, kind } of plainOnes) {
    const row = rows.find((one) => one.service === service);
    if (row === undefined || !ACCUSING.includes(row.verdict)) {
      const place = placeOf(data, service);
      if (!data.more_services.includes(service))
        wrong.push(`${service} (${kind}, ${errors.toFixed(1)} SE) is not listed: ${place}`);
      else listed++;
      continue;
    }
    listed++;
    const names = [...truth.functions, ...truth.guiltyCallers].map(normaliseName);
    if (row.function !== null && names.includes(normaliseName(row.function))) rightFunction++;
    else wrong.push(`${service} (${kind}): ${row.function}, not ${truth.functions.join(' or ')}`);
  }
  const accusedRows = data.services.filter(({ verdict }) => ACCUSING.includes(verdict));
  const accused = accusedRows.filter(({ service }) => !isGuilty(service));
  for (const { service, verdict, function: fn, rank } of accused)
    wrong.push(`${service} (${truthOf.get(service)?.kind}) is accused: ${verdict} of ${fn}, rank ${rank}`);
  const lastGuilty = rows.findLastIndex(({ service }) => isGuilty(service));
  const ordered = rows.slice(0, lastGuilty + 1).every(({ service }) => isGuilty(service));
  if (!ordered) wrong.push('an innocent service stands before a guilty one');
  return {
    plain: plainOnes.length,
    listed: Math.min(listed, Math.max(wanted, listed)),
    rightFunction,
    innocent: fleet.services.filter(({ service }) => !isGuilty(service)).length,
    accused: accused.length,
    ordered,
    wrong,
  };
}

function placeOf({ services, load_only, not_looked_at }: AskedFleet['data'], service: string): string {
  const row = services.find((one) => one.service === service);
  if (row !== undefined) return `${row.verdict}, rank ${row.rank}`;
  if (load_only.some((one) => one.service === service)) return 'more load only';
  return not_looked_at.find((one) => one.service === service)?.reason ?? 'unchanged';
}
