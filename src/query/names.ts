import { listAliases } from '../profile/types/types.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import { readListQuestion } from './list-scope.js';

/** Arguments whose values can be completed. */
export type Nameable = 'service' | 'source' | 'profile_type';

/**
 * Completes an argument with names that exist: first those that begin with the text, then those that contain
 * it. Names with characters that must not be shown are left out.
 *
 * @param otherArgs the arguments that are already filled in
 * @throws UserError, UpstreamError
 */
export async function findExistingNames(
  kind: Nameable,
  text: string,
  otherArgs: { source?: string | undefined; service?: string | undefined },
  context: ToolContext,
): Promise<string[]> {
  const names = await readNames(kind, otherArgs, context);
  const wanted = text.trim().toLowerCase();
  const positions = names
    .filter((name) => name !== '' && safeText(name) === name)
    .map((name) => ({ name, position: name.toLowerCase().indexOf(wanted) }));
  const matches = positions.filter(({ position }) => position >= 0);
  return [
    ...matches.filter(({ position }) => position === 0),
    ...matches.filter(({ position }) => position > 0),
  ].map(({ name }) => name);
}

async function readNames(
  kind: Nameable,
  { source, service }: { source?: string | undefined; service?: string | undefined },
  context: ToolContext,
): Promise<string[]> {
  if (kind === 'source') return (await context.sources.all(context.signal)).map(({ name }) => name);
  const question = await readListQuestion(kind === 'service' ? { source } : { source, service }, context);
  const schema = context.getSchema(question.source);
  const { matchers, window } = question;
  return kind === 'service'
    ? schema.labelValues('service_name', matchers, window, context.signal)
    : listAliases(await schema.typeIds(matchers, window, context.signal));
}
