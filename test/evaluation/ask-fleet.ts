import { z } from 'zod';
import { type Asked, askTwice } from './ask.js';
import type { FleetCase } from './generator/fleet-case.js';

const row = z.object({
  rank: z.number(),
  service: z.string(),
  verdict: z.string(),
  function: z.string().nullable(),
  severity: z.number(),
  confidence: z.string().nullable(),
});
/** The judged members of an answer about a fleet. */
const answerSchema = z.object({
  services: z.array(row),
  more_services: z.array(row.pick({ service: true, verdict: true, function: true })),
  load_only: z.array(z.object({ service: z.string() })),
  unchanged_count: z.number(),
  not_looked_at: z.array(z.object({ service: z.string(), reason: z.string() })),
  upstream_requests: z.number(),
});
export type FleetData = z.output<typeof answerSchema>;

/** An answer about a fleet with what it cost. */
export type AskedFleet = Omit<Asked, 'data'> & { data: FleetData };

/**
 * Asks `investigate` about a fleet as a client would: the window of the incident, and no service.
 *
 * @throws Error with the tool's words when it answers with an error
 */
export async function askFleet(fleet: FleetCase): Promise<AskedFleet> {
  const { json, ...cost } = await askTwice(fleet);
  return { ...cost, data: answerSchema.parse(json) };
}
