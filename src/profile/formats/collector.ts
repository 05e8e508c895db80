import { Profile as Pprof } from 'pprof-format';
import type { PprofFile } from '../pprof/pprof.js';
import { checkLimit } from '../pprof/pprof-limits.js';
import type { PprofFunction } from '../pprof/pprof-tables.js';
import type { SampleLabels } from '../pprof/sample-labels.js';
import { GrowingUint32 } from '../tables/growing.js';

/** A frame as text formats have it; unknown file is '', unknown lines are 0. */
export interface TextFrame {
  name: string;
  file?: string;
  line?: number;
  startLine?: number;
}

export interface ProfileHead {
  sampleTypes: PprofFile['sampleTypes'];
  periodType?: PprofFile['periodType'];
  timeNanos?: bigint;
  durationNanos?: bigint;
}

/** Collects the stacks of another format into an equivalent pprof file. */
export class StackCollector {
  /** The names, the first of which is empty, with their positions. */
  readonly #names = new Map([['', 0]]);
  readonly #functions: PprofFunction[] = [];
  readonly #functionIds = new Map<string, number>();
  readonly #frameIds = new Map<string, number>();
  readonly #functionOf: number[] = [];
  readonly #lineOf: number[] = [];
  readonly #starts = new GrowingUint32();
  readonly #locations = new GrowingUint32();
  readonly #values: number[] = [];
  readonly #labelSets: (readonly (readonly [string, string])[])[] = [];
  #labels: readonly (readonly [string, string])[] | null = null;
  readonly #labelSet = new GrowingUint32();

  constructor() {
    this.#starts.push(0);
  }

  /** Number of the frame, for {@link add}. */
  frame({ name, file = '', line = 0, startLine = 0 }: TextFrame): number {
    const functionKey = `${name}\0${file}\0${startLine}`;
    let functionId = this.#functionIds.get(functionKey);
    if (functionId === undefined) {
      functionId = this.#functions.length + 1;
      checkLimit('functions', functionId);
      this.#functionIds.set(functionKey, functionId);
      this.#functions.push({
        id: functionId,
        name: this.#nameIndex(name),
        systemName: 0,
        filename: this.#nameIndex(file),
        startLine: positive(startLine),
      });
    }
    const key = `${functionId}:${line}`;
    const known = this.#frameIds.get(key);
    if (known !== undefined) return known;
    this.#functionOf.push(functionId);
    checkLimit('locations', this.#functionOf.length);
    this.#frameIds.set(key, this.#functionOf.length - 1);
    return this.#lineOf.push(positive(line)) - 1;
  }

  /** Sets the labels of all samples that follow. */
  label(labels: readonly (readonly [name: string, value: string])[]): void {
    this.#labels = labels;
  }

  /**
   * Adds a sample.
   * @param frames numbers of its frames, leaf first
   * @param values one per sample type
   */
  add(frames: readonly number[], values: readonly number[]): void {
    checkLimit('frames in one sample', frames.length);
    checkLimit('frames in samples', this.#locations.length + frames.length);
    checkLimit('samples', this.#starts.length);
    for (const frame of frames) this.#locations.push(frame);
    this.#starts.push(this.#locations.length);
    this.#values.push(...values);
    if (this.#labels !== null) {
      // Samples share a set of labels until another one is set.
      if (this.#labelSets.at(-1) !== this.#labels) this.#labelSets.push(this.#labels);
      this.#labelSet.push(this.#labelSets.length - 1);
    }
  }

  finish({ sampleTypes, periodType = null, timeNanos = 0n, durationNanos = 0n }: ProfileHead): PprofFile {
    const count = this.#functionOf.length;
    return {
      sampleTypes,
      periodType,
      timeNanos,
      durationNanos,
      raw: new Pprof(),
      functions: this.#functions,
      strings: [...this.#names.keys()],
      samples: {
        starts: this.#starts.toArray(),
        locations: this.#locations.toArray(),
        values: Float64Array.from(this.#values),
      },
      locations: {
        ids: Array.from({ length: count }, (_, at) => at + 1),
        mappingIds: new Array<number>(count).fill(0),
        addresses: new Array<number>(count).fill(0),
        starts: Uint32Array.from({ length: count + 1 }, (_, at) => at),
        functionIds: this.#functionOf,
        lineNumbers: this.#lineOf,
      },
      labels: this.#sampleLabels(),
      defaultType: '',
    };
  }

  #nameIndex(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, this.#names.size);
    return this.#names.size - 1;
  }

  #sampleLabels(): SampleLabels | null {
    if (this.#labelSets.length === 0) return null;
    return { sets: this.#labelSets, ofSample: this.#labelSet.toArray(), dropped: [], requests: null };
  }
}

/** The number where it is a valid line, else 0. */
function positive(line: number): number {
  return Number.isSafeInteger(line) && line > 0 && line < 2 ** 32 ? line : 0;
}
