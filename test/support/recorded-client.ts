import { readFileSync } from 'node:fs';
import type { JsonValue } from '@bufbuild/protobuf';
import { MockAgent } from 'undici';
import type { UpstreamError } from '../../src/errors.js';
import type { Profile } from '../../src/profile/model.js';
import { decodePprof, pprofToProfile } from '../../src/profile/pprof/pprof.js';
import { functionTable } from '../../src/profile/tables/table.js';
import { createTransport } from '../../src/sources/pyroscope/http/transport.js';
import { createPyroscopeSource } from '../../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { fixture } from './ask.js';
import { pprofOfJson } from './recorded-store.js';
import type { Exchange } from './replay.js';

// Our client against recorded exchanges, and what those say.

const ORIGIN = 'http://recorded.test';
const { signal } = new AbortController();

export function exchange(name: string): Exchange & { server: { mode: string } } {
  return JSON.parse(readFileSync(fixture('recorded', 'pyroscope', `${name}.json`), 'utf8'));
}

/** A member deep in a value; undefined where it is not there. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
}

export function body(name: string): unknown {
  return exchange(name).response.body;
}

/** Names of the members of an answer. */
export function members(name: string): string[] {
  const answer = body(name);
  return typeof answer === 'object' && answer !== null ? Object.keys(answer).sort() : [];
}

/** A source whose server gives the recorded answers in turn, and what it was sent. */
export function answering(...names: readonly string[]): {
  source: ProfileSource;
  sent: { method: string; headers: Record<string, string>; body: string }[];
} {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const sent: { method: string; headers: Record<string, string>; body: string }[] = [];
  for (const { request, response } of names.map(exchange)) {
    agent
      .get(ORIGIN)
      .intercept({ path: request.path, method: 'POST' })
      .reply((received) => {
        const headers = Object.entries(received.headers ?? {}).map(([name, value]) => [name, String(value)]);
        sent.push({
          method: received.path.split('/').at(-1) ?? '',
          headers: Object.fromEntries(headers),
          body: String(received.body),
        });
        const data = JSON.stringify(response.body);
        return { statusCode: response.status, data, responseOptions: { headers: response.headers } };
      });
  }
  return { source: createPyroscopeSource({ name: 'p', uid: 'p', url: ORIGIN, dispatcher: agent }), sent };
}

/** Error that our client makes of a recorded refusal. */
export async function refusal(name: string): Promise<Pick<UpstreamError, 'kind' | 'status' | 'detail'>> {
  const { request, response } = exchange(name);
  const agent = new MockAgent();
  agent.disableNetConnect();
  agent
    .get(ORIGIN)
    .intercept({ path: () => true, method: () => true })
    .reply(() => ({
      statusCode: response.status,
      data: typeof response.body === 'string' ? response.body : JSON.stringify(response.body),
      responseOptions: { headers: response.headers },
    }))
    .times(2);
  const transport = createTransport({ url: ORIGIN, dispatcher: agent });
  return transport.post(request.path, request.body ?? {}, { codec: 'json', signal }).then(
    () => {
      throw new Error(`${name} is no refusal`);
    },
    (error: UpstreamError) => error,
  );
}

/** The pprof in an answer, as a profile. What was read from a JSON file is JSON, whatever its type says. */
export function pprofIn(name: string): Profile {
  const answer = body(name);
  return pprofToProfile(decodePprof(pprofOfJson((at(answer, 'pprof', 'profile') ?? answer) as JsonValue)));
}

/** Own cost by function, of those that have any. */
export function selfTable(profile: Profile): ReadonlyMap<string, number> {
  const { self } = functionTable(profile);
  const rows = profile.functions.map(({ name }, id) => [name, self[id] ?? 0] as const);
  return new Map(rows.filter(([, value]) => value > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Points of the series in an answer, summed over all. */
export function points(name: string): [time: number, value: number][] {
  const series = at(body(name), 'series');
  return (Array.isArray(series) ? series : []).flatMap((row: unknown) => {
    const pairs = at(row, 'points');
    return (Array.isArray(pairs) ? pairs : []).map((point: unknown): [number, number] => [
      Number(at(point, 'timestamp')),
      Number(at(point, 'value') ?? 0),
    ]);
  });
}
