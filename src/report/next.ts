import type { Measurement } from './measurement.js';
import type { JsonObject } from './render.js';
import { formatTime } from './units.js';

/** A call that the reader can make as it stands. */
export interface NextCall {
  tool: string;
  arguments: JsonObject;
}

/** The last lines of a text answer. */
export function nextRows(calls: readonly NextCall[]): string[] {
  return calls.map((call) => `Next: ${call.tool} ${JSON.stringify(call.arguments)}`);
}

/** The arguments that ask for the same profiles again. */
export function callScope(measured: Measurement): JsonObject {
  return {
    ...(measured.defaultSource ? {} : { source: measured.source }),
    ...(measured.service === null ? {} : { service: measured.service }),
    profile_type: measured.typeArgument,
    ...(measured.extraSelector === null ? {} : { selector: measured.extraSelector }),
    from: formatTime(measured.window.from),
    to: formatTime(measured.window.to),
  };
}

/**
 * A pattern that finds just this function: the end of its name from the last slash, type parameters left out, anchored
 * so that it does not find `GetAll` for `Get`.
 */
export function focusPattern(name: string): string {
  const generic = name.indexOf('[');
  const plain = generic > 0 ? name.slice(0, generic) : name;
  const slash = plain.lastIndexOf('/');
  const tail = plain.slice(slash + 1).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `${slash >= 0 ? '/' : '^'}${tail}${generic > 0 ? '\\[' : '$'}`;
}
