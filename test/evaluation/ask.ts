import diagnostics from 'node:diagnostics_channel';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { z } from 'zod';
import { callTool } from '../../src/mcp/call.js';
import { createSchema } from '../../src/schema/schema.js';
import { createRegistry } from '../../src/sources/registry.js';
import { createLog } from '../../src/telemetry/log.js';
import type { Tool } from '../../src/tools/define.js';
import { investigate } from '../../src/tools/surface/investigate.js';
import { countingSource } from './counting.js';
import type { IncidentCase } from './generator/case.js';

/** Long enough for the largest tree on a busy machine: the judge looks at answers, bench/ at their time. */
const DEADLINE_MS = 600_000;

const time = z.string().transform((text) => Date.parse(text));
const since = z.object({ after: time, before: time }).nullable();
const named = z.object({ name: z.string(), value: z.string() }).nullable();
/** The judged members of an answer. */
const answerSchema = z.object({
  verdict: z.string(),
  verdict_reason: z.string(),
  since,
  findings: z.array(
    z.object({
      profile_type_id: z.string(),
      kind: z.string(),
      function: z.string().nullable(),
      label: named,
      where: z.string(),
      whole_of: z.object({ label: named }),
      sentence: z.string(),
    }),
  ),
  upstream_requests: z.number(),
});
export type InvestigationData = z.output<typeof answerSchema>;

/** An answer with what it cost. */
export interface Asked {
  data: InvestigationData;
  text: string;
  tokens: number;
  /** Requests at the methods of the source, counted by the judge. */
  requests: number;
  mostInFlight: number;
  /** Requests on the wire; 0 where the source needs none. */
  http: number;
  /** Duration of the tool's run without rendering, in milliseconds. */
  ms: number;
}

/**
 * Asks `investigate` about a case as a client would, with nothing known before: the service and the incident
 * window only.
 *
 * @throws Error with the tool's words when it answers with an error or has no data to judge
 */
export async function askInvestigate(incident: IncidentCase): Promise<Asked> {
  const twice = await askTwice(incident, { service: incident.service });
  const answered = answerSchema.safeParse(twice.json);
  if (!answered.success) throw new Error(`${incident.id}: no verdict in the answer: ${twice.text}`);
  const { json: _, ...cost } = twice;
  return { ...cost, data: answered.data };
}

/**
 * Asks `investigate` about the window of an incident, with empty caches. The tool runs once; its answer
 * passes the call boundary twice, as JSON and as text.
 *
 * @param scope arguments beyond the window
 * @throws Error with the tool's words when it answers with an error
 */
export async function askTwice(
  { id, windows, source: asked }: Pick<IncidentCase, 'id' | 'windows' | 'source'>,
  scope: { service?: string } = {},
): Promise<Omit<Asked, 'data'> & { json: unknown }> {
  const { source, counts } = countingSource(asked);
  const schema = createSchema(source);
  const log: string[] = [];
  const environment = {
    context: {
      sources: createRegistry([{ name: null, source }]),
      getSchema: () => schema,
      now: source.kind === 'files' ? () => windows.incident.to : Date.now,
    },
    log: createLog('error', (line) => log.push(line)),
    deadlineMs: DEADLINE_MS,
  };
  let ms = 0;
  let http = 0;
  const count = () => {
    http++;
  };
  const tool = runOnce(investigate, (taken) => {
    ms = taken;
  });
  const { from, to } = windows.incident;
  const args = { ...scope, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const ask = async (format: 'json' | 'text') => {
    const { text, isError } = await callTool(
      tool,
      { ...args, format },
      environment,
      new AbortController().signal,
    );
    if (isError) throw new Error([`${id}: ${text}`, ...log].join('\n'));
    return text;
  };
  diagnostics.subscribe('undici:request:create', count);
  try {
    const json: unknown = JSON.parse(await ask('json'));
    const text = await ask('text');
    const { made: requests, mostInFlight } = counts;
    return { json, text, tokens: encode(text).length, requests, mostInFlight, http, ms };
  } finally {
    diagnostics.unsubscribe('undici:request:create', count);
  }
}

/** A tool that answers every call with its first answer. */
function runOnce(tool: Tool, onTaken: (ms: number) => void): Tool {
  let answer: ReturnType<Tool['run']> | null = null;
  return {
    ...tool,
    run(args, context) {
      const started = performance.now();
      answer ??= tool.run(args, context).finally(() => onTaken(performance.now() - started));
      return answer;
    },
  };
}
