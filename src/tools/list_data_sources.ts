import { UpstreamError, UserError } from '../errors.js';
import type { ToolContext } from '../query/context.js';
import { readNewest } from '../query/data-range.js';
import { type DataSourceRow, dataSourcesAnswer } from '../report/answers/lists.js';
import type { ListedSource } from '../sources/registry.js';
import type { Run } from './define.js';
import type { input } from './surface/list_data_sources.js';

export const run: Run<typeof input> = async (_args, context) => {
  const { signal } = context;
  const { sources, defaultSource, failures } = await context.sources.overview(signal);
  const isDefault = ({ source }: ListedSource) => source !== null && source === defaultSource;
  const rows = await Promise.all(sources.map((row) => describeSource(row, isDefault(row), context)));
  return dataSourcesAnswer(
    rows,
    failures.map(({ error }) => describe(error)),
  );
};

/**
 * A source that does not answer is still listed, with the reason; one that is not enabled is not asked
 * anything.
 */
async function describeSource(
  { name, uid, kind, enabled, source, obstacle }: ListedSource,
  isDefault: boolean,
  context: ToolContext,
): Promise<DataSourceRow> {
  const row = { name, uid, kind, enabled, default: isDefault, oldest: null, newest: null };
  if (source === null) {
    const { message = '', next = '' } = obstacle ?? {};
    return enabled
      ? { ...row, state: 'missing', problems: [message, next] }
      : { ...row, state: 'disabled', problems: [next] };
  }
  try {
    const [range, problems] = await Promise.all([
      source.dataRange(context.signal),
      source.problems(context.signal),
    ]);
    const newest = range?.newest ?? (await readNewest(source, context));
    return { ...row, state: 'answers', oldest: range?.oldest ?? null, newest, problems };
  } catch (error) {
    return { ...row, state: 'fails', problems: [describe(error)] };
  }
}

/** @throws what is no failure of a source */
function describe(error: unknown): string {
  if (error instanceof UserError) return `${error.message} ${error.next}`;
  if (!(error instanceof UpstreamError)) throw error;
  const { advice, kind, detail } = error;
  return advice === null
    ? `does not answer (${kind}): ${detail}`
    : `${advice.what}: ${detail}. ${advice.fix}`;
}
