import type { FunctionInfo } from '../../profile/model.js';
import type { ProfileBuilder } from '../../profile/pprof/builder.js';
import { NO_STACK } from '../../profile/pprof/no-stack.js';
import { internFrames, type PprofFile } from '../../profile/pprof/pprof.js';
import type { SampleRequests } from '../../profile/pprof/request-labels.js';
import { GrowingUint32 } from '../../profile/tables/growing.js';

/**
 * A decoded file as plain columns, which can be kept. Functions and frames stand in the order in which a
 * `ProfileBuilder` gets them, so that a merge has the same result as if the file were read again.
 */
export interface FlatFile {
  /** Number of sample types. */
  types: number;
  /** Functions with name, file and start line as this file has them. */
  functions: readonly FunctionInfo[];
  /** Columns of the frames: frame f is the function `frameFunction[f]` at line `frameLine[f]`. */
  frameFunction: Uint32Array;
  frameLine: Uint32Array;
  /** Columns of the stacks: sample s has `stackFrames[stackStart[s] … stackStart[s + 1])`, leaf first. */
  stackStart: Uint32Array;
  stackFrames: Uint32Array;
  /** Values of all samples in a row, as many for each sample as there are types. */
  values: Float64Array;
  /** Index of each sample's label set in the head of the file; null where there are no labels. */
  labelSet: Uint32Array | null;
  /** The requests of its samples; null where no sample names one. */
  requests: SampleRequests | null;
}

/** Number of frames in all stacks of a file, frames of inlined functions included. */
export function framesIn({ samples, locations }: PprofFile): number {
  let frames = 0;
  for (const location of samples.locations)
    frames += Math.max(1, (locations.starts[location + 1] ?? 0) - (locations.starts[location] ?? 0));
  return frames;
}

/** Converts a file to columns. A sample without a stack gets a frame that says so, as in `addPprof`. */
export function flatten(file: PprofFile): FlatFile {
  const functions: FunctionInfo[] = [];
  const frameFunction = new GrowingUint32();
  const frameLine = new GrowingUint32();
  const builder: Pick<ProfileBuilder, 'functionId' | 'frameId'> = {
    functionId: (info) => functions.push(info) - 1,
    frameId(fn, line) {
      frameFunction.push(fn);
      // 0 stands for an unknown line, which is one over 32 bits or below zero.
      frameLine.push(line > 0 && line < 2 ** 32 ? line : 0);
      return frameFunction.length - 1;
    },
  };
  const interned = internFrames(builder, file);
  let noStack: number | undefined;
  const { starts, locations, values } = file.samples;
  const types = file.sampleTypes.length;
  const stackStart = new GrowingUint32();
  const stackFrames = new GrowingUint32(locations.length);
  const sampleValues: number[] = [];
  stackStart.push(0);
  for (let sample = 0; sample + 1 < starts.length; sample++) {
    const [start, end] = [starts[sample] ?? 0, starts[sample + 1] ?? 0];
    if (start === end) {
      noStack ??= builder.frameId(builder.functionId(NO_STACK), 0);
      stackFrames.push(noStack);
    }
    for (let at = start; at < end; at++) {
      const location = locations[at] ?? 0;
      stackFrames.append(interned.frames, interned.starts[location] ?? 0, interned.starts[location + 1] ?? 0);
    }
    stackStart.push(stackFrames.length);
    for (let type = 0; type < types; type++) sampleValues.push(values[sample * types + type] ?? 0);
  }
  return {
    types,
    functions,
    frameFunction: frameFunction.toArray(),
    frameLine: frameLine.toArray(),
    stackStart: stackStart.toArray(),
    stackFrames: stackFrames.toArray(),
    values: Float64Array.from(sampleValues),
    labelSet: file.labels?.ofSample ?? null,
    requests: file.labels?.requests ?? null,
  };
}
