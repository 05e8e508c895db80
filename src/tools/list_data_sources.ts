import { z } from 'zod';
import { UpstreamError, UserError } from '../errors.js';
import { type DataSourceRow, dataSourcesAnswer } from '../report/lists.js';
import type { ProfileSource } from '../sources/source.js';
import { formatArgument } from './arguments.js';
import { newestOf } from './data-range.js';
import { defineTool, type ToolContext } from './define.js';

export const listDataSources = defineTool({
  name: 'list_data_sources',
  title: 'Data sources',
  description:
    'Which profile stores exist, which are enabled and the default, and from when to when they hold data. ' +
    'Seldom needed: the other tools take the default source.',
  input: z.strictObject({ format: formatArgument }),
  run: async (_args, context) =>
    dataSourcesAnswer(
      await Promise.all(context.sources.all.map((source, index) => describeSource(source, index, context))),
    ),
});

/** A source that does not answer is still listed, with the reason. */
async function describeSource(
  source: ProfileSource,
  index: number,
  context: ToolContext,
): Promise<DataSourceRow> {
  const row = { name: source.name, uid: source.uid, kind: source.kind, enabled: true, default: index === 0 };
  const unknown = { ...row, oldest: null, newest: null };
  try {
    const [range, problems] = await Promise.all([
      source.dataRange(context.signal),
      source.problems(context.signal),
    ]);
    const newest = range?.newest ?? (await newestOf(source, context));
    return { ...row, oldest: range?.oldest ?? null, newest, problems };
  } catch (error) {
    if (error instanceof UpstreamError)
      return { ...unknown, problems: [`does not answer (${error.kind}): ${error.detail}`] };
    if (error instanceof UserError) return { ...unknown, problems: [`${error.message} ${error.next}`] };
    throw error;
  }
}
