import type { FunctionInfo } from '../../profile/model.js';
import { GrowingUint32 } from '../../profile/tables/growing.js';
import { StackTable } from '../../profile/tables/stack-table.js';
import type { FlatFile } from './flat-file.js';

/**
 * A function beside the characters of its name and file, which take two bytes at most: object, key and table
 * entry.
 */
const BYTES_PER_FUNCTION = 256;
const BYTES_PER_CHARACTER = 4;
/** A frame in the columns and in the map that finds it. */
const BYTES_PER_FRAME = 48;
/** A file beside its columns. */
const BYTES_PER_FILE = 512;

/** A decoded file whose functions, frames and stacks are numbers of a segment. */
export interface SegmentFile {
  segment: Segment;
  types: number;
  /** In the order of the file. */
  functions: Uint32Array;
  frames: Uint32Array;
  /** One per sample. */
  stacks: Uint32Array;
  /** Values of all samples one after the other, one for each type. */
  values: Float64Array;
  /** Per sample which set of labels it has; null where there are no labels. */
  labelSet: Uint32Array | null;
}

/**
 * Decoded files of one service that share their names, frames and stacks: profiles of one program repeat each
 * other, so that a file takes a tenth of what it takes alone, and adding up files is adding up numbers.
 */
export class Segment {
  readonly functions: FunctionInfo[] = [];
  readonly frameFunction = new GrowingUint32();
  readonly frameLine = new GrowingUint32();
  readonly stacks = new StackTable();
  /** By name, for a name stands in few files: texts of all parts joined would be made anew for every file. */
  readonly #functionIds = new Map<string, number[]>();
  /** Per function the frame at each line. */
  readonly #frameIds: Map<number, number>[] = [];
  #fixedBytes = 0;

  /** About the memory that the segment takes with the files that were added. */
  get bytes(): number {
    return this.#fixedBytes + this.stacks.bytes;
  }

  add(file: FlatFile): SegmentFile {
    const functions = Uint32Array.from(file.functions, (info) => this.#functionId(info));
    const frames = file.frameFunction.map((fn, frame) =>
      this.#frameId(functions[fn] ?? 0, file.frameLine[frame] ?? 0),
    );
    const stacks = new Uint32Array(file.stackStart.length - 1);
    for (let sample = 0; sample < stacks.length; sample++) {
      const end = file.stackStart[sample + 1] ?? 0;
      for (let at = file.stackStart[sample] ?? 0; at < end; at++)
        this.stacks.frames.push(frames[file.stackFrames[at] ?? 0] ?? 0);
      stacks[sample] = this.stacks.close();
    }
    this.#fixedBytes +=
      BYTES_PER_FILE +
      4 * (functions.length + frames.length + stacks.length + (file.labelSet?.length ?? 0)) +
      8 * file.values.length;
    const { types, values, labelSet } = file;
    return { segment: this, types, functions, frames, stacks, values, labelSet };
  }

  #functionId(info: FunctionInfo): number {
    const { name, file, startLine, symbolised } = info;
    const ids = this.#functionIds.get(name) ?? [];
    const known = ids.find((id) => {
      const other = this.functions[id];
      return other?.startLine === startLine && other.file === file && other.symbolised === symbolised;
    });
    if (known !== undefined) return known;
    const id = this.functions.push(info) - 1;
    ids.push(id);
    this.#functionIds.set(name, ids);
    this.#frameIds.push(new Map());
    this.#fixedBytes += BYTES_PER_FUNCTION + BYTES_PER_CHARACTER * (name.length + file.length);
    return id;
  }

  #frameId(fn: number, line: number): number {
    const known = this.#frameIds[fn]?.get(line);
    if (known !== undefined) return known;
    const id = this.frameFunction.length;
    this.#frameIds[fn]?.set(line, id);
    this.frameFunction.push(fn);
    this.frameLine.push(line);
    this.#fixedBytes += BYTES_PER_FRAME;
    return id;
  }
}
