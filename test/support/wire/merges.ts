import { fromBinary, toJson } from '@bufbuild/protobuf';
import { normaliseName } from '../../../src/profile/code/names.js';
import type { Profile } from '../../../src/profile/model.js';
import { NO_PROFILE } from '../../../src/profile/tables/merge.js';
import { locatedOnly } from '../located.js';
import { RpcError } from './connect.js';
import { type Headers, reachesV1, type ServerContext } from './context.js';
import { flameGraph, treeBytes } from './flamegraph.js';
import { matchersForSource } from './labels.js';
import { encodePprof, NOTHING_SELECTED } from './pprof.js';
import {
  type MergeRequest,
  mergeRequest,
  readMaxNodes,
  readRange,
  readSelection,
  selectsById,
} from './queries.js';
import { messageType } from './schema.js';
import type { ParsedType } from './types.js';

const FORMATS = ['FLAMEGRAPH', 'TREE', 'DOT', 'PPROF'] as const;
const { signal } = new AbortController();

interface Merge {
  type: ParsedType;
  profile: Profile;
  start: number;
  end: number;
}

/** `SelectMergeProfile`: a pprof. */
export async function mergeProfile(
  context: ServerContext,
  message: unknown,
  headers: Headers,
): Promise<Uint8Array> {
  const request = mergeRequest.parse(message);
  const { type, profile, start, end } = await runMerge(context, request, headers);
  const v1 = context.mode === 'v1';
  if (v1 && profile.values.length === 0) return NOTHING_SELECTED;
  const { callSite, goPgo } = request.stackTraceSelector;
  const head = { type, end, duration: v1 ? end - start : 0 };
  const selection = {
    callSite: callSite.map(({ name }) => name),
    keepLocations: goPgo === undefined ? null : goPgo.keepLocations,
  };
  return encodePprof(profile, head, selection);
}

/** `SelectMergeStacktraces` in each of its forms. */
export async function mergeStacktraces(
  context: ServerContext,
  message: unknown,
  headers: Headers,
): Promise<object> {
  const request = mergeRequest.parse(message);
  const { mode } = context;
  const format = FORMATS.find((name) => request.format === `PROFILE_FORMAT_${name}`) ?? 'FLAMEGRAPH';
  if (format === 'DOT' && mode === 'v1') {
    throw new RpcError('unimplemented', 'dot format is only supported with the v2 query backend');
  }
  if (format === 'DOT' && mode === 'v2')
    throw new RpcError('unimplemented', 'the test server draws no graphs');
  if (format === 'PPROF') {
    const type = messageType('google.v1.Profile');
    const bytes = await mergeProfile(context, message, headers);
    return { pprof: { profile: toJson(type, fromBinary(type, bytes)) } };
  }
  const maxNodes = readMaxNodes(request.maxNodes);
  const { profile } = await runMerge(context, request, headers);
  // v1 storage gives the whole profile whatever the call site.
  const prefix = mode === 'v1' ? [] : request.stackTraceSelector.callSite.map(({ name }) => name);
  const tree = treeBytes(profile, maxNodes, prefix).toString('base64');
  if (format === 'TREE') return { tree };
  const flamegraph = flameGraph(profile, maxNodes, prefix);
  return mode === 'dual' ? { flamegraph, tree } : { flamegraph };
}

async function runMerge(context: ServerContext, request: MergeRequest, headers: Headers): Promise<Merge> {
  const { mode, limits } = context;
  const source = context.createSource(headers);
  const window = readRange(request, limits);
  const { type, matchers } = readSelection(request, mode === 'v1');
  const { start, end } = request;
  const byId = selectsById(request);
  if (request.traceIdSelector.length > 0 && reachesV1(context, start)) {
    throw new RpcError('unimplemented', 'trace_id_selector is only supported with the v2 query backend');
  }
  // v1 storage ignores ids of profiles, and a closed window of one instant is empty there.
  const ignored = mode === 'v1' && request.spanSelector.length === 0;
  const instant = mode === 'v1' && start === end;
  if (source === null || window === null || instant || (byId && !ignored)) {
    return { type, profile: NO_PROFILE, start, end };
  }
  const query = { profileTypeId: type.id, matchers: matchersForSource(matchers), window };
  return { type, profile: ingested((await source.profile(query, signal)).profile), start, end };
}

/**
 * Changes a profile as Pyroscope does: Go functions lose their type parameters, and samples without a
 * location are left out.
 */
function ingested(profile: Profile): Profile {
  const located = locatedOnly(profile);
  if (!located.functions.some(({ name }) => name.includes('[go.shape'))) return located;
  return { ...located, functions: located.functions.map((fn) => ({ ...fn, name: normaliseName(fn.name) })) };
}
