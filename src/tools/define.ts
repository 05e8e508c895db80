import * as z from 'zod';
import { UserError } from '../errors.js';
import type { CallContext, ToolContext } from '../query/context.js';
import type { ToolName } from '../report/next.js';
import type { Answer, JsonObject } from '../report/render.js';
import { isLink } from '../text/link.js';

/** The work of a tool: it turns checked arguments into an answer. */
export type Run<Input extends z.ZodObject> = (
  args: z.output<Input>,
  context: CallContext<Partial<z.input<Input>> & JsonObject>,
) => Promise<Answer>;

/** The part of a tool that every agent sees. */
interface Surface<Input extends z.ZodObject> {
  name: string;
  title: string;
  /** Question that it answers and when to use it; the first 200 characters must suffice. */
  description: string;
  /** Strict and flat: no nullable, no unions, no nested objects. */
  input: Input;
}

export interface Tool<Input extends z.ZodObject = z.ZodObject> extends Surface<Input> {
  run(args: z.output<Input>, context: ToolContext): Promise<Answer>;
  /** Loads the code of `run` ahead of the first call, where it is loaded with that. */
  preload?(): Promise<unknown>;
}

/**
 * Defines a tool whose code is loaded with its first call: every start lists the tools, and few calls use
 * them all.
 * @param tool.name unique; where the compiler refuses it, the surface file must add it to `ToolArguments`, as
 *   others do
 * @param tool.load imports the module that does the work
 */
export function defineTool<Input extends z.ZodObject>({
  load,
  ...surface
}: Surface<Input> & { name: ToolName; load(): Promise<{ run: Run<Input> }> }): Tool<Input> {
  return {
    ...surface,
    preload: load,
    run: async (args, context) => {
      const { run } = await load();
      const { name: tool, input } = surface;
      const takes = new Set(Object.keys(input.shape));
      const answer = (whole: z.output<Input>) =>
        run(whole, { ...context, call: { tool, args: givenArguments(input, whole), takes } });
      const { link, rest } = splitLink(args, takes);
      if (link === null) return answer(args);
      const { answerFromLink } = await import('./from-link.js');
      // The rest is complete again once the link is read.
      return answerFromLink({ tool, input, args: rest, link, takes }, context, (whole) =>
        answer(whole as z.output<Input>),
      );
    },
  };
}

/** Takes a link out of the arguments: `url`, or a selector that is one. */
function splitLink(
  args: Readonly<Record<string, unknown>>,
  takes: ReadonlySet<string>,
): { link: string | null; rest: Readonly<Record<string, unknown>> } {
  const { url, selector, ...others } = args;
  if (!takes.has('url')) return { link: null, rest: args };
  const isLinked = typeof selector === 'string' && isLink(selector);
  if (typeof url === 'string' && isLinked) {
    throw new UserError('`url` and `selector` both hold a link.', 'Give the link once, in `url`.');
  }
  if (isLinked) return { link: selector, rest: others };
  return {
    link: typeof url === 'string' ? url : null,
    rest: selector === undefined ? others : { ...others, selector },
  };
}

/** Arguments whose value is not the default of the schema; `format` does not change what is asked. */
function givenArguments<Input extends z.ZodObject>(
  input: Input,
  args: z.output<Input>,
): Partial<z.input<Input>> & JsonObject {
  const given = Object.entries(args).filter(([name, value]) => {
    if (name === 'format' || value === undefined) return false;
    const left = z.safeParse(input.shape[name] ?? z.never(), undefined);
    return !left.success || left.data !== value;
  });
  // Arguments are flat values, which the schema has accepted.
  return Object.fromEntries(given) as Partial<z.input<Input>> & JsonObject;
}
