import { cpus } from 'node:os';
import { type AgentCall, percentile } from './agents.js';
import { CALLS, type Recordings, recordingKey } from './incidents.js';

/** Measurements of one side over all rounds. */
interface Side {
  calls: AgentCall[];
  /** Number of requests that the store got. */
  requests: number;
  /** Processor time of the store and of the server. */
  storeMs: number;
  serverMs: number;
}

export interface Figures {
  title: string;
  raw: Side;
  ours: Side;
  /** Load average of the machine at the end. */
  load: number;
}

/** An overview of the situations, and the calls of each. */
export function loadTables(
  all: readonly Figures[],
  recordings: Recordings,
  { agents, rounds, roundMs, memory }: { agents: number; rounds: number; roundMs: number; memory: string },
): string {
  const failures = all.flatMap(({ ours }) => ours.calls.flatMap(({ failure }) => failure ?? []));
  const rawFailures = all.flatMap(({ raw }) => raw.calls.flatMap(({ failure }) => failure ?? []));
  const seconds = (rounds * roundMs) / 1000;
  const rate = ({ calls }: Side) => (calls.length / seconds).toFixed(1);
  const overview = all.map(({ title, raw, ours, load }) => {
    const [rawP99, p99] = [raw, ours].map(({ calls }) => percentile(listTimes(calls), 0.99));
    const cells = [
      title,
      `${rate(raw)}, ${rate(ours)}`,
      `${each(raw, raw.requests)}, ${each(ours, ours.requests)}`,
      `${each(raw, raw.storeMs)}, ${each(ours, ours.storeMs)} ms`,
      `${each(ours, ours.serverMs)} ms`,
      `${rawP99?.toFixed(0)} ms`,
      `${p99?.toFixed(0)} ms`,
      `**${((p99 ?? Number.NaN) / (rawP99 ?? Number.NaN)).toFixed(2)}**`,
      load.toFixed(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `${agents} agents at once, one call after the other without a pause, ${rounds} times ${roundMs / 1000} s each, raw and ours in turns, on`,
    `Node ${process.versions.node}, ${cpus().length} cores. Failed calls: **${failures.length}** (raw: ${rawFailures.length}). Memory of the server at the end: ${memory}.`,
    'Pairs are raw, ours; requests and processor time are for one call on average.',
    '',
    '| situation | calls in a second | requests to the store | store | server | raw p99 | p99 | p99 ÷ raw | load average |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...overview,
    ...failures.slice(0, 3).map((failure) => `\nFailed: ${failure}`),
    ...all.flatMap((figures) => ['', callsTable(figures, recordings)]),
  ].join('\n');
}

function callsTable({ title, raw, ours }: Figures, recordings: Recordings): string {
  const row = (name: string, requests: string, of: (call: AgentCall) => boolean) => {
    const [rawTimes, times] = [raw, ours].map(({ calls }) => listTimes(calls.filter(of)));
    if (rawTimes === undefined || times === undefined) return '';
    const isAsking = requests !== '0';
    const cells = [
      name,
      requests,
      times.length.toLocaleString('en'),
      ...[0.5, 0.99].flatMap((share) => [
        isAsking ? `${percentile(rawTimes, share).toFixed(0)} ms` : '',
        `${percentile(times, share).toFixed(0)} ms`,
      ]),
      isAsking ? (percentile(times, 0.99) / percentile(rawTimes, 0.99)).toFixed(2) : '',
    ];
    return `| ${cells.join(' | ')} |`;
  };
  const listRequests = (name: string) => {
    const inRounds = recordings.get(recordingKey(name, 0)) ?? [];
    const count = inRounds.flat().length;
    return inRounds.length < 2 ? String(count) : `${count} in ${inRounds.length} rounds`;
  };
  return [
    `Call by call, ${title}:`,
    '',
    '| call | requests of a call when nothing is remembered | calls | raw p50 | p50 | raw p99 | p99 | p99 ÷ raw |',
    '| --- | --: | --: | --: | --: | --: | --: | --: |',
    ...CALLS.map((name) => row(`\`${name}\``, listRequests(name), (call) => call.name === name)),
    row('all', '', () => true),
  ].join('\n');
}

function listTimes(calls: readonly AgentCall[]): number[] {
  return calls.map(({ ms }) => ms);
}

function each({ calls }: Side, sum: number): string {
  return (sum / calls.length).toFixed(1);
}
