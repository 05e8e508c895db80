import type { z } from 'zod';
import type { ToolContext } from '../query/context.js';
import type { Answer } from '../report/render.js';

/** What a tool does: checked arguments → data. */
export type Run<Input extends z.ZodObject> = (args: z.output<Input>, context: ToolContext) => Promise<Answer>;

/** What every agent sees of a tool. */
interface Surface<Input extends z.ZodObject> {
  name: string;
  title: string;
  /** What it answers and when to use it; the first 200 characters must suffice. */
  description: string;
  /** Strict and flat: no nullable, no unions, no nested objects. */
  input: Input;
}

export interface Tool<Input extends z.ZodObject = z.ZodObject> extends Surface<Input> {
  run(args: z.output<Input>, context: ToolContext): Promise<Answer>;
}

/**
 * A tool whose code is loaded with its first call: every start lists the tools, few calls use them all.
 * @param tool.load imports the module that does the work
 */
export function defineTool<Input extends z.ZodObject>({
  load,
  ...surface
}: Surface<Input> & { load(): Promise<{ run: Run<Input> }> }): Tool<Input> {
  return { ...surface, run: async (args, context) => (await load()).run(args, context) };
}
