import { setMaxListeners } from 'node:events';

import { type NotReadReason, PatternError, UpstreamError, UserError } from '../errors.js';
import type { Progress, ToolContext } from '../query/context.js';
import { type Answer, BUDGET, renderJson, renderText } from '../report/render.js';
import type { ProfileSource } from '../sources/source.js';
import type { Log } from '../telemetry/log.js';
import { type CallEnd, type CallOutcome, type Meter, NO_METER } from '../telemetry/meter.js';
import { withCall } from '../telemetry/trace.js';
import { isWordForNothing, MAY_BE_NAMES } from '../tools/arguments.js';
import type { Tool } from '../tools/define.js';
import { untilAborted } from '../work/shared.js';
import { type Audit, followCall } from './audit.js';
import { type CheckedArguments, checkArguments, isGiven } from './check-arguments.js';
import { describeFailure } from './failures.js';

export interface CallResult {
  text: string;
  isError: boolean;
}

/** Everything that a call needs except its arguments. */
export interface CallEnvironment {
  context: Omit<ToolContext, 'signal' | 'early' | 'soon' | 'progress' | 'notRead'>;
  log: Log;
  /** Meter that counts every call; left out where calls are not counted. */
  meter?: Meter;
  /** Audit log, which gets an entry for every call; left out where there is none. */
  audit?: Audit | undefined;
  /** Deadline of one call, milliseconds. */
  deadlineMs: number;
  /** Ends the calls in flight, because the process stops. */
  stopped?: AbortSignal;
  /** Gives a signal that aborts after so many milliseconds; `AbortSignal.timeout` where it is left out. */
  timer?: (ms: number) => AbortSignal;
}

const STOPPED = new UserError(
  'The server is being stopped and could not finish this call.',
  'Call again with the same arguments in a few seconds: another replica, or the server when it is back, will answer.',
);

/** Part of the deadline after which a tool asks for less. */
export const EARLY = 0.5;
/** Part of the deadline after which a tool answers with the data that it has. */
export const SOON = 0.85;

/**
 * Runs a call, over MCP and on the command line: checks the arguments, sets the deadline, passes on progress
 * (the number of steps done), renders the answer and turns every failure into text that says what to do next.
 * It throws only when the caller's own signal aborts.
 */
export async function callTool(
  tool: Tool,
  rawArguments: unknown,
  environment: CallEnvironment,
  callerSignal: AbortSignal,
  progress?: Progress,
): Promise<CallResult> {
  const work = async (context: ToolContext) => {
    const { text } = await answerCall(tool, rawArguments, context);
    return { value: text, bytes: Buffer.byteLength(text) };
  };
  const call = { name: tool.name, arguments: rawArguments, work };
  const result = await runCall(call, environment, callerSignal, progress);
  return 'value' in result ? { text: result.value, isError: false } : { text: result.failure, isError: true };
}

/** Checks the arguments of a call, answers it and renders the answer. @throws UserError, UpstreamError */
export async function answerCall(
  tool: Tool,
  rawArguments: unknown,
  context: ToolContext,
): Promise<{ text: string; answer: Answer }> {
  const args = checkArguments(tool, rawArguments);
  const { getSchema, addNotes } = watchingAge(context);
  const answer = await runTool(tool, args, { ...context, getSchema });
  context.asked?.note({ tool: tool.name, args }, answer);
  const result = await addNotes(answer);
  const text =
    args.format === 'json'
      ? renderJson(result)
      : renderText(result.text, isGiven(tool, rawArguments, 'limit') ? BUDGET.max : BUDGET.usual);
  return { text, answer: result };
}

/** The work of a call under its name, which log and metrics count. */
export interface CallWork<T> {
  name: string;
  /** Arguments as the caller gave them, for the log. */
  arguments: unknown;
  /** Gives the result, and its size in bytes for the metrics. */
  work(context: ToolContext): Promise<{ value: T; bytes: number }>;
}

/** Why a call has no result. */
export interface CallFailure {
  /** Text for the caller: what failed, why, what to do next. */
  failure: string;
  outcome: Exclude<CallOutcome, 'answered' | 'cancelled'>;
}

/**
 * Runs some work as a call: with the deadline, the log, the metrics and the failures of every call.
 * @throws the reason of the caller's signal, when it aborted, and nothing else
 */
export function runCall<T>(
  call: CallWork<T>,
  environment: CallEnvironment,
  callerSignal: AbortSignal,
  progress?: Progress,
): Promise<{ value: T } | CallFailure> {
  const id = crypto.randomUUID().slice(0, 8);
  return withCall(id, async () => {
    const { log, meter = NO_METER, audit = () => {} } = environment;
    const followed = followCall(call.name, environment.context.sources, audit);
    const context = { ...environment.context, sources: followed.registry };
    const started = performance.now();
    const ended = meter.call(call.name);
    log.debug('call started', { tool: call.name, arguments: call.arguments });
    const settle = (end: Ending, bytes: number) => {
      const ms = performance.now() - started;
      ended({ seconds: ms / 1000, bytes, ...end });
      const { outcome, error } = end;
      followed.end(outcome);
      log.info('call ended', {
        tool: call.name,
        outcome,
        ...(error === null || error === outcome ? {} : { error }),
        ms: Math.round(ms),
        bytes,
      });
    };
    try {
      const result = await runBounded(call, {
        environment: { ...environment, context },
        id,
        callerSignal,
        progress,
      });
      if ('value' in result) {
        settle({ outcome: 'answered', error: null }, result.bytes);
        return { value: result.value };
      }
      const { failure, ...end } = result;
      settle(end, Buffer.byteLength(failure));
      return { failure, outcome: end.outcome };
    } catch (error) {
      settle({ outcome: 'cancelled', error: 'cancelled' }, 0);
      throw error;
    }
  });
}

type Ending = Pick<CallEnd, 'outcome' | 'error'>;

interface CallBounds {
  environment: CallEnvironment;
  id: string;
  callerSignal: AbortSignal;
  progress: Progress | undefined;
}

/** @throws the reason of the caller's signal, when it aborted, and nothing else */
async function runBounded<T>(
  { name, work }: CallWork<T>,
  { environment, id, callerSignal, progress }: CallBounds,
): Promise<{ value: T; bytes: number } | (CallFailure & Pick<CallEnd, 'error'>)> {
  const { stopped, timer = (ms: number) => AbortSignal.timeout(ms) } = environment;
  const deadline = timer(environment.deadlineMs);
  const stop = linkedSignal(stopped);
  const signal = AbortSignal.any([callerSignal, deadline, stop.signal]);
  // With several stores a call waits for dozens of requests at once.
  setMaxListeners(0, signal);
  try {
    const after = (part: number) => timer(Math.max(1, Math.round(environment.deadlineMs * part)));
    const timing = { signal, early: after(EARLY), soon: after(SOON) };
    const context = {
      ...environment.context,
      ...timing,
      notRead(what: string, reason: NotReadReason) {
        environment.log.warn('part of an answer was not read', { tool: name, what, reason });
        (environment.meter ?? NO_METER).notRead(reason);
      },
      ...(progress === undefined ? {} : { progress }),
    };
    return await untilAborted(work(context), signal);
  } catch (error) {
    if (callerSignal.aborted) throw callerSignal.reason;
    if (stopped?.aborted) return { failure: describeFailure(STOPPED), outcome: 'stopped', error: 'stopped' };
    if (deadline.aborted) {
      const timeoutError = new UpstreamError(
        'timeout',
        `no answer within ${environment.deadlineMs / 1000} s`,
      );
      return { failure: describeFailure(timeoutError), outcome: 'deadline', error: 'deadline' };
    }
    if (error instanceof UpstreamError) {
      const { kind, status, detail } = error;
      environment.log.warn('profile store failed', { tool: name, kind, status, detail });
      return { failure: describeFailure(error), outcome: 'upstream_failed', error: error.kind };
    }
    if (error instanceof UserError || error instanceof PatternError) {
      return { failure: describeFailure(error), outcome: 'refused', error: 'refused' };
    }
    environment.log.error('call failed by a bug', error, { tool: name });
    return {
      failure: `An internal error stopped ${name} (id ${id}; the server's log has the details).\nNext: try another window or tool; report the id to the operator.`,
      outcome: 'internal_error',
      error: 'internal_error',
    };
  } finally {
    stop.leave();
  }
}

/**
 * Makes a signal for one call that aborts with a signal which lives as long as the server. `AbortSignal.any`
 * on the latter would keep a reference to every call (Node.js 20): some megabytes an hour under load.
 */
function linkedSignal(stopped: AbortSignal | undefined): { signal: AbortSignal; leave(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort(stopped?.reason);
  if (stopped?.aborted) abort();
  stopped?.addEventListener('abort', abort, { once: true });
  return { signal: controller.signal, leave: () => stopped?.removeEventListener('abort', abort) };
}

/** Watches which old answers a call gets from the schema; `addNotes` tells the reader about them. */
function watchingAge({ getSchema }: Pick<ToolContext, 'getSchema'>) {
  const ages = new Map<ProfileSource, number>();
  return {
    getSchema: (source: ProfileSource) =>
      getSchema(source).reporting((ageMs) => ages.set(source, Math.max(ages.get(source) ?? 0, ageMs))),
    async addNotes(answer: Answer): Promise<Answer> {
      if (ages.size === 0) return answer;
      const { oldAnswerNote, withNotes } = await import('../report/old-answers.js');
      const notes = [...ages].flatMap(([source, ageMs]) => {
        const answers = getSchema(source).answers();
        return oldAnswerNote({ source: source.name, ageMs, isAnswering: answers }) ?? [];
      });
      return withNotes(answer, notes);
    },
  };
}

/**
 * Runs a tool. The code that handles words like "none" is loaded with the first call that has such a word.
 */
async function runTool(tool: Tool, args: CheckedArguments, context: ToolContext): Promise<Answer> {
  const hasWord = Object.entries(args).some(
    ([name, value]) => MAY_BE_NAMES.has(name) && isWordForNothing(value),
  );
  if (!hasWord) return tool.run(args, context);
  const { runWithoutWords } = await import('./words-for-nothing.js');
  return runWithoutWords(tool, args, context);
}
