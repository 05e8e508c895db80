import { LONGEST_QUERY_MS } from '../duration.js';
import { normaliseName } from '../profile/code/names.js';
import { type IdCallArguments, idArguments } from '../profile/ids.js';
import type { Measurement } from '../profile/measurement.js';
import { escapePattern } from '../text/pattern.js';
import { safeJson } from '../text/sanitise.js';
import { formatTime } from '../text/units.js';
import type { Json } from './render.js';

/**
 * Arguments of each tool that a ready call can name. The surface file of a tool adds its own by declaration
 * merging, so that this folder imports no tool.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the surface files fill it
export interface ToolArguments {}

export type ToolName = keyof ToolArguments;

/** A call that the reader can make as it stands. */
export type NextCall = {
  [Name in ToolName]: { tool: Name; arguments: ToolArguments[Name] };
}[ToolName];

/** A ready call, checked by the compiler also where a list of calls is put together. */
export function nextCall<Name extends ToolName>(
  tool: Name,
  args: ToolArguments[Name],
): { tool: Name; arguments: ToolArguments[Name] } {
  return { tool, arguments: args };
}

/**
 * A ready call of a tool that is known only at run time.
 * @param args arguments that the schema of the tool has accepted or lists
 */
export function readyCall(tool: ToolName, args: Readonly<Record<string, Json>>): NextCall {
  // The compiler cannot tie arguments to a tool that is a value.
  return { tool, arguments: args } as NextCall;
}

/** A call on one line: the tool and its arguments as JSON. */
export function callText(call: NextCall): string {
  return `${call.tool} ${safeJson(call.arguments)}`;
}

/** The last lines of a text answer. */
export function nextRows(calls: readonly NextCall[]): string[] {
  return calls.map((call) => `Next: ${callText(call)}`);
}

/** The arguments that every tool about one profile takes. */
export interface ScopeArguments extends IdCallArguments {
  source?: string;
  service?: string;
  profile_type: string;
  selector?: string;
  from: string;
  to: string;
}

/** The arguments that ask for the same profiles again. */
export function callScope(measured: Measurement): ScopeArguments {
  return {
    ...(measured.isDefaultSource ? {} : { source: measured.source }),
    ...(measured.service === null ? {} : { service: measured.service }),
    profile_type: measured.typeArgument,
    ...(measured.extraSelector === null ? {} : { selector: measured.extraSelector }),
    ...idArguments(measured.only),
    from: formatTime(measured.window.from),
    to: formatTime(measured.window.to),
  };
}

/** Number of windows by which a longer question begins earlier. */
const EARLIER = 2;

/** Arguments that ask for the same profiles and the time before them. */
export function longerScope(measured: Measurement): ScopeArguments {
  const { from, to } = measured.window;
  const earlier = Math.max(0, Math.min(EARLIER * (to - from), LONGEST_QUERY_MS - (to - from)));
  return { ...callScope(measured), from: formatTime(Math.max(0, from - earlier)) };
}

/** Divisor by which a question shortens its window. */
const SHORTER = 4;

/** Arguments that ask for the last quarter of the window, which is less to read. */
export function shorterScope(measured: Measurement): ScopeArguments {
  const { from, to } = measured.window;
  return { ...callScope(measured), from: formatTime(to - Math.ceil((to - from) / SHORTER)) };
}

/**
 * A pattern that finds just this function: the end of its name from the last slash, type parameters and lines
 * left out, anchored so that it does not find `GetAll` for `Get`.
 */
export function focusPattern(name: string): string {
  const generic = name.indexOf('[');
  const plain = generic > 0 ? name.slice(0, generic) : normaliseName(name);
  const slash = plain.lastIndexOf('/');
  const tail = escapePattern(plain.slice(slash + 1));
  return `${slash >= 0 ? '/' : '^'}${tail}${generic > 0 ? '\\[' : '$'}`;
}
