import * as z from 'zod';
import { formatArgument, functionArgument, idArguments, profileArguments } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({
  ...profileArguments,
  ...idArguments,
  function: functionArgument,
  format: formatArgument,
});

declare module '../../report/next.js' {
  interface ToolArguments {
    inspect_function: z.input<typeof input>;
  }
}

export const inspectFunction = defineTool({
  name: 'inspect_function',
  title: 'One function',
  description:
    'One function in all its places: self, total, callers, callees, lines, path to it, timeline, share by version, region or pod. ' +
    'For a function that another answer named; not for finding the culprit.',
  input,
  load: () => import('../inspect_function.js'),
});
