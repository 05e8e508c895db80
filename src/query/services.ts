import {
  listAliases,
  type ProfileType,
  parseProfileType,
  resolveProfileType,
} from '../profile/types/types.js';
import type { TypeOfServices } from '../sources/several-types.js';
import type { Labels, ProfileSource, Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import { allMatchers, type Selection } from './selection.js';

/** Maximum number of services that a note names. */
const MAX_NAMED = 5;

/** Several services that one question covers. */
export interface SeveralServices {
  /** Number of services, those that are left out included. */
  count: number;
  /** Ids that the type stands for, each with the services whose own type it is. */
  types: readonly TypeOfServices[];
  /** Services without a type of this kind, with the short names of the types that they send. */
  leftOut: readonly { service: string; types: readonly string[] }[];
}

/**
 * Finds the services that a selection without a service covers, and the type that a short name means for each
 * of them; `several` is null where fewer than two send the type, and a note then names the others.
 *
 * @param wanted the type as the caller wrote it; a full id means itself for every service
 * @throws UpstreamError
 */
export async function findServices(
  source: ProfileSource,
  selection: Selection,
  { type, wanted }: { type: ProfileType; wanted: string | null },
  window: Window,
  { getSchema, signal }: Pick<ToolContext, 'getSchema' | 'signal'>,
): Promise<{ several: SeveralServices | null; notes: readonly string[] }> {
  const rows = await getSchema(source).servicesAndTypes(allMatchers(selection), window, signal);
  const several = servicesIn(rows, type, wanted);
  const [only, ...others] = several.types.flatMap(({ services }) => services);
  if (others.length > 0) return { several, notes: typeNotes(several) };
  const without = several.leftOut.map(({ service }) => safeText(service, 80));
  const shown = `${without.slice(0, MAX_NAMED).join(', ')}${without.length > MAX_NAMED ? ', …' : ''}`;
  return {
    several: null,
    notes:
      only === undefined || without.length === 0
        ? []
        : [`Only ${safeText(only, 80)} sends ${type.alias} of this kind; left out: ${shown}.`],
  };
}

/**
 * Groups services by the type of theirs that an alias means: one service's `cpu` may have another id than
 * another's.
 *
 * @param rows label sets with the service and the type id of profiles
 * @param type type that the alias means for the question
 * @param wanted type as the caller wrote it: an id means no other type
 */
export function servicesIn(
  rows: readonly Labels[],
  type: ProfileType,
  wanted: string | null,
): SeveralServices {
  const idsOf = new Map<string, string[]>();
  for (const { service_name: name, __profile_type__: id } of rows) {
    if (name === undefined || id === undefined) continue;
    idsOf.set(name, [...(idsOf.get(name) ?? []), id]);
  }
  const ofType = new Map<string, string[]>([[type.id, []]]);
  const leftOut: { service: string; types: string[] }[] = [];
  for (const [service, ids] of [...idsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const typeId = ownType(ids, type, wanted);
    if (typeId === null) leftOut.push({ service, types: listAliases(ids) });
    else ofType.set(typeId, [...(ofType.get(typeId) ?? []), service]);
  }
  const types = [...ofType]
    .filter(([, services]) => services.length > 0)
    .map(([typeId, services]) => ({ typeId, services }));
  return { count: idsOf.size, types, leftOut };
}

function ownType(ids: readonly string[], type: ProfileType, wanted: string | null): string | null {
  if (ids.includes(type.id)) return type.id;
  if (wanted?.includes(':') === true) return null;
  const resolved = resolveProfileType(type.alias, ids);
  // Sums need one unit, and CPU time is not added to time on the wall clock.
  return resolved !== null && resolved.alias === type.alias && isAlike(resolved, type) ? resolved.id : null;
}

function isAlike(candidate: ProfileType, type: ProfileType): boolean {
  return (
    candidate.unit === type.unit &&
    candidate.nature === type.nature &&
    candidate.isWallClock === type.isWallClock
  );
}

/** Names of the types that a short name stands for, in words; nothing where there is one. */
function typeNotes({ types }: SeveralServices): string[] {
  if (types.length < 2) return [];
  const rows = types.map(({ typeId, services }) => {
    const [first = '', ...others] = services;
    const who =
      others.length === 0 ? safeText(first, 80) : `${safeText(first, 80)} and ${others.length} more`;
    return `${parseProfileType(typeId)?.id ?? typeId} of ${who}`;
  });
  return [`Each service's own type is taken: ${rows.join('; ')}.`];
}
