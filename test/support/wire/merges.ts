import { fromBinary, toJson } from '@bufbuild/protobuf';
import { normaliseName } from '../../../src/profile/code/names.js';
import { asCallTree } from '../../../src/profile/contrast/others.js';
import type { IdSelection } from '../../../src/profile/ids.js';
import type { Profile } from '../../../src/profile/model.js';
import { mergeProfiles, NO_PROFILE } from '../../../src/profile/tables/merge.js';
import { locatedOnly } from '../located.js';
import { RpcError } from './connect.js';
import { type Headers, reachesV1, type ServerContext } from './context.js';
import { flameGraph, treeBytes } from './flamegraph.js';
import { matchersForSource } from './labels.js';
import { encodePprof, NOTHING_SELECTED } from './pprof.js';
import {
  checkIds,
  type MergeRequest,
  mergeRequest,
  readMaxNodes,
  readRange,
  readSelection,
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
  const { mode, version } = context;
  const format = readFormat(request, version);
  if (format === 'DOT' && mode === 'v1') {
    throw new RpcError('unimplemented', 'dot format is only supported with the v2 query backend');
  }
  if (format === 'DOT' && mode === 'v2')
    throw new RpcError('unimplemented', 'the test server draws no graphs');
  // Before 2.2 only the RPC of spans selects by them.
  const known = version < SELECTORS_SINCE ? { ...request, spanSelector: [] } : request;
  if (format === 'PPROF') {
    const type = messageType('google.v1.Profile');
    const bytes =
      mode === 'v1' && known.spanSelector.length > 0
        ? await encodeTree(context, known, headers)
        : await mergeProfile(context, message, headers);
    return { pprof: { profile: toJson(type, fromBinary(type, bytes)) } };
  }
  return drawTree(context, known, format, headers);
}

/** `SelectMergeSpanProfile`: the call tree of some spans; without any, of all. */
export async function mergeSpans(
  context: ServerContext,
  message: unknown,
  headers: Headers,
): Promise<object> {
  const request = mergeRequest.parse(message);
  const { tree, ...answer } = await drawTree(context, request, readFormat(request, context.version), headers);
  return { ...answer, ...(tree === undefined || answer.flamegraph !== undefined ? {} : { tree }) };
}

async function drawTree(
  context: ServerContext,
  request: MergeRequest,
  format: (typeof FORMATS)[number],
  headers: Headers,
): Promise<{ tree?: string; flamegraph?: object }> {
  const { mode } = context;
  const maxNodes = readMaxNodes(request.maxNodes);
  const { profile } = await runMerge(context, request, headers);
  // v1 storage gives the whole profile whatever the call site.
  const prefix = mode === 'v1' ? [] : request.stackTraceSelector.callSite.map(({ name }) => name);
  const tree = treeBytes(profile, maxNodes, prefix).toString('base64');
  if (format === 'TREE') return { tree };
  const flamegraph = flameGraph(profile, maxNodes, prefix);
  return mode === 'dual' ? { flamegraph, tree } : { flamegraph };
}

/** v1 storage makes the pprof of spans of their call tree. */
async function encodeTree(
  context: ServerContext,
  request: MergeRequest,
  headers: Headers,
): Promise<Uint8Array> {
  const { type, profile, end } = await runMerge(context, request, headers);
  const head = { type, end, duration: 0 };
  return encodePprof(asCallTree(profile), head, { callSite: [], keepLocations: null });
}

/** First version that selects by spans and traces everywhere, and that answers with a pprof. */
const SELECTORS_SINCE = 2.2;
/** First version that selects single profiles. */
const PROFILES_SINCE = 1.17;

function readFormat({ format }: MergeRequest, version: number): (typeof FORMATS)[number] {
  const known = FORMATS.find((name, at) => format === `PROFILE_FORMAT_${name}` || format === at + 1);
  return known === undefined || (known === 'PPROF' && version < SELECTORS_SINCE) ? 'FLAMEGRAPH' : known;
}

async function runMerge(context: ServerContext, request: MergeRequest, headers: Headers): Promise<Merge> {
  const { mode, limits } = context;
  const source = context.createSource(headers);
  const window = readRange(request, limits);
  const { type, matchers } = readSelection(request, mode === 'v1');
  const { start, end } = request;
  const only = readOnly(context, request);
  const instant = mode === 'v1' && start === end;
  if (source === null || window === null || instant) return { type, profile: NO_PROFILE, start, end };
  const query = { profileTypeId: type.id, matchers: matchersForSource(matchers), window };
  const { profile } = await source.profile({ ...query, ...(only === null ? {} : { only }) }, signal);
  if (only?.kind === 'profile' && reachesV1(context, start)) {
    // The half of the v1 storage ignores the ids.
    const old = await source.profile({ ...query, window: { ...window, to: context.split - 1 } }, signal);
    return { type, profile: ingested(mergeProfiles([old.profile, profile])), start, end };
  }
  return { type, profile: ingested(profile), start, end };
}

/**
 * The ids that a merge selects by. v1 storage ignores those of profiles and refuses traces; old versions
 * ignore what they do not know.
 */
function readOnly(context: ServerContext, request: MergeRequest): IdSelection | null {
  const { mode, version } = context;
  const isKnown = version >= SELECTORS_SINCE;
  const { spanSelector, profileIdSelector } = request;
  const traceIdSelector = isKnown ? request.traceIdSelector : [];
  if (traceIdSelector.length > 0 && reachesV1(context, request.start)) {
    throw new RpcError('unimplemented', 'trace_id_selector is only supported with the v2 query backend');
  }
  checkIds({ spanSelector, profileIdSelector, traceIdSelector });
  if (spanSelector.length > 0) return { kind: 'span', ids: spanSelector };
  if (traceIdSelector.length > 0) return { kind: 'trace', ids: traceIdSelector };
  if (profileIdSelector.length > 0 && mode !== 'v1' && version >= PROFILES_SINCE)
    return { kind: 'profile', ids: profileIdSelector };
  return null;
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
