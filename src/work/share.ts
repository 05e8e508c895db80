import type { Columns } from '../profile/model.js';

/**
 * Copies the columns of a profile into memory that threads share. Handing the result to another thread then
 * copies only the functions.
 */
export function shareProfile<P extends Columns>(profile: P): P {
  return {
    ...profile,
    frameFunction: sharedUint32(profile.frameFunction),
    frameLine: sharedUint32(profile.frameLine),
    frameKin: sharedUint8(profile.frameKin),
    stackStart: sharedUint32(profile.stackStart),
    stackFrames: sharedUint32(profile.stackFrames),
    values: sharedFloat64(profile.values),
  };
}

function sharedUint32(array: Uint32Array): Uint32Array {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const shared = new Uint32Array(new SharedArrayBuffer(array.byteLength));
  shared.set(array);
  return shared;
}

function sharedUint8(array: Uint8Array): Uint8Array {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const shared = new Uint8Array(new SharedArrayBuffer(array.byteLength));
  shared.set(array);
  return shared;
}

function sharedFloat64(array: Float64Array): Float64Array {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const shared = new Float64Array(new SharedArrayBuffer(array.byteLength));
  shared.set(array);
  return shared;
}
