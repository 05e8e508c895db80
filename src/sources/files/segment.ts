import type { FunctionInfo } from '../../profile/model.js';
import type { SampleRequests } from '../../profile/pprof/request-labels.js';
import { GrowingUint32 } from '../../profile/tables/growing.js';
import { StackTable } from '../../profile/tables/stack-table.js';
import type { FlatFile } from './flat-file.js';

/** Memory of a function without its name and file: object, key and table entry. */
const BYTES_PER_FUNCTION = 256;
/** Memory of a character of a name and of a key, at most two bytes in each. */
const BYTES_PER_CHARACTER = 4;
/** Memory of a frame in the columns and in the map that finds it. */
const BYTES_PER_FRAME = 48;
/** Memory of a request with its two ids. */
const BYTES_PER_REQUEST = 256;
/** Memory of a file without its columns. */
const BYTES_PER_FILE = 512;

/** A decoded file whose functions, frames and stacks are indexes into a segment. */
export interface SegmentFile {
  segment: Segment;
  types: number;
  /** Functions in the order of the file. */
  functions: Uint32Array;
  frames: Uint32Array;
  /** Stack of each sample. */
  stacks: Uint32Array;
  /** Values of all samples in a row, as many for each sample as there are types. */
  values: Float64Array;
  /** Index of each sample's label set; null where there are no labels. */
  labelSet: Uint32Array | null;
  requests: SampleRequests | null;
}

/**
 * Decoded files of a service that share names, frames and stacks. Profiles of the same program have mostly
 * the same stacks, so a file takes a tenth of its memory, and merging files is adding up numbers.
 */
export class Segment {
  readonly functions: FunctionInfo[] = [];
  readonly frameFunction = new GrowingUint32();
  readonly frameLine = new GrowingUint32();
  readonly stacks = new StackTable();
  /**
   * Function ids by name. A key joined of all parts would have to be built for every function of every file.
   */
  readonly #functionIds = new Map<string, number[]>();
  /** Frames of each function by their line. */
  readonly #frameIds: Map<number, number>[] = [];
  #fixedBytes = 0;

  /** Memory of the segment and its files, about. */
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
      4 * (file.requests?.ofSample.length ?? 0) +
      BYTES_PER_REQUEST * (file.requests?.list.length ?? 0) +
      8 * file.values.length;
    const { types, values, labelSet, requests } = file;
    return { segment: this, types, functions, frames, stacks, values, labelSet, requests };
  }

  #functionId(info: FunctionInfo): number {
    const { name, file, startLine, isSymbolised } = info;
    const ids = this.#functionIds.get(name) ?? [];
    const known = ids.find((id) => {
      const other = this.functions[id];
      return other?.startLine === startLine && other.file === file && other.isSymbolised === isSymbolised;
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
