import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { UpstreamError, UserError } from '../errors.js';
import type { Log } from '../log.js';
import { PatternError } from '../profile/pattern-error.js';
import { BUDGET, renderJson, renderText } from '../report/render.js';
import { untilAborted } from '../shared-work.js';
import type { Progress, Tool, ToolContext } from '../tools/define.js';
import { checkArguments } from './check-arguments.js';
import { describeFailure } from './failures.js';

export interface CallResult {
  text: string;
  isError: boolean;
}

/** What a call needs besides its arguments. */
export interface CallEnvironment {
  context: Omit<ToolContext, 'signal' | 'early' | 'soon' | 'progress'>;
  log: Log;
  /** Deadline of one call, milliseconds. */
  deadlineMs: number;
  /** Ends the calls in flight, because the process stops. */
  stopped?: AbortSignal;
}

const STOPPED = new UserError(
  'The server is being stopped and could not finish this call.',
  'Call again with the same arguments in a few seconds: another replica, or the server when it is back, will answer.',
);

/** Part of the deadline after which a tool asks for less … */
const EARLY = 0.5;
/** … and after which it answers with what it has. */
const SOON = 0.85;

/**
 * The one boundary that every call passes, over MCP and on the command line: checks the arguments, sets the deadline,
 * passes on progress (the number of steps done), renders the answer and turns every failure into text that says what to do next. Never throws, but for the abort of
 * the caller's own signal.
 */
export async function callTool(
  tool: Tool,
  rawArguments: unknown,
  environment: CallEnvironment,
  callerSignal: AbortSignal,
  progress?: Progress,
): Promise<CallResult> {
  const deadline = AbortSignal.timeout(environment.deadlineMs);
  const { stopped } = environment;
  const signal = AbortSignal.any([callerSignal, deadline, ...(stopped === undefined ? [] : [stopped])]);
  try {
    const args = checkArguments(tool, rawArguments);
    const after = (part: number) =>
      AbortSignal.timeout(Math.max(1, Math.round(environment.deadlineMs * part)));
    const timing = { signal, early: after(EARLY), soon: after(SOON) };
    const context = { ...environment.context, ...timing, ...(progress === undefined ? {} : { progress }) };
    const answer = await untilAborted(tool.run(args, context), signal);
    const text =
      args.format === 'json'
        ? renderJson(answer)
        : renderText(
            answer.text,
            typeof args.limit === 'number' && isExplicit(rawArguments, 'limit') ? BUDGET.most : BUDGET.usual,
          );
    return { text, isError: false };
  } catch (error) {
    if (callerSignal.aborted) throw callerSignal.reason;
    if (stopped?.aborted) return { text: describeFailure(STOPPED), isError: true };
    if (deadline.aborted) {
      return {
        text: describeFailure(
          new UpstreamError('timeout', `no answer within ${environment.deadlineMs / 1000} s`),
        ),
        isError: true,
      };
    }
    if (error instanceof UserError || error instanceof UpstreamError || error instanceof PatternError) {
      return { text: describeFailure(error), isError: true };
    }
    const id = randomUUID().slice(0, 8);
    environment.log.error(`call of ${tool.name} failed (${id})`, error);
    return {
      text: `An internal error stopped ${tool.name} (id ${id}; the server's log has the details).\nNext: try another window or tool; report the id to the operator.`,
      isError: true,
    };
  }
}

function isExplicit(args: unknown, name: string): boolean {
  if (typeof args !== 'object' || args === null) return false;
  const given: unknown = new Map<string, unknown>(Object.entries(args)).get(name);
  return given !== undefined && given !== null && given !== '';
}

/** The JSON schema of a tool's arguments, as `tools/list` shows it. */
export function inputJsonSchema(tool: Tool): Record<string, unknown> {
  return z.toJSONSchema(tool.input, { io: 'input' });
}
