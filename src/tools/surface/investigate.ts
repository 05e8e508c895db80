import * as z from 'zod';
import {
  baselineArguments,
  formatArgument,
  listArguments,
  requiredFromArgument,
  requiredToArgument,
  serviceArgument,
} from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({
  source: listArguments.source,
  service: serviceArgument,
  selector: listArguments.selector,
  url: listArguments.url,
  from: requiredFromArgument,
  to: requiredToArgument,
  ...baselineArguments,
  group_by: z
    .string()
    .optional()
    .describe('Judge each value of this label (namespace, cluster, version) for itself'),
  symptom: z.string().optional().describe('Free words; orders the answer, never decides it'),
  format: formatArgument,
});

declare module '../../report/next.js' {
  interface ToolArguments {
    investigate: z.input<typeof input>;
  }
}

export const investigate = defineTool({
  name: 'investigate',
  title: 'Investigate an incident',
  description:
    'Triages an incident window of a service, or of all services where none is named: code, load, leak, lock contention, moved code or no change. ' +
    'Says which function, reached how, since when, on which version or pod, how sure. Looks at every profile type against a baseline ' +
    'that it picks and names. Not where nothing changed in time (summarize_profile), nor for two windows or selectors of your own (compare_profiles).',
  input,
  load: () => import('../investigate.js'),
});
