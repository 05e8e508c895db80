import * as z from 'zod';
import { formatArgument, listArguments, serviceArgument } from '../arguments.js';
import { defineTool } from '../define.js';

export const input = z.strictObject({
  words: z.string().optional().describe('Words of titles, labels or types'),
  service: serviceArgument,
  source: listArguments.source,
  limit: z.int().min(1).max(50).default(10),
  format: formatArgument,
});

declare module '../../report/next.js' {
  interface ToolArguments {
    find_query_patterns: z.input<typeof input>;
  }
}

export const findQueryPatterns = defineTool({
  name: 'find_query_patterns',
  title: "The team's own queries",
  description:
    "The team's own profile queries, learned from Grafana dashboards and from calls that were followed up, as ready calls: " +
    'which types, labels and groupings they use, and what they call things. Use it for a word that is no service name. ' +
    'Not needed once service and type are known.',
  input,
  load: () => import('../find_query_patterns.js'),
});
