import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { z } from 'zod';
import { callTool } from '../../src/mcp/call.js';
import { createSchema } from '../../src/schema/schema.js';
import { createRegistry } from '../../src/sources/registry.js';
import { createLog } from '../../src/telemetry/log.js';
import { investigate } from '../../src/tools/surface/investigate.js';
import { countingSource } from './counting.js';
import type { FleetCase } from './generator/fleet-case.js';

const DEADLINE_MS = 120_000;

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
  more_services: z.array(z.string()),
  load_only: z.array(z.object({ service: z.string() })),
  unchanged_count: z.number(),
  not_looked_at: z.array(z.object({ service: z.string(), reason: z.string() })),
  upstream_requests: z.number(),
});
export type FleetData = z.output<typeof answerSchema>;

/** An answer about a fleet with what it cost. */
export interface AskedFleet {
  data: FleetData;
  text: string;
  tokens: number;
  requests: number;
  mostInFlight: number;
  ms: number;
}

/**
 * Asks `investigate` about a fleet as a client would: the window of the incident, and no service.
 *
 * @throws Error with the tool's words when it answers with an error
 */
export async function askFleet(fleet: FleetCase): Promise<AskedFleet> {
  const { source, counts } = countingSource(fleet.source);
  const schema = createSchema(source);
  const log: string[] = [];
  const environment = {
    context: {
      sources: createRegistry([source]),
      schemaOf: () => schema,
      now: () => fleet.windows.incident.to,
    },
    log: createLog('error', (line) => log.push(line)),
    deadlineMs: DEADLINE_MS,
  };
  const { incident } = fleet.windows;
  const iso = (ms: number) => new Date(ms).toISOString();
  const args = {
    from: iso(incident.from),
    to: iso(incident.to),
  };
  let answer: ReturnType<typeof investigate.run> | null = null;
  const tool: typeof investigate = {
    ...investigate,
    run(given, context) {
      answer ??= investigate.run(given, context);
      return answer;
    },
  };
  const ask = async (format: 'json' | 'text') => {
    const { text, isError } = await callTool(
      tool,
      { ...args, format },
      environment,
      new AbortController().signal,
    );
    if (isError) throw new Error([`${fleet.id}: ${text}`, ...log].join('\n'));
    return text;
  };
  const started = performance.now();
  const data = answerSchema.parse(JSON.parse(await ask('json')));
  const ms = performance.now() - started;
  const text = await ask('text');
  const { made: requests, mostInFlight } = counts;
  return { data, text, tokens: encode(text).length, requests, mostInFlight, ms };
}
