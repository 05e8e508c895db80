import type { ToolContext } from '../../query/context.js';
import { VERSION_LABEL } from '../../sources/labels.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';

/** The matchers of two versions, or why they cannot be told apart. */
export type Versions = { after: Matcher; before: Matcher } | { missing: string };

/**
 * Finds the label whose values are the two versions. Where only one of them has sent profiles, its label is
 * taken, so that the answer names the side that is missing.
 * @throws UpstreamError
 */
export async function findVersions(
  { after, before }: { after: string; before: string },
  { source, matchers, window }: { source: ProfileSource; matchers: readonly Matcher[]; window: Window },
  { getSchema, signal }: Pick<ToolContext, 'getSchema' | 'signal'>,
): Promise<Versions> {
  const schema = getSchema(source).fresh;
  const names = (await schema.labelNames(matchers, window, signal)).filter((name) =>
    VERSION_LABEL.test(name),
  );
  const labels = await Promise.all(
    names.map(async (name) => ({ name, values: await schema.labelValues(name, matchers, window, signal) })),
  );
  const score = ({ values }: { values: readonly string[] }) =>
    Number(values.includes(after)) + Number(values.includes(before));
  const [best] = labels.sort((a, b) => score(b) - score(a));
  if (best === undefined)
    return { missing: 'no profile of the service in the window has a label of its version' };
  if (score(best) === 0) {
    const there = labels.map(({ name, values }) => `${name} is ${values.slice(0, 5).join(', ')}`).join('; ');
    return {
      missing: `no profile of the service in the window is of version ${after} or ${before}: ${there}`,
    };
  }
  const matcher = (value: string): Matcher => ({ name: best.name, op: '=', value });
  return { after: matcher(after), before: matcher(before) };
}
