import type { FunctionInfo } from '../../../src/profile/model.js';

/** A frame of a generated stack. All frames of a function share its object. */
export interface Frame {
  fn: FunctionInfo;
  line: number;
}

/** Frames from the entry point to the leaf. */
export type Path = readonly Frame[];

/** Reads `name @ file:startLine`; file and line may be missing, as for native code. */
export function parseFunction(text: string): FunctionInfo {
  const [name = '', place = ''] = text.split(' @ ');
  const colon = place.lastIndexOf(':');
  return {
    name,
    file: colon < 0 ? place : place.slice(0, colon),
    startLine: colon < 0 ? 0 : Number(place.slice(colon + 1)),
    isSymbolised: true,
  };
}

/** A call chain written one frame a line, entry point first. */
export function chain(text: string): Path {
  return text
    .trim()
    .split('\n')
    .map((line) => buildFrame(parseFunction(line.trim())));
}

/**
 * A frame some lines into its function; each call site has its own `offset`. Node's profilers know only the
 * line at which a function begins.
 */
export function buildFrame(fn: FunctionInfo, offset = 2): Frame {
  if (/\.js$|^node:/.test(fn.file)) return { fn, line: fn.startLine };
  return { fn, line: fn.startLine > 0 ? fn.startLine + offset : 0 };
}
