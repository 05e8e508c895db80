import {
  defaultProfileType,
  type ProfileType,
  parseProfileType,
  resolveProfileType,
} from '../profile/types/types.js';
import type { Schema } from '../schema/schema.js';
import type { Matcher, ProfileSource, SeriesQuery, Window } from '../sources/source.js';

/**
 * The type of the same kind of profile (process_cpu, memory) by which the profiles themselves ask to be read;
 * the given one where they ask for none.
 */
export async function preferredType(
  type: ProfileType,
  source: ProfileSource,
  query: SeriesQuery,
  signal: AbortSignal,
): Promise<ProfileType> {
  const preferred = (await source.preferredTypes?.(query, signal)) ?? [];
  return preferred.map((id) => parseProfileType(id)).findLast((other) => other?.name === type.name) ?? type;
}

/**
 * The type that an argument means among those that exist, and these; without an argument the usual one. Null
 * where it means none of them: then the source was asked just now.
 */
export async function existingType(
  wanted: string | null,
  schema: Schema,
  { matchers, window }: { matchers: readonly Matcher[]; window: Window },
  signal: AbortSignal,
): Promise<{ type: ProfileType | null; typeIds: string[] }> {
  const among = (typeIds: string[]) => ({
    type: wanted === null ? defaultProfileType(typeIds) : resolveProfileType(wanted, typeIds),
    typeIds,
  });
  const remembered = among(await schema.typeIds(matchers, window, signal));
  // An empty list is never remembered.
  if (remembered.type !== null || remembered.typeIds.length === 0) return remembered;
  return among(await schema.fresh.typeIds(matchers, window, signal));
}
