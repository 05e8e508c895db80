import type * as z from 'zod';
import { UpstreamError, UserError } from '../errors.js';
import { resolveProfileType } from '../profile/types/types.js';
import type { ToolContext } from '../query/context.js';
import { findWideWindows } from '../query/data-range.js';
import { type ProfileRequest, readRequest, type ScopeArguments } from '../query/request.js';
import { allMatchers } from '../query/selection.js';
import { withTeamsWord } from '../query/team-word.js';
import { withNotes } from '../report/old-answers.js';
import type { Answer } from '../report/render.js';
import type { Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import { isWordForNothing, MAY_BE_NAMES } from '../tools/arguments.js';
import type { Tool } from '../tools/define.js';

const HOUR = 3_600_000;

/** How to ask for what a word would mean, where it is searched for and not looked up. */
const SEARCHED: ReadonlyMap<string, string> = new Map([
  ['function', 'inspect_function takes it as the name of a function'],
  ['focus', 'a pattern in parentheses is always taken'],
  ['ignore', 'a pattern in parentheses is always taken'],
  ['words', 'with a second word it is searched for'],
]);

/**
 * Runs a tool without the arguments in which a word like "none" or "default" stands for nothing. A word stays
 * where something that exists is called so, and where the tool cannot do without the argument. The answer
 * says what was left out.
 * @throws UserError, UpstreamError
 */
export async function runWithoutWords(
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  context: ToolContext,
): Promise<Answer> {
  const { kept: keptArgs, notes } = await readWords(tool, args, context);
  try {
    return withNotes(await tool.run(keptArgs, context), notes);
  } catch (error) {
    if (!(error instanceof UserError) || notes.length === 0) throw error;
    throw new UserError(`${error.message} ${notes.join(' ')}`, error.next);
  }
}

async function readWords(tool: Tool, args: Readonly<Record<string, unknown>>, context: ToolContext) {
  const keptArgs = new Map(Object.entries(args));
  const dropped = new Map<string, string[]>();
  const drop = (name: string, why: string) => {
    keptArgs.delete(name);
    const argumentText = `\`${name}\` ${JSON.stringify(safeText(String(args[name]), 40))}`;
    dropped.set(why, [...(dropped.get(why) ?? []), argumentText]);
  };
  // The source comes first, since the other names are looked up in it.
  const words = [...MAY_BE_NAMES].filter((name) => isWordForNothing(args[name]) && !isRequired(tool, name));
  for (const name of words) {
    const searched = SEARCHED.get(name);
    if (searched !== undefined) drop(name, searched);
    else if (!(await isKnown(name, String(args[name]), Object.fromEntries(keptArgs), context)))
      drop(name, 'nothing here is called so');
  }
  const notes = [...dropped].map(([why, names]) => `Read as left out: ${names.join(', ')}; ${why}.`);
  return { kept: Object.fromEntries(keptArgs), notes };
}

function isRequired({ input }: Tool, name: string): boolean {
  const shape: Readonly<Record<string, z.ZodType>> = input.shape;
  return shape[name]?.safeParse(undefined).success === false;
}

/**
 * Whether something that exists is called so; true, too, where that cannot be found out: the tool says why.
 */
async function isKnown(
  name: string,
  word: string,
  args: ScopeArguments,
  context: ToolContext,
): Promise<boolean> {
  try {
    return name === 'source' ? await isSource(word, context) : await isInSource(name, word, args, context);
  } catch (error) {
    if (error instanceof UserError || error instanceof UpstreamError) return true;
    throw error;
  }
}

async function isSource(word: string, context: ToolContext): Promise<boolean> {
  const { sources } = await context.sources.overview(context.signal);
  const wanted = word.toLowerCase();
  // The name of a store means its default source.
  return sources.some(
    ({ name, uid }) => uid === word || uid.startsWith(`${word}/`) || name.toLowerCase() === wanted,
  );
}

async function isInSource(
  name: string,
  word: string,
  args: ScopeArguments,
  context: ToolContext,
): Promise<boolean> {
  const request = await readRequest(
    { ...args, ...(name === 'service' ? { service: undefined } : {}) },
    context,
  );
  const schema = context.getSchema(request.source);
  const matchers = allMatchers(request);
  for (const window of await readWindows(name, request, context)) {
    if (name === 'service') {
      if ((await schema.labelValues('service_name', [], window, context.signal)).includes(word)) return true;
    } else if (name === 'profile_type') {
      const typeIds = await schema.typeIds(matchers, window, context.signal);
      if (resolveProfileType(word, typeIds) !== null) return true;
    } else if ((await schema.labelNames(matchers, window, context.signal)).includes(word)) return true;
  }
  if (name !== 'service') return false;
  return (await withTeamsWord({ ...request, service: word }, context)).notes.length > 0;
}

/**
 * Windows in which a name would be found if it exists: the one asked for, and what shows the most of the
 * source. A service may have ended before the window; whether a label or a type is elsewhere is not worth a
 * request.
 */
async function readWindows(
  name: string,
  { source, window }: ProfileRequest,
  context: ToolContext,
): Promise<Window[]> {
  if (window !== null && name !== 'service') return [window];
  const to = context.now();
  const wide = await findWideWindows(source, window ?? { from: to - HOUR, to }, context);
  return window === null ? wide : [window, ...wide];
}
