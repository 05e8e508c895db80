import * as z from 'zod';
import { UserError } from '../errors.js';
import { parseProfileType } from '../profile/types/types.js';
import type { AnswerCache } from '../schema/cache.js';
import { formatSelector, parseSelector } from '../sources/selector.js';
import type { Matcher } from '../sources/source.js';
import type { ScanMemory, ScannedDashboard } from './scan.js';

const KEY = 'dashboards';
/** A day: as long as the cache keeps anything. Shorter, and reading it would begin to refresh it. */
const KEPT_MS = 24 * 3_600_000;
/**
 * Maximum number of kept dashboards; some hundred bytes of each are written after a scan. Larger Grafanas are
 * read again.
 */
const MAX_KEPT = 5_000;

const texts = z.array(z.string()).readonly();
/** Others may write into a shared cache: what could not have been learned is not believed. */
const matcherSchema = z
  .strictObject({ name: z.string(), op: z.enum(['=', '!=', '=~', '!~']), value: z.string() })
  .refine((matcher) => isReadable(matcher))
  .readonly();
const typeIdSchema = z.string().refine((id) => id.split(':').length === 5 && parseProfileType(id) !== null);
const querySchema = z.strictObject({
  sources: texts,
  profileTypeId: typeIdSchema.nullable(),
  matchers: z.array(matcherSchema).readonly(),
  variesBy: texts,
  current: z.record(z.string(), z.string()).readonly(),
  groupBy: texts,
  titles: texts,
  valueNames: z
    .array(z.strictObject({ label: z.string(), value: z.string(), word: z.string() }).readonly())
    .readonly(),
  origin: z.enum(['panel', 'traces', 'link', 'variable', 'hidden']),
});
const dashboardsSchema: z.ZodType<ScannedDashboard[]> = z.array(
  z.strictObject({
    place: z.strictObject({ uid: z.string(), title: z.string(), url: z.string().nullable() }),
    updated: z.number().nullable(),
    version: z.number().nullable(),
    listed: z.string().nullable(),
    alone: z.boolean(),
    sources: z.string(),
    scanned: z.number(),
    queries: z.array(querySchema).readonly(),
  }),
);

/** Whether a condition is one that the parser of selectors would have given. */
function isReadable(matcher: Matcher): boolean {
  try {
    return parseSelector(formatSelector([matcher])).length === 1;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function isScanned(value: unknown): value is ScannedDashboard[] {
  return dashboardsSchema.safeParse(value).success;
}

/**
 * Puts the dashboards into the memory that an earlier process read; none where they are of another form, and
 * none that claim to have been read later than now: they would never be read again.
 */
export async function recallDashboards(cache: AnswerCache, memory: ScanMemory, now: number): Promise<void> {
  const dashboards = await cache.recall<ScannedDashboard[]>(KEY, isScanned, async () => [], KEPT_MS);
  for (const dashboard of dashboards) {
    if (dashboard.scanned <= now) memory.dashboards.set(dashboard.place.uid, dashboard);
  }
  memory.changes++;
}

/** Keeps what was read for the next process. */
export async function keepDashboards(cache: AnswerCache, memory: ScanMemory): Promise<void> {
  if (memory.dashboards.size > MAX_KEPT) return;
  await cache.keep(KEY, [...memory.dashboards.values()], KEPT_MS);
}
