import * as z from 'zod';
import type { Answer } from '../../report/render.js';
import { hash } from '../../schema/identity.js';
import { parseSelector } from '../../sources/selector.js';
import { type AskedQuery, readConditions } from './asked-query.js';

/** A call as its caller wrote it, after the check of its arguments. */
export interface AnsweredCall {
  tool: string;
  args: Readonly<Record<string, unknown>>;
}

/** Tool whose answer is about all profile types of a service. */
const ALL_TYPES = 'investigate';

/** The part of an answer about profiles that says what it is about. */
const answerSchema = z.object({
  scope: z.object({
    source: z.string(),
    service: z.string().nullable(),
    selector: z.string(),
    profile_type_id: z.string().nullable(),
  }),
  total: z.object({ value: z.number().nullable() }),
  empty: z.undefined().optional(),
});

/**
 * Reads from an answer which question it is to.
 * @returns null for an answer that is about no profiles, or has none
 */
export function askedIn(
  { tool, args }: AnsweredCall,
  answer: Pick<Answer, 'data'>,
  now: number,
): { source: string; asked: AskedQuery } | null {
  const parsed = answerSchema.safeParse(answer.data);
  if (!parsed.success || parsed.data.total.value === 0) return null;
  const { source, service, selector, profile_type_id: typeId } = parsed.data.scope;
  const matchers = parseSelector(selector);
  const isService = ({ name, op }: { name: string; op: string }) => name === 'service_name' && op === '=';
  const { format: _format, ...question } = args;
  const groupBy = typeof args.group_by === 'string' ? [args.group_by] : [];
  const sorted = Object.entries(question).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    source,
    asked: {
      service,
      profileTypeId: tool === ALL_TYPES || typeId === null ? null : fiveParts(typeId),
      conditions: readConditions(service === null ? matchers : matchers.filter((one) => !isService(one))),
      groupBy,
      call: hash(JSON.stringify([tool, sorted])),
      selection: hash(selector),
      at: now,
    },
  };
}

function fiveParts(id: string): string {
  return id.split(':').slice(0, 5).join(':');
}
