import { readdirSync, readFileSync } from 'node:fs';
import { Profile as Pprof, StringTable } from 'pprof-format';
import { MockAgent } from 'undici';
import { describe, expect, test } from 'vitest';
import { stackCount, totalValue } from '../../profile/model.js';
import { decodePprof, pprofToProfile } from '../../profile/pprof/pprof.js';
import { selectMergeProfile } from './api.js';
import { createTransport } from './http/transport.js';
import { createPyroscopeSource } from './source.js';
import { encodeMergeRequest } from './wire.js';

const FOLDER = new URL('../../../fixtures/recorded/pyroscope/', import.meta.url);
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const URL_OF_SERVER = 'http://recorded.test';
const window = { from: 1795377240000, to: 1795384440000 };
const { signal } = new AbortController();
/**
 * An empty sample type, string and period type: v1's answer when nothing matches, which the encoder cannot
 * write.
 */
const NOTHING = Uint8Array.from([0x0a, 0, 0x32, 0, 0x5a, 0]);

const recorded = new Map<string, unknown>(
  readdirSync(FOLDER).map((file) => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')),
  ]),
);
/** The protojson of every recorded answer that is a pprof. */
const protojsons = [...recorded].flatMap(([name, exchange]): [string, unknown][] => {
  const body = at(at(exchange, 'response'), 'body');
  const json = at(at(body, 'pprof'), 'profile') ?? (at(body, 'sampleType') === undefined ? undefined : body);
  return json === undefined ? [] : [[name, json]];
});

describe('recorded profiles', () => {
  test.each(protojsons)('%s: self and total of every function', (_, json) => {
    checkProfile(encodeProtojson(json), json);
  });

  test('there are as many as recorded, with unsymbolised, inlined and many-line locations among them', () => {
    expect(protojsons).toHaveLength(28);
    const lineCounts = protojsons.flatMap(([, json]) =>
      list(at(json, 'location')).map((row) => list(at(row, 'line')).length),
    );
    expect([...new Set(lineCounts)].sort()).toEqual(expect.arrayContaining([0, 1, 2, 3]));
  });

  test.each([
    ['edge', 'v2-sms-edge-pprof'],
    ['checkout', 'v2-sms-checkout-pprof'],
  ])(
    'binary SelectMergeProfile of %s: the recorded request, and the same profile as %s',
    async (name, twin) => {
      const exchange = recorded.get(`v2-selectmergeprofile-proto-${name}`);
      const answer = Buffer.from(String(at(at(exchange, 'response'), 'bodyBase64')), 'base64');
      const labelSelector = `{service_name="${name === 'checkout' ? 'checkout-api' : name}"}`;
      const selection = { profileTypeId: CPU, labelSelector, start: window.from, end: window.to };

      const request = String(at(at(exchange, 'request'), 'bodyBase64'));
      expect(Buffer.from(encodeMergeRequest(selection)).toString('base64')).toBe(request);

      const { agent, bodies } = serving(answer);
      const profile = await selectMergeProfile(
        createTransport({ url: URL_OF_SERVER, dispatcher: agent }),
        selection,
        signal,
      );
      expect(bodies.map((body) => body.toString('base64'))).toEqual([request]);
      expect(profile).toMatchObject({ sampleType: 'cpu', unit: 'nanoseconds' });
      checkProfile(answer, at(at(at(at(recorded.get(twin), 'response'), 'body'), 'pprof'), 'profile'));
    },
  );
});

describe('profile()', () => {
  const ask = (bytes: Uint8Array) => {
    const source = createPyroscopeSource({
      name: 'p',
      uid: 'p',
      url: URL_OF_SERVER,
      dispatcher: serving(bytes).agent,
    });
    return source.profile({ profileTypeId: CPU, matchers: [], window }, signal);
  };

  test('is the merge as the server sent it, in one request', async () => {
    const { profile, notes, profiledSeconds } = await ask(
      encodeProtojson(toProtoJson('v2-selectmergeprofile-json')),
    );
    expect(totalValue(profile)).toBe(8_191_000_000);
    expect(profile.functions.map(({ name, file }) => [name, file])).toEqual([
      ['leaf', 'edge.go'],
      ['a', 'edge.go'],
      ['main', 'edge.go'],
    ]);
    expect({ notes, profiledSeconds, unit: profile.unit }).toEqual({
      notes: [],
      profiledSeconds: null,
      unit: 'nanoseconds',
    });
  });

  test.each([
    ['v2', encodeProtojson(toProtoJson('v2-empty-type-unknown-pprof'))],
    ['v1, which knows not even the type', encodeProtojson(toProtoJson('v1-empty-pprof'))],
    ['an empty message', new Uint8Array()],
  ])('is empty, with the type that was asked for, when nothing matches (%s)', async (_, bytes) => {
    const { profile } = await ask(bytes);
    expect(stackCount(profile)).toBe(0);
    expect([profile.sampleType, profile.unit]).toEqual(['cpu', 'nanoseconds']);
  });

  test('refuses bytes that are no whole profile', async () => {
    const whole = encodeProtojson(toProtoJson('v2-sms-checkout-pprof'));
    const fault = {
      kind: 'unreadable',
      status: 200,
      detail: expect.stringContaining('SelectMergeProfile: '),
    };
    await expect(ask(whole.slice(0, whole.length / 2))).rejects.toMatchObject(fault);
    await expect(ask(Buffer.from('nonsense'))).rejects.toMatchObject(fault);
  });
});

function serving(answer: Uint8Array) {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const bodies: Buffer[] = [];
  agent
    .get(URL_OF_SERVER)
    .intercept({ path: '/querier.v1.QuerierService/SelectMergeProfile', method: 'POST' })
    .reply(({ body }) => {
      if (body instanceof Uint8Array) bodies.push(Buffer.from(body));
      const responseOptions = { headers: { 'content-type': 'application/proto' } };
      return { statusCode: 200, data: Buffer.from(answer), responseOptions };
    });
  return { agent, bodies };
}

function toProtoJson(name: string): unknown {
  return protojsons.find(([other]) => other === name)?.[1];
}

/** Decodes and checks self and total of every function against a computation on the protojson itself. */
function checkProfile(bytes: Uint8Array, json: unknown): void {
  const profile = pprofToProfile(decodePprof(bytes));
  const names = profile.functions.map(({ name }) => name);
  const costs = { self: new Map<string, number>(), total: new Map<string, number>() };
  for (let stack = 0; stack < stackCount(profile); stack++) {
    const frames = [...profile.stackFrames.slice(profile.stackStart[stack], profile.stackStart[stack + 1])];
    const functions = frames.map((frame) => names[profile.frameFunction[frame] ?? -1] ?? '');
    addStack(functions, profile.values[stack] ?? 0, costs);
  }
  const expected = { self: new Map<string, number>(), total: new Map<string, number>() };
  for (const sample of list(at(json, 'sample'))) {
    const functions = list(at(sample, 'locationId')).flatMap((id) => namesAt(json, id));
    addStack(functions, Number(list(at(sample, 'value'))[0]), expected);
  }
  expect(costs).toEqual(expected);
}

function addStack(
  functions: string[],
  value: number,
  to: { self: Map<string, number>; total: Map<string, number> },
): void {
  const leaf = functions[0] ?? '';
  to.self.set(leaf, (to.self.get(leaf) ?? 0) + value);
  for (const name of new Set(functions)) to.total.set(name, (to.total.get(name) ?? 0) + value);
}

/** Functions of a location, innermost first; a location without lines is named by binary and offset. */
function namesAt(json: unknown, id: unknown): string[] {
  const text = (index: unknown) => String(list(at(json, 'stringTable'))[Number(index ?? 0)]);
  const byId = (table: string, wanted: unknown) =>
    list(at(json, table)).find((row) => at(row, 'id') === wanted);
  const location = byId('location', id);
  const lines = list(at(location, 'line'));
  if (lines.length > 0)
    return lines.map((line) => text(at(byId('function', at(line, 'functionId')), 'name')));
  const mapping = byId('mapping', at(location, 'mappingId'));
  const binary = text(at(mapping, 'filename')).split('/').at(-1);
  const start = BigInt(String(at(mapping, 'memoryStart') ?? 0));
  const offset = BigInt(String(at(location, 'address') ?? 0)) - start;
  return [`[${binary || 'unknown'}] 0x${offset.toString(16)}`];
}

/** The binary form of the protojson of a pprof. */
function encodeProtojson(json: unknown): Uint8Array {
  if (list(at(json, 'stringTable')).length === 1) return NOTHING;
  const numbers = (row: unknown, names: string[]) =>
    Object.fromEntries(names.map((name) => [name, BigInt(String(at(row, name) ?? 0))]));
  const rows = (name: string, fields: string[]) => list(at(json, name)).map((row) => numbers(row, fields));
  const stringTable = new StringTable();
  for (const text of list(at(json, 'stringTable'))) stringTable.dedup(String(text));
  expect(stringTable.strings).toEqual(list(at(json, 'stringTable')));
  return new Pprof({
    stringTable,
    sampleType: rows('sampleType', ['type', 'unit']),
    mapping: rows('mapping', ['id', 'memoryStart', 'memoryLimit', 'fileOffset', 'filename', 'buildId']),
    function: rows('function', ['id', 'name', 'systemName', 'filename', 'startLine']),
    location: list(at(json, 'location')).map((row) => ({
      ...numbers(row, ['id', 'mappingId', 'address']),
      line: list(at(row, 'line')).map((line) => numbers(line, ['functionId', 'line'])),
    })),
    sample: list(at(json, 'sample')).map((row) => ({
      locationId: list(at(row, 'locationId')).map((id) => BigInt(String(id))),
      value: list(at(row, 'value')).map((value) => BigInt(String(value))),
    })),
  }).encode();
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
