import { aliasesOf } from '../profile/types/types.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import { readListQuestion } from './list-scope.js';

/** What can be named in an argument. */
export type Nameable = 'service' | 'source' | 'profile_type';

/**
 * The names that exist, for somebody who fills in an argument: those that begin with what is written come
 * first, then those that hold it. Names that cannot be shown as they are are left out.
 *
 * @param given the other arguments, as far as they are filled in
 * @throws UserError, UpstreamError
 */
export async function existingNames(
  what: Nameable,
  written: string,
  given: { source?: string | undefined; service?: string | undefined },
  context: ToolContext,
): Promise<string[]> {
  const names = await namesOf(what, given, context);
  const wanted = written.trim().toLowerCase();
  const places = names
    .filter((name) => name !== '' && safeText(name) === name)
    .map((name) => ({ name, place: name.toLowerCase().indexOf(wanted) }));
  const holding = places.filter(({ place }) => place >= 0);
  return [...holding.filter(({ place }) => place === 0), ...holding.filter(({ place }) => place > 0)].map(
    ({ name }) => name,
  );
}

async function namesOf(
  what: Nameable,
  { source, service }: { source?: string | undefined; service?: string | undefined },
  context: ToolContext,
): Promise<string[]> {
  if (what === 'source') return (await context.sources.all(context.signal)).map(({ name }) => name);
  const question = await readListQuestion(what === 'service' ? { source } : { source, service }, context);
  const schema = context.schemaOf(question.source);
  const { matchers, window } = question;
  return what === 'service'
    ? schema.labelValues('service_name', matchers, window, context.signal)
    : aliasesOf(await schema.typeIds(matchers, window, context.signal));
}
