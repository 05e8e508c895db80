import type { FlatFile } from './flat-file.js';
import { Segment, type SegmentFile } from './segment.js';

/** Maximum part of all memory for a segment, since a segment is evicted as a whole. */
const SEGMENT_PART = 1 / 8;

/** A cache of the decoded files of a directory, within a limit of memory. */
export interface DecodedFiles {
  get(file: string): SegmentFile | undefined;
  /**
   * Adds a decoded file, and evicts the least recently used ones where there is no room.
   * @param group files of a group share their stacks: those of a service
   */
  add(group: string, file: string, decoded: FlatFile): SegmentFile;
  /** Memory of all kept files, about. */
  bytes(): number;
  clear(): void;
}

interface KeptSegment {
  segment: Segment;
  files: Map<string, SegmentFile>;
  /** Size of the segment when it was last counted. */
  bytes: number;
}

/** @param maxBytes limit of all kept files; a larger file is returned and not kept */
export function createDecodedFiles(maxBytes: number): DecodedFiles {
  /** All segments, the least recently used first. */
  const byLastUse = new Set<KeptSegment>();
  const segmentOfFile = new Map<string, KeptSegment>();
  /** Segment to which further files of a group are added. */
  const growing = new Map<string, KeptSegment>();
  let bytes = 0;

  const touch = (kept: KeptSegment) => {
    byLastUse.delete(kept);
    byLastUse.add(kept);
  };
  const evict = (kept: KeptSegment) => {
    byLastUse.delete(kept);
    bytes -= kept.bytes;
    for (const file of kept.files.keys()) segmentOfFile.delete(file);
    for (const [group, growingSegment] of growing) if (growingSegment === kept) growing.delete(group);
  };

  return {
    get(file) {
      const kept = segmentOfFile.get(file);
      if (kept === undefined) return undefined;
      touch(kept);
      return kept.files.get(file);
    },

    add(group, file, decoded) {
      const existing = segmentOfFile.get(file)?.files.get(file);
      if (existing !== undefined) return existing;
      const kept = growing.get(group) ?? { segment: new Segment(), files: new Map(), bytes: 0 };
      const added = kept.segment.add(decoded);
      growing.set(group, kept);
      kept.files.set(file, added);
      segmentOfFile.set(file, kept);
      touch(kept);
      bytes += kept.segment.bytes - kept.bytes;
      kept.bytes = kept.segment.bytes;
      if (kept.bytes >= maxBytes * SEGMENT_PART) growing.delete(group);
      for (const oldest of byLastUse) {
        if (bytes <= maxBytes) break;
        evict(oldest);
      }
      return added;
    },

    bytes: () => bytes,

    clear() {
      for (const kept of byLastUse) evict(kept);
    },
  };
}
