import * as z from 'zod';
import { formatArgument, functionArgument, profileArguments } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({
  ...profileArguments,
  group_by: z.string().optional().describe('Label name'),
  function: functionArgument.optional(),
  exemplars: z.enum(['profiles', 'spans']).optional().describe('List the heaviest single ones instead'),
  format: formatArgument,
});

declare module '../../report/next.js' {
  interface ToolArguments {
    get_timeline: z.input<typeof input>;
  }
}

export const getTimeline = defineTool({
  name: 'get_timeline',
  title: 'Cost over time',
  description:
    'Since when: cost over time of a service, by one label, or of one function, with onset, bursts, spikes and gaps. ' +
    'Begin the window before the incident. Not for which code changed.',
  input,
  load: () => import('../get_timeline.js'),
});
