import {
  completable,
  type GetPromptResult,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { UserError } from '../errors.js';
import { type Meter, operationStarted } from '../telemetry/meter.js';
import { serveInSpan } from '../telemetry/spans.js';
import type { CallEnvironment } from './call.js';
import type { Completion } from './completion.js';
import { describeRequest } from './exchange.js';

import type { PromptArgument } from './prompts/define.js';
import { PROMPTS } from './prompts/index.js';
import { invalid, unknownPrompt } from './unknown-names.js';

/**
 * Makes what registers the prompts at a server, their arguments completed with the names that exist. The
 * schemas are made once: a server is made with every HTTP request.
 */
export function promptRegistration(
  environmentOf: () => Promise<CallEnvironment>,
  complete: Completion,
  meter: Pick<Meter, 'operation'>,
): (server: McpServer) => void {
  const prompts = PROMPTS.map((prompt) => ({ prompt, argsSchema: buildSchema(prompt.arguments, complete) }));
  /** @throws ProtocolError for a prompt that does not exist, or arguments that do not fill it in */
  const fillIn = async (
    name: string,
    given: Readonly<Record<string, string | undefined>>,
    call: ServerContext,
  ): Promise<GetPromptResult> => {
    const prompt = PROMPTS.find((each) => each.name === name);
    if (prompt === undefined) throw unknownPrompt(name);
    return serveInSpan(describeRequest('prompts/get', name, call), () => fillInKnown(prompt, given));
  };
  const fillInKnown = async (
    prompt: (typeof PROMPTS)[number],
    given: Readonly<Record<string, string | undefined>>,
  ): Promise<GetPromptResult> => {
    const { name } = prompt;
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
      const id = crypto.randomUUID().slice(0, 8);
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
      server.registerPrompt(name, { title, description, argsSchema }, (args, call) =>
        fillIn(name, args, call),
      );
    }
    // Replaces the SDK's own handler, which checks by the schema and says what fails in words for
    // programmers.
    server.server.setRequestHandler('prompts/get', ({ params }, call) =>
      fillIn(params.name, params.arguments ?? {}, call),
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
