import { safeText } from '../report/sanitise.js';
import { serviceByWord } from '../schema/patterns/words.js';
import type { ToolContext } from './define.js';
import type { ProfileRequest } from './request.js';

const MINUTE = 60_000;
/** A server lets one query span a day by default. */
const DAY = 23 * 60 * MINUTE;
/** How long the dashboards are waited for, when otherwise the service would be unknown. */
const WAIT_MS = 5_000;

/**
 * The request with the service that exists for the one that was named: where none is called so, the one that the team
 * calls so on its dashboards, if that is unique. A note says so.
 */
export async function withTeamsWord(
  request: ProfileRequest,
  context: ToolContext,
): Promise<{ request: ProfileRequest; notes: readonly string[] }> {
  const { source, service, window } = request;
  const book = service === null ? null : (context.patternsOf?.(source) ?? null);
  if (service === null || book === null) return { request, notes: [] };
  const now = Math.ceil(context.now() / MINUTE) * MINUTE;
  const spans = [...(window === null ? [] : [window]), { from: now - DAY, to: now }];
  const schema = context.schemaOf(source);
  const existing = new Set<string>();
  for (const span of spans) {
    for (const name of await schema.labelValues('service_name', [], span, context.signal)) existing.add(name);
    if (existing.has(service)) return { request, notes: [] };
  }
  const { patterns } = await book.read(context.signal, WAIT_MS);
  const own = patterns.filter(({ sourceUid }) => sourceUid === null || sourceUid === source.uid);
  const meant = serviceByWord(own, service);
  if (meant === null || !existing.has(meant)) return { request, notes: [] };
  return {
    request: { ...request, service: meant },
    notes: [
      `No service is called ${JSON.stringify(safeText(service, 100))}; on its dashboards the team calls ${safeText(meant, 100)} so.`,
    ],
  };
}
