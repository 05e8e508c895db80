import * as z from 'zod';
import { formatArgument } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({ format: formatArgument });

declare module '../../report/next.js' {
  interface ToolArguments {
    list_data_sources: z.input<typeof input>;
  }
}

export const listDataSources = defineTool({
  name: 'list_data_sources',
  title: 'Data sources',
  description:
    'Which profile stores exist, which are enabled and the default, and from when to when they hold data. ' +
    'Seldom needed: the other tools take the default source.',
  input,
  load: () => import('../list_data_sources.js'),
});
