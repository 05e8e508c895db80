import { LONGEST_QUERY_MS } from '../duration.js';
import { type NamedService, SERVICE_LABEL } from '../patterns/pattern.js';
import { findServiceLabel, serviceByWord } from '../patterns/words.js';
import type { Schema } from '../schema/schema.js';
import { formatSelector } from '../sources/selector.js';
import type { Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import type { ProfileRequest } from './request.js';

const MINUTE = 60_000;
/** Maximum wait for the dashboards when the service would otherwise be unknown, in ms. */
const WAIT_MS = 5_000;

/**
 * Replaces a service that does not exist by the one that the team means, as its dashboards show it. The name
 * may be a value of the label by which the team distinguishes services, where that is not `service_name`:
 * then a matcher takes the place of the service. Or dashboards use the name for a single service. A note says
 * which.
 */
export async function withTeamsWord(
  request: ProfileRequest,
  context: ToolContext,
): Promise<{ request: ProfileRequest; notes: readonly string[] }> {
  const { source, service, window } = request;
  const book = service === null ? null : (context.getPatterns?.(source) ?? null);
  if (service === null || book === null) return { request, notes: [] };
  const now = Math.ceil(context.now() / MINUTE) * MINUTE;
  const spans = [...(window === null ? [] : [window]), { from: now - LONGEST_QUERY_MS, to: now }];
  const schema = context.getSchema(source);
  const existing = new Set<string>();
  for (const span of spans) {
    for (const name of await schema.labelValues(SERVICE_LABEL, [], span, context.signal)) existing.add(name);
    if (existing.has(service)) return { request, notes: [] };
  }
  const { patterns, serviceLabels } = await book.read(context.signal, WAIT_MS);
  const sourcePatterns = patterns.filter(({ sourceUid }) => sourceUid === null || sourceUid === source.uid);
  const label = findServiceLabel(sourcePatterns, serviceLabels);
  const isThere = (named: NamedService) => hasValue(named, spans, schema, context.signal);
  const direct = label === null ? null : { label, value: service };
  if (direct !== null && (await isThere(direct))) {
    const reason = `the team tells services apart by ${safeText(direct.label, 60)}, so that label was taken instead`;
    return withService(request, direct, reason);
  }
  const matching: NamedService[] = [];
  for (const name of [SERVICE_LABEL, ...(label === null ? [] : [label])]) {
    const named = { label: name, value: serviceByWord(sourcePatterns, service, name) ?? '' };
    if (named.value !== '' && (await isThere(named))) matching.push(named);
  }
  const [only, ...others] = matching;
  // A word that leads to two services names neither.
  if (only === undefined || others.length > 0) return { request, notes: [] };
  return withService(request, only, `on its dashboards the team calls ${serviceText(only)} so`);
}

function withService(
  request: ProfileRequest,
  { label, value }: NamedService,
  why: string,
): { request: ProfileRequest; notes: readonly string[] } {
  const notes = [`No service is called ${JSON.stringify(safeText(request.service ?? '', 100))}; ${why}.`];
  if (label === SERVICE_LABEL) return { request: { ...request, service: value }, notes };
  const matchers = [...request.matchers, { name: label, op: '=' as const, value }];
  return { request: { ...request, service: null, matchers }, notes };
}

/** A service as `checkout-api`, or as `{app="checkout"}` where another label holds it. */
function serviceText({ label, value }: NamedService): string {
  if (label === SERVICE_LABEL) return safeText(value, 100);
  return safeText(formatSelector([{ name: label, op: '=', value }]), 160);
}

async function hasValue(
  { label, value }: NamedService,
  spans: readonly Window[],
  schema: Schema,
  signal: AbortSignal,
): Promise<boolean> {
  for (const span of spans) {
    if ((await schema.labelValues(label, [], span, signal)).includes(value)) return true;
  }
  return false;
}
