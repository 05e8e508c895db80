import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { MergeSelection, ProfileSelection } from './api.js';

// The requests and answers that travel as protobuf, by the field numbers of `querier/v1/querier.proto`.

/** Formats of `SelectMergeStacktraces`. */
const FORMAT_PPROF = 4;

/** The wire form of `querier.v1.SelectMergeProfileRequest`. */
export function encodeMergeRequest({ callSites, only, ...selection }: MergeSelection): Uint8Array {
  const request = selected(selection);
  if (callSites !== undefined) {
    // stack_trace_selector.go_pgo.keep_locations, which works for every language.
    request.tag(6, WireType.LengthDelimited).fork();
    request.tag(2, WireType.LengthDelimited).fork();
    request.tag(1, WireType.Varint).uint32(callSites).join().join();
  }
  for (const id of only?.ids ?? [])
    request.tag(only?.kind === 'trace' ? 8 : 7, WireType.LengthDelimited).string(id);
  return request.finish();
}

/** The wire form of a `querier.v1.SelectMergeStacktracesRequest` for a pprof of some spans. */
export function encodeSpanRequest({
  spanIds,
  ...selection
}: ProfileSelection & { spanIds: readonly string[] }): Uint8Array {
  const request = selected(selection).tag(6, WireType.Varint).int32(FORMAT_PPROF);
  for (const id of spanIds) request.tag(11, WireType.LengthDelimited).string(id);
  return request.finish();
}

/** The fields that both requests begin with. */
function selected({ profileTypeId, labelSelector, start, end }: ProfileSelection): BinaryWriter {
  return new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(profileTypeId)
    .tag(2, WireType.LengthDelimited)
    .string(labelSelector)
    .tag(3, WireType.Varint)
    .int64(start)
    .tag(4, WireType.Varint)
    .int64(end);
}

/**
 * The pprof in a `querier.v1.SelectMergeStacktracesResponse`: null for an empty one, undefined where the
 * server answered in another format.
 */
export function readPprof(answer: Uint8Array): Uint8Array | null | undefined {
  const wrapper = readMember(answer, 5);
  // An answer without any member is what a server of any version says of an empty window.
  if (wrapper === undefined) return answer.length === 0 ? null : undefined;
  return readMember(wrapper, 1) ?? null;
}

/** The last member of this number, as protobuf wants it; undefined where there is none. */
function readMember(message: Uint8Array, number: number): Uint8Array | undefined {
  const reader = new BinaryReader(message);
  let bytes: Uint8Array | undefined;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === number && wireType === WireType.LengthDelimited) bytes = reader.bytes();
    else reader.skip(wireType, field);
  }
  return bytes;
}
