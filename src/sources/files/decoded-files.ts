import type { FlatFile } from './flat-file.js';
import { Segment, type SegmentFile } from './segment.js';

/** Part of all memory that one segment may grow to: the least recently used is given up as a whole. */
const SEGMENT_PART = 1 / 8;

/** The decoded files of a directory, as many as a bound of memory allows. */
export interface DecodedFiles {
  get(file: string): SegmentFile | undefined;
  /**
   * Keeps a decoded file, and gives up those that were not used for longest where there is no room.
   * @param group files of one group share their stacks: those of one service
   */
  add(group: string, file: string, decoded: FlatFile): SegmentFile;
  /** About the memory that all kept files take. */
  bytes(): number;
  clear(): void;
}

interface Kept {
  segment: Segment;
  files: Map<string, SegmentFile>;
  /** As counted the last time. */
  bytes: number;
}

/** @param mostBytes bound of all kept files; a larger one is handed out and not kept */
export function createDecodedFiles(mostBytes: number): DecodedFiles {
  /** The least recently used first. */
  const all = new Set<Kept>();
  const keptOf = new Map<string, Kept>();
  /** Per group the segment that further files go to. */
  const growing = new Map<string, Kept>();
  let bytes = 0;

  const touch = (kept: Kept) => {
    all.delete(kept);
    all.add(kept);
  };
  const giveUp = (kept: Kept) => {
    all.delete(kept);
    bytes -= kept.bytes;
    for (const file of kept.files.keys()) keptOf.delete(file);
    for (const [group, own] of growing) if (own === kept) growing.delete(group);
  };

  return {
    get(file) {
      const kept = keptOf.get(file);
      if (kept === undefined) return undefined;
      touch(kept);
      return kept.files.get(file);
    },

    add(group, file, decoded) {
      const known = keptOf.get(file)?.files.get(file);
      if (known !== undefined) return known;
      const kept = growing.get(group) ?? { segment: new Segment(), files: new Map(), bytes: 0 };
      const added = kept.segment.add(decoded);
      growing.set(group, kept);
      kept.files.set(file, added);
      keptOf.set(file, kept);
      touch(kept);
      bytes += kept.segment.bytes - kept.bytes;
      kept.bytes = kept.segment.bytes;
      if (kept.bytes >= mostBytes * SEGMENT_PART) growing.delete(group);
      for (const oldest of all) {
        if (bytes <= mostBytes) break;
        giveUp(oldest);
      }
      return added;
    },

    bytes: () => bytes,

    clear() {
      for (const kept of all) giveUp(kept);
    },
  };
}
