import * as z from 'zod';
import { formatArgument, listArguments } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({ ...listArguments, format: formatArgument });

declare module '../../report/next.js' {
  interface ToolArguments {
    list_services: z.input<typeof input>;
  }
}

export const listServices = defineTool({
  name: 'list_services',
  title: 'Services',
  description:
    'Names of the services that sent profiles, heaviest first, with the profile types each emits. ' +
    'Use it when the exact service name is unknown.',
  input,
  load: () => import('../list_services.js'),
});
