import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodePprof, pprofToProfile } from '../../src/profile/pprof/pprof.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { listStacks as stacksOfProfile } from './profiles.js';
import { type PyroscopeServerOptions, startPyroscopeServer, type TestPyroscope } from './pyroscope-server.js';
import { jsonOfPprof, OLDEST, pprofOfJson, writeRecordedStore } from './recorded-store.js';
import { type Exchange, readBody, recordedBytes, replay } from './replay.js';
import { describeShape } from './shape.js';
import { treePaths } from './tree-paths.js';

// Every recorded request is sent to the test server, which holds what the recorded servers held. Its answers
// are equal to the recorded ones, except where one of these tables says what is compared instead, or why
// nothing is.

/** Compared for status, content type and shape only. */
const SHAPE_ONLY: readonly [exchanges: RegExp, reason: string][] = [
  [/(?<!new-tenant-)getprofilestats(?!-)|getprofilestats-oldest/, 'times of services that were not recorded'],
  [/dual-(heatmap-v2only|selectseries-avg|series)/, 'services that were not recorded'],
  [/v1-(profiletypes|series-service-type)/, 'the v1 server held fewer types'],
  [
    /v2-series-all-labels|selectseries-groupby-(endpoint|dotted)/,
    'label values by which real profiles were split',
  ],
  [/v2-ok-selector-(dotted|utf8)-quoted/, 'the profile of image-resizer was not recorded whole'],
  [/gopgo/, 'frames that are inlined at one location count as one there'],
  [/callsite-(prefix3|root)-pprof$/, 'functions of the leaf are placed in one file'],
  [
    /edge(-v2only)?-pprof|(checkout|unsymbolised|type-unknown)-pprof|pprof-maxnodes|selectmergeprofile/,
    'numbers of names and functions in a pprof; its stacks are compared below',
  ],
  [/featureflags/, 'texts for people'],
  [/v1-analyzequery/, 'sizes of blocks'],
];

/** Not offered by the test server, so not compared. */
const NOT_OFFERED: readonly [exchanges: RegExp, reason: string][] = [
  [/push/, 'the data is that of a source; nothing is pushed'],
  [/diff/, 'the client computes differences itself: the RPC is wrong on truncated trees'],
  [/render/, 'an API of old clients'],
  [/spanprofile|ok-span$|v1-span|ok-trace|traceid-v2only|heatmap-span/, 'sources have no spans and traces'],
  [/exemplar-(individual|split|v2only)|heatmap-individual-exemplars/, 'sources have no ids of profiles'],
  [/v2-sms-profileid-(flamegraph|tree|pprof)$/, 'sources have no ids of profiles'],
  [/v2-.*dot/, 'the client never asks for a drawn graph'],
  [/v1-selectseries-callsite/, 'the client never asks for the timeline of a call site'],
  [/aggregatecallees-500/, 'a crash of the real server'],
  [/429-too-many/, 'overload is a fault to be set, see below'],
  [/dual-new-tenant-(80s|right)/, 'a server that does not find its data yet: an empty source'],
];

/** Places that a pprof of the test server never has: the model of a profile keeps no binaries. */
const BINARIES = /mapping\[\]\.(?:buildId|memoryStart|memoryLimit|hasFunctions): /;

const FOLDER = new URL('../../fixtures/recorded/pyroscope/', import.meta.url);
const DAY = 86_400_000;
/** The clock of the server with default limits, by the length of a window that it cut at seven days. */
const LIMITED_AT = 1_795_384_979_019;
const exchanges = readdirSync(FOLDER)
  .sort()
  .map((file): Exchange => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
const reasonIn = (table: typeof SHAPE_ONLY, name: string) => table.find(([which]) => which.test(name))?.[1];
const offered = exchanges.filter(({ name }) => reasonIn(NOT_OFFERED, name) === undefined);
const shapeOnly = offered.filter(({ name }) => reasonIn(SHAPE_ONLY, name) !== undefined);
const equal = offered.filter(({ name }) => reasonIn(SHAPE_ONLY, name) === undefined);

describe('the test server against real servers', () => {
  const directories: string[] = [];
  const servers = new Map<string, TestPyroscope>();

  beforeAll(async () => {
    const everything = await store(true);
    const withoutHuge = await store(false);
    const nothing = createFilesSource({ directory: folder() });
    const start = async (name: string, source: ProfileSource, options: PyroscopeServerOptions) => {
      servers.set(name, await startPyroscopeServer(source, options));
    };
    await start('v2', everything, { now: () => OLDEST + 1000 });
    await start('v1', withoutHuge, { mode: 'v1' });
    await start('dual', withoutHuge, { mode: 'dual', split: OLDEST });
    await start('mt', nothing, { tenants: { 'team-a': withoutHuge, 'team-b': nothing } });
    const limits = { maxQueryLength: DAY, maxQueryLookback: 7 * DAY, now: () => LIMITED_AT };
    await start('def', everything, limits);
    await start('stuck', { ...everything, profile: () => new Promise(() => {}) }, {});
    await start('lagging', everything, { statsLag: true });
    await start('without oldest', everything, { mode: 'dual', split: OLDEST, statsLag: 'oldest' });
  });
  afterAll(async () => {
    await Promise.all([...servers.values()].map((server) => server.close()));
    for (const directory of directories) rmSync(directory, { recursive: true });
  });

  test('each exchange is accounted for', () => {
    expect({
      equal: equal.length,
      shapeOnly: shapeOnly.length,
      notOffered: exchanges.length - offered.length,
    }).toEqual({ equal: 216, shapeOnly: 41, notOffered: 44 });
    expect(exchanges).toHaveLength(301);
  });

  test.each(equal.map((exchange) => [exchange.name, exchange] as const))('equal: %s', async (_, exchange) => {
    const { actual, wanted } = await both(exchange);
    expect(comparable(actual)).toEqual(comparable(wanted));
  });

  test.each(shapeOnly.map((exchange) => [exchange.name, exchange] as const))(
    'same shape: %s',
    async (_, exchange) => {
      const { actual, wanted } = await both(exchange);
      const places = (body: unknown) => describeShape(body).filter((place) => !BINARIES.test(place));
      expect(places(actual)).toEqual(places(wanted));
      expect(comparable(actual), 'it is equal: strike it from the table').not.toEqual(comparable(wanted));
    },
  );

  test.each(
    shapeOnly
      .filter(({ name }) => /-pprof$|selectmergeprofile|pprof-maxnodes/.test(name) && !/gopgo/.test(name))
      .map((exchange) => [exchange.name, exchange] as const),
  )('the same stacks: %s', async (_, exchange) => {
    const { actual, wanted } = await both(exchange);
    expect(listStacks(actual)).toEqual(listStacks(wanted));
  });

  test('an overloaded v1 server, as a fault', async () => {
    const exchange = exchanges.find(({ name }) => name === 'v1-err-429-too-many-outstanding');
    const server = servers.get('v1');
    if (exchange === undefined || server === undefined) throw new Error('missing');
    server.faults.set({ kind: 'status', status: 429 }, { times: 1 });
    const { actual, wanted } = await both(exchange);
    expect(actual).toEqual(wanted);
  });

  /** Both bodies, after status and headers were found to be the same. */
  async function both(exchange: Exchange): Promise<{ actual: unknown; wanted: unknown }> {
    const { request, response } = exchange;
    const server = servers.get(startServer(exchange.name));
    const asksForGzip = /gzip/.test(exchange.name);
    const headers = { ...(asksForGzip ? {} : { 'Accept-Encoding': 'identity' }), ...request.headers };
    const answer = await replay(server?.url ?? '', { request: { ...request, headers } });
    const telling = (all: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        ['content-type', 'content-encoding', 'accept-encoding', 'allow', 'accept-post'].map((name) => [
          name,
          all[name],
        ]),
      );
    expect(answer.status).toBe(response.status);
    expect(telling(answer.headers)).toEqual(telling(response.headers));
    const read = response.headers['content-type'] === 'application/proto' ? jsonOfPprof : readBody;
    return { actual: read(answer.bytes), wanted: read(recordedBytes(exchange)) };
  }

  function folder(): string {
    const directory = mkdtempSync(path.join(tmpdir(), 'recorded-'));
    directories.push(directory);
    return directory;
  }

  async function store(huge: boolean): Promise<ProfileSource> {
    const directory = folder();
    await writeRecordedStore(
      directory,
      {
        checkout: encodePprof('v2-sms-checkout-pprof'),
        unsymbolised: encodePprof('v2-sms-unsymbolised-pprof'),
      },
      { huge },
    );
    return createFilesSource({ directory });
  }
});

function startServer(name: string): string {
  if (/err-timeout-1ms/.test(name)) return 'stuck';
  if (/before-first-compaction|new-tenant-getprofilestats/.test(name)) return 'lagging';
  if (/oldest-missing/.test(name)) return 'without oldest';
  return name.split('-')[0] ?? '';
}

/** The order of siblings in a tree carries no meaning. */
function comparable(body: unknown): unknown {
  const tree: unknown = Reflect.get(Object(body), 'tree');
  return typeof tree === 'string' ? { ...Object(body), tree: treePaths(Buffer.from(tree, 'base64')) } : body;
}

/** Value by stack of the pprof in an answer. */
function listStacks(body: unknown): Map<string, number> {
  const stacks = new Map<string, number>();
  for (const [names, value] of stacksOfProfile(pprofToProfile(decodePprof(pprofOfJson(parseJson(body)))))) {
    const key = names.join(';');
    stacks.set(key, (stacks.get(key) ?? 0) + value);
  }
  return stacks;
}

/** The pprof in an answer, which may be the answer itself. */
function parseJson(body: unknown): JsonValue {
  const json: unknown = Reflect.get(Object(Reflect.get(Object(body), 'pprof')), 'profile') ?? body;
  return JSON.parse(JSON.stringify(json));
}

function encodePprof(name: string): JsonValue {
  return parseJson(exchanges.find((exchange) => exchange.name === name)?.response.body);
}
