import * as z from 'zod';
import { formatArgument, listArguments, serviceArgument } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({ ...listArguments, service: serviceArgument, format: formatArgument });

declare module '../../report/next.js' {
  interface ToolArguments {
    list_profile_types: z.input<typeof input>;
  }
}

export const listProfileTypes = defineTool({
  name: 'list_profile_types',
  title: 'Profile types',
  description:
    'Which profile types a service (or all) emits: short name for profile_type, full id, unit, meaning, cumulative or instant.',
  input,
  load: () => import('../list_profile_types.js'),
});
