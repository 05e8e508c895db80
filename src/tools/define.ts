import type { z } from 'zod';
import type { PatternBook } from '../patterns/book.js';
import type { Answer } from '../report/render.js';
import type { Schema } from '../schema/schema.js';
import type { SourceRegistry } from '../sources/registry.js';
import type { ProfileSource } from '../sources/source.js';

/** What a tool may use. No clock, network or environment but through here. */
export interface ToolContext {
  sources: SourceRegistry;
  schemaOf(source: ProfileSource): Schema;
  /** What is learned from the dashboards of the Grafana that a source is behind; null where it is behind none. */
  patternsOf?(source: ProfileSource): PatternBook | null;
  now(): number;
  signal: AbortSignal;
  /** Aborted after half of the call's time: what has not come by then is asked for in less detail. */
  early?: AbortSignal;
  /** Aborted a little before the call's deadline: what is known by then is the answer. */
  soon?: AbortSignal;
  /** Told of every step of a long call. */
  progress?: Progress;
}

/**
 * How far a call is: upstream requests answered, or of something else with its total. Of one call the number only grows.
 */
export type Progress = (done: number, of?: { total: number; what: string }) => void;

/** How far a call is, in words. */
export function progressText(...[done, of]: Parameters<Progress>): string {
  return of === undefined ? `${done} upstream requests answered` : `${done} of ${of.total} ${of.what}`;
}

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
