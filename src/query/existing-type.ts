import {
  defaultProfileType,
  type ProfileType,
  parseProfileType,
  resolveProfileType,
} from '../profile/types/types.js';
import type { Schema } from '../schema/schema.js';
import type { Matcher, ProfileSource, SeriesQuery, Window } from '../sources/source.js';

/**
 * Finds the sample type that the profiles declare as their default (`default_sample_type`), among those of
 * the same kind of profile (process_cpu, memory).
 * @returns the given type where the profiles declare none
 */
export async function findPreferredType(
  type: ProfileType,
  source: ProfileSource,
  query: SeriesQuery,
  signal: AbortSignal,
): Promise<ProfileType> {
  const preferred = (await source.preferredTypes?.(query, signal)) ?? [];
  return preferred.map((id) => parseProfileType(id)).findLast((other) => other?.name === type.name) ?? type;
}

/**
 * Finds the type that an argument means among those that exist, and lists these; without an argument the
 * usual type is taken. Null where it means none of them, and then the list was read from the source just now.
 */
export async function findType(
  wanted: string | null,
  schema: Schema,
  { matchers, window }: { matchers: readonly Matcher[]; window: Window },
  signal: AbortSignal,
): Promise<{ type: ProfileType | null; typeIds: string[] }> {
  const resolveAmong = (typeIds: string[]) => ({
    type: wanted === null ? defaultProfileType(typeIds) : resolveProfileType(wanted, typeIds),
    typeIds,
  });
  const remembered = resolveAmong(await schema.typeIds(matchers, window, signal));
  // An empty list is never kept, so it needs no second look.
  if (remembered.type !== null || remembered.typeIds.length === 0) return remembered;
  return resolveAmong(await schema.fresh.typeIds(matchers, window, signal));
}
