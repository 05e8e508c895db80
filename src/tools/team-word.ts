import { safeText } from '../report/sanitise.js';
import { serviceByWord, serviceLabelOf } from '../schema/patterns/words.js';
import type { Schema } from '../schema/schema.js';
import type { Window } from '../sources/source.js';
import type { ToolContext } from './define.js';
import type { ProfileRequest } from './request.js';

const MINUTE = 60_000;
/** A server lets one query span a day by default. */
const DAY = 23 * 60 * MINUTE;
/** How long the dashboards are waited for, when otherwise the service would be unknown. */
const WAIT_MS = 5_000;

/**
 * The request with the service that exists for the one that was named. Where none is called so: the value of the label by
 * which the team tells its services apart, where that is not `service_name`, as a matcher and without a service; or the
 * one that the team calls so on its dashboards, if that is unique. A note says so.
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
  const { patterns, serviceLabels } = await book.read(context.signal, WAIT_MS);
  const own = patterns.filter(({ sourceUid }) => sourceUid === null || sourceUid === source.uid);
  const named = `No service is called ${JSON.stringify(safeText(service, 100))}; `;
  const label = serviceLabelOf(own, serviceLabels);
  if (label !== null && (await hasValue(label, service, spans, schema, context.signal))) {
    return {
      request: {
        ...request,
        service: null,
        matchers: [...request.matchers, { name: label, op: '=', value: service }],
      },
      notes: [
        `${named}the team tells services apart by ${safeText(label, 60)}, so that label was taken instead.`,
      ],
    };
  }
  const meant = serviceByWord(own, service);
  if (meant === null || !existing.has(meant)) return { request, notes: [] };
  return {
    request: { ...request, service: meant },
    notes: [`${named}on its dashboards the team calls ${safeText(meant, 100)} so.`],
  };
}

async function hasValue(
  label: string,
  value: string,
  spans: readonly Window[],
  schema: Schema,
  signal: AbortSignal,
): Promise<boolean> {
  for (const span of spans) {
    if ((await schema.labelValues(label, [], span, signal)).includes(value)) return true;
  }
  return false;
}
