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
    profile_type: measured.type.alias,
    ...(measured.extraSelector === null ? {} : { selector: measured.extraSelector }),
    from: formatTime(measured.window.from),
    to: formatTime(measured.window.to),
  };
}

/** A pattern that finds this function: the end of its name from the last slash, type parameters left out. */
export function focusPattern(name: string): string {
  const plain = name.replace(/\[.*$/, '');
  const tail = plain.slice(plain.lastIndexOf('/') + 1);
  return (tail === '' ? plain : tail).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
