import type * as z from 'zod';
import { UserError } from '../errors.js';
import type { ToolContext } from '../query/context.js';
import { fillFromLink, type LinkCall } from '../query/from-link/arguments.js';
import { withNotes } from '../report/old-answers.js';
import type { Answer } from '../report/render.js';

/**
 * Answers a call with a link in it: the arguments that the link fills in are treated as if the caller had
 * given them, and the answer says which they are.
 * @throws UserError, UpstreamError
 */
export async function answerFromLink(
  { input, ...call }: Omit<LinkCall, 'needs'> & { input: z.ZodObject },
  context: ToolContext,
  answer: (args: Readonly<Record<string, unknown>>) => Promise<Answer>,
): Promise<Answer> {
  const { args, notes } = await fillFromLink({ ...call, needs: listRequired(input) }, context);
  try {
    return withNotes(await answer(args), notes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message} ${notes.join(' ')}`, error.next);
  }
}

/** Names of the arguments that a schema requires. */
function listRequired({ shape }: z.ZodObject): ReadonlySet<string> {
  const entries: [string, z.ZodType][] = Object.entries(shape);
  return new Set(entries.filter(([, type]) => !type.safeParse(undefined).success).map(([name]) => name));
}
