import { UpstreamError } from '../../errors.js';
import { offload } from '../../offload.js';
import type { IdSelection } from '../../profile/ids.js';
import type { Profile } from '../../profile/model.js';
import { UnreadableProfileError } from '../../profile/pprof/pprof.js';
import { HEAVY_BYTES } from '../../work/offload.js';
import { labelsFrom } from '../labels.js';
import type { Exemplar, ExemplarKind, Labels } from '../source.js';
import { unreadable } from './http/failure.js';
import type { Transport } from './http/transport.js';
import { elements, flag, int64, member, type Node, number, text, time } from './shape.js';
import { encodeMergeRequest, encodeSpanRequest, readPprof } from './wire.js';

const QUERIER = '/querier.v1.QuerierService';

/** Unix milliseconds, both ends included. */
export interface TimeRange {
  start: number;
  end: number;
}

export interface SeriesSelection extends TimeRange {
  /** Label selectors, which all must hold; an empty list selects everything. */
  matchers: readonly string[];
}

export interface ProfileSelection extends TimeRange {
  profileTypeId: string;
  labelSelector: string;
  /** As in a `ProfileQuery`; the server is not told. */
  isApart?: boolean;
}

/** A profile type as the server lists it; `id` has five parts. */
export interface ListedProfileType {
  id: string;
  name: string;
  sampleType: string;
  sampleUnit: string;
  periodType: string;
  periodUnit: string;
}

/** Time stamps in Unix milliseconds, null where the server does not tell. */
export interface ProfileStats {
  dataIngested: boolean;
  oldest: number | null;
  newest: number | null;
}

export interface SteppedSelection extends ProfileSelection {
  /**
   * Step in seconds, at least 0.001. Points lie at `start + k·step` up to `end` and cover `(t − step, t]`.
   */
  step: number;
  groupBy: readonly string[];
}

export interface SumSeries {
  labels: Labels;
  points: { time: number; value: number }[];
}

export interface CountSeries {
  labels: Labels;
  slots: {
    time: number;
    /** Number of profiles in `(time − step, time]`; of spans, of pairs of a span and a profile. */
    profiles: number;
    /** The heaviest of each of 20 ranges of value, where they are asked for. */
    exemplars: Exemplar[];
  }[];
}

/** Lists the profile types with data in the range, sorted by id. */
export async function profileTypes(
  transport: Transport,
  range: TimeRange,
  signal: AbortSignal,
): Promise<ListedProfileType[]> {
  const answer = await ask(transport, 'ProfileTypes', { start: range.start, end: range.end }, signal);
  return elements(member(answer, 'profileTypes')).map((type) => ({
    id: text(member(type, 'ID')),
    name: text(member(type, 'name')),
    sampleType: text(member(type, 'sampleType')),
    sampleUnit: text(member(type, 'sampleUnit')),
    periodType: text(member(type, 'periodType')),
    periodUnit: text(member(type, 'periodUnit')),
  }));
}

/** Lists the label names of the selected series, private ones included. */
export async function labelNames(
  transport: Transport,
  { start, end, matchers }: SeriesSelection,
  signal: AbortSignal,
): Promise<string[]> {
  const answer = await ask(transport, 'LabelNames', { start, end, matchers }, signal);
  return elements(member(answer, 'names')).map(text);
}

/** Lists the values of a label over the selected series. */
export async function labelValues(
  transport: Transport,
  name: string,
  { start, end, matchers }: SeriesSelection,
  signal: AbortSignal,
): Promise<string[]> {
  const answer = await ask(transport, 'LabelValues', { name, start, end, matchers }, signal);
  return elements(member(answer, 'names')).map(text);
}

/** Lists the distinct label sets of the selected series, reduced to the named labels; no names mean all. */
export async function series(
  transport: Transport,
  labels: readonly string[],
  { start, end, matchers }: SeriesSelection,
  signal: AbortSignal,
): Promise<Labels[]> {
  const answer = await ask(transport, 'Series', { start, end, matchers, labelNames: labels }, signal);
  return elements(member(answer, 'labelsSet')).map(readLabels);
}

/** Reads the time stamps of the oldest and newest profile, which lag behind. */
export async function profileStats(transport: Transport, signal: AbortSignal): Promise<ProfileStats> {
  const answer = await ask(transport, 'GetProfileStats', {}, signal);
  const [oldest, newest] = [
    time(member(answer, 'oldestProfileTime')),
    time(member(answer, 'newestProfileTime')),
  ];
  return {
    dataIngested: flag(member(answer, 'dataIngested')),
    oldest: oldest === 0 ? null : oldest,
    newest: newest === 0 ? null : newest,
  };
}

/** Reads sums of values per step; only v1 storage knows `average`, v2 answers with sums. */
export async function selectSeries(
  transport: Transport,
  selection: SteppedSelection & { aggregation?: 'sum' | 'average' },
  signal: AbortSignal,
): Promise<SumSeries[]> {
  const { aggregation } = selection;
  const request = {
    ...profileFields(selection),
    step: selection.step,
    groupBy: selection.groupBy,
    ...(aggregation === undefined
      ? {}
      : { aggregation: `TIME_SERIES_AGGREGATION_TYPE_${aggregation.toUpperCase()}` }),
  };
  const answer = await ask(transport, 'SelectSeries', request, signal);
  return elements(member(answer, 'series')).map((row) => ({
    labels: readLabels(row),
    points: elements(member(row, 'points')).map((point) => ({
      time: time(member(point, 'timestamp')),
      value: number(member(point, 'value')),
    })),
  }));
}

/**
 * Reads numbers of profiles per step, and single profiles or spans where asked for (v2 storage only; else
 * UpstreamError `not_found`).
 */
export async function selectHeatmap(
  transport: Transport,
  selection: SteppedSelection & { exemplars?: ExemplarKind },
  signal: AbortSignal,
): Promise<CountSeries[]> {
  const { exemplars } = selection;
  const kind = exemplars === 'spans' ? 'SPAN' : 'INDIVIDUAL';
  const request = {
    ...profileFields(selection),
    step: selection.step,
    groupBy: selection.groupBy,
    queryType: `HEATMAP_QUERY_TYPE_${kind}`,
    ...(exemplars === undefined ? {} : { exemplarType: `EXEMPLAR_TYPE_${kind}` }),
  };
  const answer = await ask(transport, 'SelectHeatmap', request, signal);
  return elements(member(answer, 'series')).map((row) => ({
    labels: readLabels(row),
    slots: elements(member(row, 'slots')).map((slot) => ({
      time: time(member(slot, 'timestamp')),
      profiles: elements(member(slot, 'counts')).reduce((sum, count) => sum + number(count), 0),
      exemplars: elements(member(slot, 'exemplars')).map(readExemplar),
    })),
  }));
}

function readExemplar(row: Node): Exemplar {
  const id = (name: string) => text(member(row, name)) || null;
  return {
    time: time(member(row, 'timestamp')),
    value: int64(member(row, 'value')),
    labels: readLabels(row),
    profileId: id('profileId'),
    spanId: id('spanId'),
    traceId: id('traceId'),
  };
}

/** A merge, and what of it is left out. */
export interface MergeSelection extends ProfileSelection {
  /** Number of call sites nearest to the leaf that each stack keeps; all where left out. */
  callSites?: number;
  /** Only these profiles, or samples of these traces; v1 and older servers ignore or refuse them. */
  only?: IdSelection;
}

/** Reads the merge of all selected profiles with all of their stacks; null when there is no sample. */
export async function selectMergeProfile(
  transport: Transport,
  selection: MergeSelection,
  signal: AbortSignal,
): Promise<Profile | null> {
  const bytes = await transport.post(`${QUERIER}/SelectMergeProfile`, encodeMergeRequest(selection), {
    codec: 'proto',
    signal,
  });
  return decodeMerge(bytes, { method: 'SelectMergeProfile', isApart: selection.isApart }, transport, signal);
}

/**
 * Reads the samples of some spans as a profile with files and lines; null when there is no sample. v1 storage
 * gives names only, cut to its default number of nodes.
 *
 * @returns `unknown_format` for a server older than 2.2, which answers with a flame graph
 */
export async function selectMergeSpans(
  transport: Transport,
  selection: ProfileSelection & { spanIds: readonly string[] },
  signal: AbortSignal,
): Promise<Profile | null | 'unknown_format'> {
  const method = 'SelectMergeStacktraces';
  const bytes = await transport.post(`${QUERIER}/${method}`, encodeSpanRequest(selection), {
    codec: 'proto',
    signal,
  });
  let pprof: Uint8Array | null | undefined;
  try {
    pprof = readPprof(bytes);
  } catch (error) {
    throw unreadable(`${method}: ${error instanceof Error ? error.message : 'damaged'}`);
  }
  if (pprof === undefined) return 'unknown_format';
  return pprof === null
    ? null
    : decodeMerge(pprof, { method, isApart: selection.isApart }, transport, signal);
}

/**
 * Reads the samples of some spans as a call tree, in every version and storage.
 * @param selection.maxNodes above the server's maximum the request is refused
 */
export async function selectSpanTree(
  transport: Transport,
  selection: ProfileSelection & { spanIds: readonly string[]; maxNodes: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { spanIds, maxNodes } = selection;
  const request = {
    ...profileFields(selection),
    spanSelector: spanIds,
    maxNodes,
    format: 'PROFILE_FORMAT_TREE',
  };
  const answer = await ask(transport, 'SelectMergeSpanProfile', request, signal);
  return Buffer.from(text(member(answer, 'tree')), 'base64');
}

async function decodeMerge(
  bytes: Uint8Array,
  { method, isApart = false }: { method: string; isApart: boolean | undefined },
  transport: Transport,
  signal: AbortSignal,
): Promise<Profile | null> {
  if (bytes.length === 0) return null;
  try {
    const heavy = bytes.length >= HEAVY_BYTES;
    return await offload('decode', [bytes, transport.echoes(), isApart], {
      isHeavy: heavy,
      signal,
      transfer: heavy ? listTransferables(bytes) : [],
    });
  } catch (error) {
    if (!(error instanceof UnreadableProfileError)) throw error;
    if (error.isTooLarge) throw new UpstreamError('too_large', `${method}: ${error.message}`);
    throw unreadable(`${method}: ${error.message}`);
  }
}

/**
 * Reads the call tree of all selected profiles in Pyroscope's own format, cut to about `maxNodes` nodes.
 *
 * @param selection.callSite path from an entry point, below which the tree is read; v1 storage ignores it and
 *   gives the whole tree
 */
export async function selectMergeTree(
  transport: Transport,
  selection: ProfileSelection & { callSite: readonly string[]; maxNodes: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { callSite, maxNodes } = selection;
  const request = {
    ...profileFields(selection),
    maxNodes,
    format: 'PROFILE_FORMAT_TREE',
    ...(callSite.length === 0
      ? {}
      : { stackTraceSelector: { callSite: callSite.map((name) => ({ name })) } }),
  };
  const answer = await ask(transport, 'SelectMergeStacktraces', request, signal);
  return Buffer.from(text(member(answer, 'tree')), 'base64');
}

/** The buffer of some bytes if it holds nothing else: then it can be transferred instead of copied. */
function listTransferables({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

/** Lists the features that the server has switched on, such as `v2StorageLayer` (v2 and dual mode). */
export async function enabledFeatures(transport: Transport, signal: AbortSignal): Promise<Set<string>> {
  const path = '/capabilities.v1.FeatureFlagsService/GetFeatureFlags';
  const value = await transport.post(path, {}, { codec: 'json', signal });
  const flags = elements(member({ value, place: 'GetFeatureFlags:' }, 'featureFlags'));
  return new Set(
    flags
      .filter((feature) => flag(member(feature, 'enabled')))
      .map((feature) => text(member(feature, 'name'))),
  );
}

async function ask(
  transport: Transport,
  method: string,
  request: object,
  signal: AbortSignal,
): Promise<Node> {
  const value = await transport.post(`${QUERIER}/${method}`, request, { codec: 'json', signal });
  return { value, place: `${method}:` };
}

/**
 * The common fields of requests. The server ignores `profileTypeID` in any other spelling without an error.
 */
function profileFields({ profileTypeId, labelSelector, start, end }: ProfileSelection): object {
  return { profileTypeID: profileTypeId, labelSelector, start, end };
}

function readLabels(row: Node): Labels {
  return labelsFrom(
    elements(member(row, 'labels')).map((label) => [
      text(member(label, 'name')),
      text(member(label, 'value')),
    ]),
  );
}
