import * as z from 'zod';
import {
  baselineArguments,
  formatArgument,
  idArguments,
  profileArguments,
  requiredFromArgument,
  requiredToArgument,
} from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({
  ...profileArguments,
  ...idArguments,
  from: requiredFromArgument,
  to: requiredToArgument,
  ...baselineArguments,
  baseline_selector: z
    .string()
    .optional()
    .describe('Replaces selector on the baseline side; without baseline times over the same window'),
  limit: z.int().min(1).max(100).default(8).describe('Rows of movers'),
  format: formatArgument,
});

declare module '../../report/next.js' {
  interface ToolArguments {
    compare_profiles: z.input<typeof input>;
  }
}

export const compareProfiles = defineTool({
  name: 'compare_profiles',
  title: 'Compare two profiles',
  description:
    'What changed in one profile type between two windows or two selectors: code or load, movers with noise bounds, ' +
    'the path of the change, the label value that carries it. With span_id: a slow span against the others of its operation. Not for a whole incident (investigate reads every type), ' +
    'nor for one window (summarize_profile).',
  input,
  load: () => import('../compare_profiles.js'),
});
