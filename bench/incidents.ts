import { createEnvironment } from '../src/commands/environment.js';
import { readConfig } from '../src/config/read.js';
import { callTool } from '../src/mcp/call.js';
import { createLog } from '../src/telemetry/log.js';
import { TOOLS } from '../src/tools/index.js';
import { TOOL_CALLS } from '../test/support/tool-arguments.js';
import { type Recorded, watchWire } from './wire-watch.js';

/** Calls that an agent makes in an incident, in this order. */
export const CALLS = [
  'list_services',
  'investigate',
  'inspect_function',
  'summarize_profile',
  'get_timeline',
  'compare_profiles',
  'query_profile',
  'list_labels',
] as const;

/** Which windows agents ask about: how often a question comes that was asked a moment ago. */
export interface Situation {
  title: string;
  /** By how much an agent's windows lie later than in the demo incident, milliseconds. */
  computeShift(agent: number): number;
  /** Whether the windows of every call lie a little later than all before. */
  isAlwaysNew: boolean;
}

/** Windows of agents lie so far apart: another question to every store, and the same findings. */
const APART_MS = 2_000;
const ownIncident = (agent: number) => agent * APART_MS;

export const SITUATIONS: readonly Situation[] = [
  { title: 'all agents on one incident', computeShift: () => 0, isAlwaysNew: false },
  { title: 'every agent on an incident of its own', computeShift: ownIncident, isAlwaysNew: false },
  { title: 'no window asked about twice', computeShift: ownIncident, isAlwaysNew: true },
];

/** The arguments of a call in a situation. */
export function buildArguments(name: string, shiftMs: number): Record<string, unknown> {
  const args = { ...TOOL_CALLS[name]?.arguments };
  for (const key of ['from', 'to']) {
    const time = args[key];
    if (typeof time === 'string') args[key] = new Date(Date.parse(time) + shiftMs).toISOString();
  }
  return args;
}

/** Requests to the store that each call causes, in rounds, by shift and name. */
export type Recordings = ReadonlyMap<string, readonly (readonly Recorded[])[]>;

export function recordingKey(name: string, shiftMs: number): string {
  return `${shiftMs} ${name}`;
}

/**
 * Records the requests to the store that the calls of the agents cause, once the schema is known and nothing
 * else is remembered. The tools of this process make the calls one after the other.
 */
export async function recordCalls(storeUrl: string, agents: number): Promise<Recordings> {
  const config = readConfig(['--pyroscope-url', storeUrl, '--cache-dir', 'none'], {});
  const environment = await createEnvironment(config, createLog('error', console.error));
  const { signal } = new AbortController();
  const recordings = new Map<string, Recorded[][]>();
  const wire = watchWire();
  for (let agent = 0; agent < agents; agent++) {
    const shiftMs = ownIncident(agent);
    for (const name of CALLS) {
      const tool = TOOLS.find((candidate) => candidate.name === name);
      if (tool === undefined) throw new Error(`there is no tool ${name}`);
      // The first time for the schema.
      for (let round = 0; round < 2; round++) {
        wire.take();
        const { text, isError } = await callTool(tool, buildArguments(name, shiftMs), environment, signal);
        if (isError) throw new Error(text);
      }
      recordings.set(recordingKey(name, shiftMs), wire.take());
    }
  }
  await environment.context.sources.close();
  return recordings;
}
