import * as z from 'zod';
import { formatArgument, profileArguments } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({
  ...profileArguments,
  label: z.string().optional().describe('List the values of this label'),
  limit: z.int().min(1).max(1000).default(30).describe('Values listed'),
  format: formatArgument,
});

declare module '../../report/next.js' {
  interface ToolArguments {
    list_labels: z.input<typeof input>;
  }
}

export const listLabels = defineTool({
  name: 'list_labels',
  title: 'Labels',
  description:
    'Label names of a service with their numbers of values; with label, its values and their share of the cost. ' +
    'Use it before writing a selector, or to see which pod, version or region is heavy.',
  input,
  load: () => import('../list_labels.js'),
});
