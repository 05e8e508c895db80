import * as z from 'zod';
import { formatArgument, idArguments, profileArguments } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({
  ...profileArguments,
  ...idArguments,
  limit: z.int().min(1).max(100).default(10).describe('Rows of the top table'),
  format: formatArgument,
});

declare module '../../report/next.js' {
  interface ToolArguments {
    summarize_profile: z.input<typeof input>;
  }
}

export const summarizeProfile = defineTool({
  name: 'summarize_profile',
  title: 'Findings of a profile',
  description:
    'Which code the cost went to in a window: headline, hottest call path from entry point to leaf, top functions by ' +
    'own cost with the application function they are charged to, own code by total. Start here once service and window are known. ' +
    'Not for the difference between two windows.',
  input,
  load: () => import('../summarize_profile.js'),
});
