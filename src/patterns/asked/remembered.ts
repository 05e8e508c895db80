import * as z from 'zod';
import { isRememberable, type QueryShape, shapeKey } from './asked-query.js';

/** A question that worked, with the days on which it was followed up. */
export interface RememberedQuery extends QueryShape {
  /** Days since 1970 in UTC, ascending, each once. */
  days: readonly number[];
}

const DAY_MS = 86_400_000;
/** After so many days without a follow-up a question is forgotten. */
export const MAX_AGE_DAYS = 90;
/** Half-life of the weight of a day: what was asked a month ago counts half. */
const HALF_LIFE_DAYS = 30;
/** Most days that are kept of a question: the older ones weigh nothing. */
const MAX_DAYS = 40;
/** Most questions of a view: some 100 kB. */
export const MAX_QUERIES = 200;

/** The day of a time, Unix ms. */
export function toDay(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** The begin of a day, Unix ms. */
export function toTime(day: number): number {
  return day * DAY_MS;
}

/**
 * Adds up what several writers remember: the days of equal questions are united. It does not matter in which
 * order or how often: writers that know the same add nothing.
 */
export function mergeRemembered(...lists: readonly (readonly RememberedQuery[])[]): RememberedQuery[] {
  const merged = new Map<string, RememberedQuery>();
  for (const query of lists.flat()) {
    const key = shapeKey(query);
    const { service, profileTypeId, conditions, groupBy } = query;
    const days = new Set([...(merged.get(key)?.days ?? []), ...query.days]);
    merged.set(key, {
      service,
      profileTypeId,
      conditions,
      groupBy,
      days: [...days].sort((a, b) => a - b),
    });
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, query]) => query);
}

/**
 * Forgets what is too old, and what is more than there is room for, the least used first. A day later than
 * tomorrow was never seen by a right clock and is dropped.
 */
export function ageRemembered(queries: readonly RememberedQuery[], today: number): RememberedQuery[] {
  const aged = queries.flatMap((query) => {
    const days = query.days.filter((day) => day > today - MAX_AGE_DAYS && day <= today + 1).slice(-MAX_DAYS);
    return days.length === 0 ? [] : [{ ...query, days }];
  });
  const ranked = [...aged].sort(
    (a, b) => weighDays(b, today) - weighDays(a, today) || (shapeKey(a) < shapeKey(b) ? -1 : 1),
  );
  const kept = new Set(ranked.slice(0, MAX_QUERIES));
  return aged.filter((query) => kept.has(query));
}

/** Weight of a question: each of its days counts 1, and half after a month. */
export function weighDays({ days }: Pick<RememberedQuery, 'days'>, today: number): number {
  return days.reduce((sum, day) => sum + 2 ** (-Math.max(0, today - day) / HALF_LIFE_DAYS), 0);
}

const rowSchema = z.strictObject({
  service: z.string().nullable(),
  type: z.string(),
  conditions: z.array(z.tuple([z.string(), z.enum(['=', '!=', '=~', '!~'])])).max(100),
  group_by: z.array(z.string()).max(100),
  days: z.array(z.int().min(0).max(1e6)).max(1_000),
});

/** A remembered question as a text. */
export function writeRow({ service, profileTypeId, conditions, groupBy, days }: RememberedQuery): string {
  const row: z.infer<typeof rowSchema> = {
    service,
    type: profileTypeId,
    conditions: conditions.map(({ name, op }) => [name, op]),
    group_by: [...groupBy],
    days: [...days],
  };
  return JSON.stringify(row);
}

/** A remembered question from its text; null for what was not written here, such as one that holds values. */
export function readRow(text: string): RememberedQuery | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) return null;
  const { service, type, conditions, group_by: groupBy, days } = parsed.data;
  const shape = {
    service,
    profileTypeId: type,
    conditions: conditions.map(([name, op]) => ({ name, op })),
    groupBy,
  };
  if (!isRememberable(shape)) return null;
  return { ...shape, days: [...new Set(days)].sort((a, b) => a - b) };
}
