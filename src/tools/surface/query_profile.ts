import * as z from 'zod';
import { MAX_ROWS } from '../../report/render.js';
import { formatArgument, idArguments, profileArguments } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({
  ...profileArguments,
  ...idArguments,
  view: z.enum(['top', 'tree']).default('top'),
  sort: z.enum(['self', 'total']).default('self').describe('Ranking of view=top'),
  focus: z.string().optional().describe('RE2 on function names: keep stacks through a match'),
  ignore: z.string().optional().describe('RE2: drop stacks through a match'),
  limit: z.int().min(1).max(MAX_ROWS).optional().describe('Rows, by default 20 (top) or 30 (tree)'),
  format: formatArgument,
});

declare module '../../report/next.js' {
  interface ToolArguments {
    query_profile: z.input<typeof input>;
  }
}

export const queryProfile = defineTool({
  name: 'query_profile',
  title: 'Profile as a table or tree',
  description:
    'One profile as a table of functions (view=top) or call tree (view=tree), filtered by focus and ignore on any frame. ' +
    'Use it to look closer after summarize_profile: who calls a function, what it calls, what is left without it.',
  input,
  load: () => import('../query_profile.js'),
});
