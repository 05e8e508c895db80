import type { ToolName } from '../../src/report/next.js';
import { INCIDENT_WINDOW } from './ask.js';

const INCIDENT = { service: 'checkout-api', ...INCIDENT_WINDOW };

interface ToolCall {
  arguments: Readonly<Record<string, unknown>>;
  holds: string;
}

/**
 * A reasonable call of every tool against the demo incident, with a text that its answer must hold. A new
 * tool needs a row here: the end-to-end tests go through all of them.
 */
export const TOOL_CALLS: Readonly<Record<string, ToolCall>> = {
  compare_profiles: { arguments: { ...INCIDENT, profile_type: 'cpu' }, holds: 'coupon.loadPattern' },
  find_query_patterns: { arguments: {}, holds: 'query pattern' },
  investigate: { arguments: INCIDENT, holds: 'code_regression' },
  get_timeline: {
    arguments: { ...INCIDENT, from: '2026-11-20T14:00:00Z', profile_type: 'cpu' },
    holds: 'cpu rose from 385 ms to 525 ms per profile between 2026-11-20T14:28:05Z and 2026-11-20T14:35:34Z',
  },
  inspect_function: {
    arguments: { ...INCIDENT, profile_type: 'cpu', function: 'coupon.loadPattern' },
    holds: 'total 20.5% (860 ms) of cpu',
  },
  list_data_sources: { arguments: {}, holds: 'demo' },
  list_labels: { arguments: INCIDENT, holds: 'pod' },
  list_profile_types: { arguments: INCIDENT, holds: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds' },
  list_services: { arguments: INCIDENT_WINDOW, holds: 'checkout-api' },
  query_profile: {
    arguments: { ...INCIDENT, profile_type: 'cpu', view: 'tree', focus: 'coupon\\.loadPattern', limit: '40' },
    holds: 'northwind.dev/checkout/coupon.loadPattern',
  },
  summarize_profile: {
    arguments: { ...INCIDENT, profile_type: 'cpu' },
    holds: '20.5% of cpu goes through northwind.dev/checkout/coupon.loadPattern',
  },
} satisfies Record<ToolName, ToolCall>;
