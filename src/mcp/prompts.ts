import { randomUUID } from 'node:crypto';
import { completable, type McpServer, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { PromptArgument } from '../prompts/define.js';
import { PROMPTS } from '../prompts/index.js';
import { untilAborted } from '../shared-work.js';
import type { Nameable } from '../tools/names.js';
import type { CallEnvironment } from './call.js';
import { describeFailure } from './failures.js';

/** How long a client waits for names while somebody types. */
const COMPLETION_MS = 2_000;
/** How long the question for them goes on: the next key is answered from what it found. */
const LEARNING_MS = 10_000;

/**
 * Makes what registers the prompts at a server, their arguments completed with the names that exist. The schemas are
 * made once: a server is made with every HTTP request.
 */
export function promptRegistration(
  environmentOf: () => Promise<CallEnvironment>,
): (server: McpServer) => void {
  const prompts = PROMPTS.map((prompt) => ({
    prompt,
    argsSchema: schemaOf(prompt.arguments, environmentOf),
  }));
  return (server) => {
    for (const { prompt, argsSchema } of prompts) {
      const { name, title, description } = prompt;
      server.registerPrompt(name, { title, description, argsSchema }, async (args) => {
        const { context, log } = await environmentOf();
        try {
          const text = await prompt.text(args, context.now());
          return { description, messages: [{ role: 'user', content: { type: 'text', text } }] };
        } catch (error) {
          if (error instanceof UserError) {
            throw new ProtocolError(ProtocolErrorCode.InvalidParams, describeFailure(error));
          }
          const id = randomUUID().slice(0, 8);
          log.error(`prompt ${name} failed (${id})`, error);
          throw new ProtocolError(
            ProtocolErrorCode.InternalError,
            `An internal error stopped ${name} (id ${id}).`,
          );
        }
      });
    }
  };
}

function schemaOf(
  args: Readonly<Record<string, PromptArgument>>,
  environmentOf: () => Promise<CallEnvironment>,
) {
  const fields = Object.entries(args).map(([name, { description, required, names }]) => {
    const text = z.string().describe(description);
    // The SDK finds the completion inside of `optional`, not outside.
    const completed =
      names === undefined
        ? text
        : completable(text, (written, context) =>
            completions(names, written, context?.arguments ?? {}, environmentOf),
          );
    return [name, required ? completed : completed.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(fields));
}

/** Never fails: a value can be typed, and the call that gets it says what is wrong with it. */
async function completions(
  names: Nameable,
  written: string,
  { source, service }: { source?: string; service?: string },
  environmentOf: () => Promise<CallEnvironment>,
): Promise<string[]> {
  const ask = async () => {
    const [{ context }, { existingNames }] = await Promise.all([
      environmentOf(),
      import('../tools/names.js'),
    ]);
    const given = { source: source || undefined, service: service || undefined };
    return existingNames(names, written, given, { ...context, signal: AbortSignal.timeout(LEARNING_MS) });
  };
  try {
    return await untilAborted(ask(), AbortSignal.timeout(COMPLETION_MS));
  } catch {
    return [];
  }
}
