import { setTimeout as pause } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { percentile } from '../../bench/agents.js';
import { TOOL_CALLS } from '../support/tool-arguments.js';

// Traffic of agents: calls of every tool that reads profiles, mistakes of agents, and callers that leave.

/** Longest that anything may take: above the deadline of a call and the longest wait for a place. */
const PATIENCE_MS = 90_000;
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'soak', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

export interface Target {
  /** URL of the MCP endpoint. */
  url: string;
  token: string;
  /** Connections at most. */
  connections: number;
  /** Milliseconds by which the store holds the demo incident later than it happened. */
  shift: number;
}

/** An action of an agent; it returns the reason of a failure, or null. */
type Deed = (agent: number) => Promise<string | null>;

export interface Traffic {
  /** In the order of an investigation. */
  names: readonly string[];
  /** Does one of them. @throws Error where no answer came */
  work(name: string, agent: number): Promise<string | null>;
  /** Asks `/healthz`; milliseconds. @throws Error where it does not say that all is well */
  health(): Promise<number>;
  /** Waits for what is in flight and closes all connections. */
  close(): Promise<void>;
}

interface Told {
  status: number;
  text: string;
}

/**
 * All that agents do, against one server. Every second agent speaks the protocol of 2026-07-28, the others an
 * older one.
 */
export function trafficTo({ url, token, connections, shift }: Target): Traffic {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections });
  const probes = new Pool(origin, { connections: 1 });

  const send = async (method: string, params: object, agent: number, more: Sending = {}): Promise<Told> => {
    const answer = await open(method, params, agent, more);
    return { status: answer.statusCode, text: await answer.body.text() };
  };

  const open = (
    method: string,
    params: object,
    agent: number,
    more: Sending,
  ): Promise<Dispatcher.ResponseData> => {
    const isModern = agent % 2 === 0;
    const name = 'name' in params ? { 'mcp-name': String(params.name) } : {};
    const body = {
      jsonrpc: '2.0',
      id: 1,
      method,
      params: { ...params, ...(isModern ? { _meta: MODERN } : {}) },
    };
    return pool.request({
      path: pathname,
      method: 'POST',
      headers: {
        authorization: `Bearer ${more.token ?? token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(isModern ? { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...name } : {}),
      },
      body: more.body ?? JSON.stringify(body),
      signal: AbortSignal.any([
        AbortSignal.timeout(PATIENCE_MS),
        ...(more.signal === undefined ? [] : [more.signal]),
      ]),
    });
  };

  const call = (tool: string, args: object, agent: number, more?: Sending) =>
    send('tools/call', { name: tool, arguments: args }, agent, more);

  const tools = Object.entries(TOOL_CALLS).map(([name, { arguments: args, holds }]): [string, Deed] => {
    const shifted: object = JSON.parse(JSON.stringify(args).replace(TIME, (time) => later(time, shift)));
    const wanted = JSON.stringify(holds)
      .slice(1, -1)
      .replace(TIME, (time) => later(time, shift));
    // These answers depend on the steps and the other contents of a store.
    const isLoose = shift !== 0 || name === 'list_data_sources';
    return [
      name,
      async (agent) => {
        const { status, text } = await call(name, shifted, agent);
        if (status !== 200) return `status ${status}: ${text.slice(0, 200)}`;
        if (text.includes('"isError":true')) return `an error: ${text.slice(0, 300)}`;
        return isLoose || text.includes(wanted) ? null : `another answer: ${text.slice(0, 300)}`;
      },
    ];
  });

  const window = { from: later('2026-11-20T14:30:00Z', shift), to: later('2026-11-20T14:45:00Z', shift) };
  const told = async (says: string, tool: string, args: object, agent: number): Promise<string | null> => {
    const { status, text } = await call(tool, args, agent);
    const isClear = status === 200 && text.includes(says) && text.includes('Next: ');
    return isClear ? null : `no clear answer: ${status} ${text.slice(0, 300)}`;
  };
  const expected = (wanted: number, { status, text }: Told): string | null =>
    status === wanted ? null : `status ${status} and not ${wanted}: ${text.slice(0, 200)}`;

  let turn = 0;
  const others: [string, Deed][] = [
    // A window of its own each time: what is remembered must not grow without end.
    [
      'a new window',
      async (agent) => {
        const from = new Date(Date.parse(window.from) - 1_000 * (turn++ % 10_000)).toISOString();
        return expected(200, await call('list_services', { from, to: window.to }, agent));
      },
    ],
    [
      'an unknown service',
      (agent) =>
        told('No data (unknown service)', 'investigate', { service: 'never-heard-of', ...window }, agent),
    ],
    [
      'a wrong argument',
      (agent) =>
        told('"isError":true', 'summarize_profile', { service: 'checkout-api', from: 'soon' }, agent),
    ],
    ['a tool list', async (agent) => expected(200, await send('tools/list', {}, agent))],
    [
      'an unknown tool',
      async (agent) => {
        const { status, text } = await call('no_such_tool', {}, agent);
        return text.includes('"error"') ? null : `no error: ${status} ${text.slice(0, 200)}`;
      },
    ],
    [
      'a wrong token',
      async (agent) => expected(401, await send('tools/list', {}, agent, { token: 'x'.repeat(32) })),
    ],
    ['no JSON', async (agent) => expected(400, await send('tools/list', {}, agent, { body: '{"jsonrpc":' }))],
    [
      'a caller that leaves',
      async (agent) => {
        const leaving = AbortSignal.timeout(20 + (turn++ % 10) * 20);
        const question = { service: 'checkout-api', ...window };
        return call('investigate', question, agent, { signal: leaving }).then(
          (answer) => expected(200, answer),
          (error: unknown) => (leaving.aborted ? null : String(error)),
        );
      },
    ],
    [
      'a subscription that ends',
      async () => {
        const leaving = new AbortController();
        const params = { notifications: { toolsListChanged: true } };
        const answer = await open('subscriptions/listen', params, 0, { signal: leaving.signal });
        await pause(50);
        leaving.abort();
        await answer.body.text().catch(() => {});
        return answer.statusCode === 200 ? null : `status ${answer.statusCode}`;
      },
    ],
  ];
  const deeds = new Map([...tools, ...others]);
  return {
    names: [...deeds.keys()],
    work: async (name, agent) => (await deeds.get(name)?.(agent)) ?? null,
    async health() {
      const startMs = performance.now();
      const answer = await probes.request({
        path: '/healthz',
        method: 'GET',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200 || text !== 'ok')
        throw new Error(`/healthz: ${answer.statusCode} ${text}`);
      return performance.now() - startMs;
    },
    async close() {
      await Promise.all([pool.close(), probes.close()]);
    },
  };
}

interface Sending {
  token?: string;
  body?: string;
  signal?: AbortSignal;
}

const TIME = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z/g;

function later(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString().replace('.000Z', 'Z');
}

/** Median and 99th percentile of durations, for people. */
export function spread(ms: readonly number[]): string {
  if (ms.length === 0) return 'none';
  return `p50 ${percentile(ms, 0.5).toFixed(0)} ms, p99 ${percentile(ms, 0.99).toFixed(0)} ms`;
}
