import { randomUUID } from 'node:crypto';
import {
  completable,
  type GetPromptResult,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { UpstreamError, UserError } from '../errors.js';
import type { Nameable } from '../query/names.js';
import { type Meter, type OperationEnd, operationStarted } from '../telemetry/meter.js';
import { untilAborted } from '../work/shared.js';
import type { CallEnvironment } from './call.js';

import type { PromptArgument } from './prompts/define.js';
import { PROMPTS } from './prompts/index.js';
import { invalid, unknownPrompt } from './unknown-names.js';

/** Time that a client waits for names while a person types, milliseconds. */
const COMPLETION_MS = 2_000;
/** Time that the question for names may take, milliseconds: the next key is answered from its result. */
const LEARNING_MS = 10_000;
/**
 * Maximum number of such questions at once, of all clients: half of the requests that a store gets at once
 * stay free for calls.
 */
const MAX_LEARNING = 4;

/**
 * Makes what registers the prompts at a server, their arguments completed with the names that exist. The
 * schemas are made once: a server is made with every HTTP request.
 */
export function promptRegistration(
  environmentOf: () => Promise<CallEnvironment>,
  meter: Pick<Meter, 'operation'>,
): (server: McpServer) => void {
  const complete = completion(environmentOf, meter);
  const prompts = PROMPTS.map((prompt) => ({ prompt, argsSchema: buildSchema(prompt.arguments, complete) }));
  /** @throws ProtocolError for a prompt that does not exist, or arguments that do not fill it in */
  const fillIn = async (
    name: string,
    given: Readonly<Record<string, string | undefined>>,
  ): Promise<GetPromptResult> => {
    const prompt = PROMPTS.find((each) => each.name === name);
    if (prompt === undefined) throw unknownPrompt(name);
    const { description } = prompt;
    const ended = operationStarted('prompts/get', meter);
    const { context, log } = await environmentOf().catch((error: unknown) => {
      ended('internal_error');
      throw error;
    });
    try {
      const text = await prompt.text(given, context.now());
      ended('answered');
      return { description, messages: [{ role: 'user', content: { type: 'text', text } }] };
    } catch (error) {
      if (error instanceof UserError) {
        ended('refused');
        throw invalid(error);
      }
      ended('internal_error');
      const id = randomUUID().slice(0, 8);
      log.error(`prompt ${name} failed (${id})`, error);
      throw new ProtocolError(
        ProtocolErrorCode.InternalError,
        `An internal error stopped ${name} (id ${id}).`,
      );
    }
  };
  return (server) => {
    for (const { prompt, argsSchema } of prompts) {
      const { name, title, description } = prompt;
      server.registerPrompt(name, { title, description, argsSchema }, (args) => fillIn(name, args));
    }
    // Replaces the SDK's own handler, which checks by the schema and says what fails in words for
    // programmers.
    server.server.setRequestHandler('prompts/get', ({ params }) =>
      fillIn(params.name, params.arguments ?? {}),
    );
  };
}

function buildSchema(args: Readonly<Record<string, PromptArgument>>, complete: Completion) {
  const fields = Object.entries(args).map(([name, { description, required, names }]) => {
    const text = z.string().describe(description);
    // The SDK finds the completion inside of `optional`, not outside.
    const completed =
      names === undefined
        ? text
        : completable(text, (written, context) => complete(names, written, context?.arguments ?? {}));
    return [name, required ? completed : completed.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(fields));
}

/** The names that exist for what is written so far. */
type Completion = (
  names: Nameable,
  written: string,
  given: { source?: string; service?: string },
) => Promise<string[]>;

/**
 * Makes the completion of values. It never fails: a value can be typed, and the call that gets it reports its
 * faults. Every key that a person presses may ask the store, so few questions run at once; others are
 * completed with nothing meanwhile. They take no places from calls.
 */
function completion(
  environmentOf: () => Promise<CallEnvironment>,
  meter: Pick<Meter, 'operation'>,
): Completion {
  let learning = 0;
  return async (names, written, { source, service }) => {
    const ended = operationStarted('completion/complete', meter);
    if (learning >= MAX_LEARNING) {
      ended('busy');
      return [];
    }
    const ask = async () => {
      learning++;
      try {
        const [{ context }, { findExistingNames: existingNames }] = await Promise.all([
          environmentOf(),
          import('../query/names.js'),
        ]);
        const given = { source: source || undefined, service: service || undefined };
        const signal = AbortSignal.timeout(LEARNING_MS);
        return await untilAborted(existingNames(names, written, given, { ...context, signal }), signal);
      } finally {
        learning--;
      }
    };
    const timeout = AbortSignal.timeout(COMPLETION_MS);
    try {
      const completions = await untilAborted(ask(), timeout);
      ended('answered');
      return completions;
    } catch (error) {
      ended(nameOutcome(error, timeout));
      return [];
    }
  };
}

function nameOutcome(error: unknown, timeout: AbortSignal): OperationEnd['outcome'] {
  if (timeout.aborted) return 'deadline';
  if (error instanceof UserError) return 'refused';
  return error instanceof UpstreamError ? 'upstream_failed' : 'internal_error';
}
