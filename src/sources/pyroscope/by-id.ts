import { UpstreamError, UserError } from '../../errors.js';
import type { IdSelection } from '../../profile/ids.js';
import type { Profile } from '../../profile/model.js';
import { CUT_OFF, readTree, treeProfile } from '../../profile/tables/stack-tree.js';
import { formatTime } from '../../text/units.js';
import { nameCleaner } from '../echoes.js';
import type { MergedProfile } from '../source.js';
import { type ProfileSelection, selectMergeProfile, selectMergeSpans, selectSpanTree } from './api.js';
import { unreadable } from './http/failure.js';
import type { Transport } from './http/transport.js';
import { isAbsent, type Stores } from './stores.js';

/** Maximum number of nodes of a tree that servers give by default: nothing of a span is cut off. */
const MAX_NODES = 1_048_576;
/** Time for which it is remembered that a server selects by an id, in ms. */
const KNOWN_MS = 10 * 60_000;

/** An id that no profile and no trace has: a server that gives samples for it ignores ids. */
const NOBODY: Readonly<Record<'profile' | 'trace', string>> = {
  profile: 'ffffffff-ffff-4fff-bfff-fffffffffffe',
  trace: 'fffffffffffffffffffffffffffffffe',
};

/** Reads the samples of single requests or profiles. */
export interface IdReader {
  /** @throws UserError where the server cannot select by such ids; UpstreamError */
  read(selection: ProfileSelection, only: IdSelection, signal: AbortSignal): Promise<MergedProfile>;
}

/**
 * Creates a reader of samples by id.
 *
 * Spans: a pprof since 2.2, before and in v1 storage a call tree, which every version gives. Profiles and
 * traces: v2 storage alone selects by them. v1 refuses traces and ignores profiles; an older server ignores
 * both without a word, so a second request asks for an id that cannot exist.
 */
export function createIdReader(transport: Transport, stores: Stores, now: () => number = Date.now): IdReader {
  /** Earliest start from which on ids of a kind were selected by; a later one is in the same storage. */
  const honoured = new Map<IdSelection['kind'], { from: number; until: number }>();

  const ignoresIds = async (
    selection: ProfileSelection,
    kind: 'profile' | 'trace',
    signal: AbortSignal,
  ): Promise<boolean> => {
    const known = honoured.get(kind);
    if (known !== undefined && now() < known.until && selection.start >= known.from) return false;
    const only = { kind, ids: [NOBODY[kind]] };
    const nobody = await selectMergeProfile(transport, { ...selection, callSites: 1, only }, signal);
    if (nobody !== null && nobody.values.length > 0) return true;
    honoured.set(kind, { from: selection.start, until: now() + KNOWN_MS });
    return false;
  };

  /** Null where this part of the data cannot be selected from. */
  const readHere = async (
    selection: ProfileSelection,
    only: IdSelection & { kind: 'profile' | 'trace' },
    signal: AbortSignal,
  ): Promise<Profile | null> => {
    try {
      const profile = await selectMergeProfile(transport, { ...selection, only }, signal);
      // No samples at all: the server took the ids, or it has nothing that they could be ignored for.
      if (profile === null || profile.values.length === 0) return emptyProfile(selection);
      return (await ignoresIds(selection, only.kind, signal)) ? null : profile;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  };

  const readInV2 = async (
    selection: ProfileSelection,
    only: IdSelection & { kind: 'profile' | 'trace' },
    signal: AbortSignal,
  ): Promise<MergedProfile> => {
    const whole = await readHere(selection, only, signal);
    if (whole !== null) return answer(whole);
    const { start, end } = selection;
    const pieces = (await stores.pieces(start - 1, end, signal)).filter(({ store }) => store === 'v2');
    const from = Math.max(start, ...pieces.map((piece) => piece.start));
    // A server that has all of the window in v2 storage, and does not select there, is too old for it.
    if (pieces.length === 0 || from === start) throw cannotSelect(only.kind);
    const part = await readHere({ ...selection, start: from }, only, signal);
    if (part === null) throw cannotSelect(only.kind);
    return answer(part, [
      `Only the time since ${formatTime(from)} was searched: before, the server's v1 storage holds the profiles, which cannot be selected by ${only.kind} id.`,
    ]);
  };

  const readSpans = async (
    selection: ProfileSelection,
    spanIds: readonly string[],
    signal: AbortSignal,
  ): Promise<MergedProfile> => {
    const profile = await selectMergeSpans(transport, { ...selection, spanIds }, signal);
    if (profile === null) return answer(emptyProfile(selection));
    if (profile !== 'unknown_format' && !hasNamesOnly(profile)) return answer(profile);
    const tree = await readSpanTree(selection, spanIds, signal);
    return { ...answer(tree, cutNotes(tree)), isNamesOnly: true };
  };

  const readSpanTree = async (
    selection: ProfileSelection,
    spanIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Profile> => {
    const read = (maxNodes: number) => selectSpanTree(transport, { ...selection, spanIds, maxNodes }, signal);
    const bytes = await read(MAX_NODES).catch((error: unknown) => {
      const allowed = allowedNodes(error);
      if (allowed === null) throw error;
      return read(allowed);
    });
    const [, sampleType = '', unit = ''] = selection.profileTypeId.split(':');
    try {
      return treeProfile(readTree(bytes, nameCleaner(transport.echoes())), sampleType, unit);
    } catch (error) {
      throw unreadable(`the call tree: ${error instanceof Error ? error.message : 'damaged'}`);
    }
  };

  return {
    read: (selection, { kind, ids }, signal) =>
      kind === 'span' ? readSpans(selection, ids, signal) : readInV2(selection, { kind, ids }, signal),
  };
}

function answer(profile: Profile, notes: readonly string[] = []): MergedProfile {
  return { profile, notes, profiledSeconds: null };
}

function emptyProfile({ profileTypeId }: ProfileSelection): Profile {
  const [, sampleType = '', unit = ''] = profileTypeId.split(':');
  return treeProfile([], sampleType, unit);
}

/** Whether a profile was made of a call tree, which knows no files and lines. */
function hasNamesOnly({ functions, frameLine, values }: Profile): boolean {
  return (
    values.length > 0 &&
    functions.every(({ file, isSymbolised }) => file === '' && isSymbolised) &&
    frameLine.every((line) => line === 0)
  );
}

function cutNotes({ functions }: Profile): string[] {
  return functions.some(({ name }) => name === CUT_OFF)
    ? [`Light branches of the call tree may be merged into callees named \`${CUT_OFF}\`.`]
    : [];
}

/** The number of nodes that a server allows, from its refusal; null for any other error. */
function allowedNodes(error: unknown): number | null {
  if (!(error instanceof UpstreamError) || error.kind !== 'rejected') return null;
  const match = /max flamegraph nodes limit \d+ is greater than allowed (\d+)/.exec(error.detail);
  return match === null ? null : Number(match[1]);
}

/** First versions with v2 storage that select by an id. */
const SINCE: Readonly<Record<'profile' | 'trace', string>> = { profile: '1.17', trace: '2.2' };

function cannotSelect(kind: 'profile' | 'trace'): UserError {
  return new UserError(
    `This server cannot select samples by ${kind} id: that needs Pyroscope ${SINCE[kind]} or later with v2 storage, and it is older or answers from v1 storage.`,
    kind === 'trace'
      ? 'Give the spans of the trace in `span_id`, which every version selects by.'
      : 'Narrow the question to the time and the instance of the profile: `from`, `to` and `selector`.',
  );
}
