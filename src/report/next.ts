import { LONGEST_QUERY_MS } from '../duration.js';
import type { Measurement } from '../profile/measurement.js';
import { normaliseName } from '../profile/names.js';
import { safeJson } from '../text/sanitise.js';
import { formatTime } from '../text/units.js';
import type { JsonObject } from './render.js';

/** A call that the reader can make as it stands. */
export interface NextCall {
  tool: string;
  arguments: JsonObject;
}

/** A call on one line: the tool and its arguments as JSON. */
export function callText(call: NextCall): string {
  return `${call.tool} ${safeJson(call.arguments)}`;
}

/** The last lines of a text answer. */
export function nextRows(calls: readonly NextCall[]): string[] {
  return calls.map((call) => `Next: ${callText(call)}`);
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

/** How many windows earlier a question begins that is also about the time before. */
const EARLIER = 2;

/** The same profiles and those of the time before. */
export function longerScope(measured: Measurement): JsonObject {
  const { from, to } = measured.window;
  const earlier = Math.max(0, Math.min(EARLIER * (to - from), LONGEST_QUERY_MS - (to - from)));
  return { ...callScope(measured), from: formatTime(Math.max(0, from - earlier)) };
}

/** What part of its window a question is narrowed to. */
const SHORTER = 4;

/** The last part of the same profiles: less to read. */
export function shorterScope(measured: Measurement): JsonObject {
  const { from, to } = measured.window;
  return { ...callScope(measured), from: formatTime(to - Math.ceil((to - from) / SHORTER)) };
}

/**
 * A pattern that finds just this function: the end of its name from the last slash, type parameters and lines left out, anchored
 * so that it does not find `GetAll` for `Get`.
 */
export function focusPattern(name: string): string {
  const generic = name.indexOf('[');
  const plain = generic > 0 ? name.slice(0, generic) : normaliseName(name);
  const slash = plain.lastIndexOf('/');
  const tail = plain.slice(slash + 1).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `${slash >= 0 ? '/' : '^'}${tail}${generic > 0 ? '\\[' : '$'}`;
}
