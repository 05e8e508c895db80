import { LONGEST_QUERY_MS } from '../duration.js';
import { type NamedService, SERVICE_LABEL } from '../patterns/pattern.js';
import { serviceByWord, serviceLabelOf } from '../patterns/words.js';
import type { Schema } from '../schema/schema.js';
import { formatSelector } from '../sources/selector.js';
import type { Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import type { ProfileRequest } from './request.js';

const MINUTE = 60_000;
/** How long the dashboards are waited for, when otherwise the service would be unknown. */
const WAIT_MS = 5_000;

/**
 * The request with the service that exists for the one that was named. Where none is called so: the value of
 * the label by which the team tells its services apart, where that is not `service_name`, as a matcher and
 * without a service; or the one that the team calls so on its dashboards, by either label, if that is unique.
 * A note says so.
 */
export async function withTeamsWord(
  request: ProfileRequest,
  context: ToolContext,
): Promise<{ request: ProfileRequest; notes: readonly string[] }> {
  const { source, service, window } = request;
  const book = service === null ? null : (context.patternsOf?.(source) ?? null);
  if (service === null || book === null) return { request, notes: [] };
  const now = Math.ceil(context.now() / MINUTE) * MINUTE;
  const spans = [...(window === null ? [] : [window]), { from: now - LONGEST_QUERY_MS, to: now }];
  const schema = context.schemaOf(source);
  const existing = new Set<string>();
  for (const span of spans) {
    for (const name of await schema.labelValues(SERVICE_LABEL, [], span, context.signal)) existing.add(name);
    if (existing.has(service)) return { request, notes: [] };
  }
  const { patterns, serviceLabels } = await book.read(context.signal, WAIT_MS);
  const own = patterns.filter(({ sourceUid }) => sourceUid === null || sourceUid === source.uid);
  const label = serviceLabelOf(own, serviceLabels);
  const isThere = (named: NamedService) => hasValue(named, spans, schema, context.signal);
  const direct = label === null ? null : { label, value: service };
  if (direct !== null && (await isThere(direct))) {
    const taken = `the team tells services apart by ${safeText(direct.label, 60)}, so that label was taken instead`;
    return meaning(request, direct, taken);
  }
  const there: NamedService[] = [];
  for (const name of [SERVICE_LABEL, ...(label === null ? [] : [label])]) {
    const named = { label: name, value: serviceByWord(own, service, name) ?? '' };
    if (named.value !== '' && (await isThere(named))) there.push(named);
  }
  const [only, ...others] = there;
  // A word that leads to two is no name of either.
  if (only === undefined || others.length > 0) return { request, notes: [] };
  return meaning(request, only, `on its dashboards the team calls ${shown(only)} so`);
}

function meaning(
  request: ProfileRequest,
  { label, value }: NamedService,
  why: string,
): { request: ProfileRequest; notes: readonly string[] } {
  const notes = [`No service is called ${JSON.stringify(safeText(request.service ?? '', 100))}; ${why}.`];
  if (label === SERVICE_LABEL) return { request: { ...request, service: value }, notes };
  const matchers = [...request.matchers, { name: label, op: '=' as const, value }];
  return { request: { ...request, service: null, matchers }, notes };
}

/** `checkout-api`, or `{app="checkout"}` where another label says it. */
function shown({ label, value }: NamedService): string {
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
