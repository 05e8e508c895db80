import { GUIDE_RESOURCE } from '../../src/mcp/serve-guide.js';
import { INCIDENT_WINDOW } from '../support/ask.js';
import { TOOL_CALLS } from '../support/tool-arguments.js';

const INCIDENT = { service: 'checkout-api', ...INCIDENT_WINDOW };

/** Everything that a client is told to ask, as JSON in its environment. */
export const CALLS = {
  call: { name: 'investigate', arguments: TOOL_CALLS.investigate?.arguments ?? {} },
  bad: { name: 'query_profile', arguments: { nope: 1 } },
  slow: { name: 'query_profile', arguments: { ...INCIDENT, profile_type: 'alloc' } },
  after: { name: 'list_services', arguments: INCIDENT_WINDOW },
  completion: { prompt: 'investigate-incident', argument: 'service', value: 'check' },
  resource: GUIDE_RESOURCE.uri,
  prompt: { name: 'investigate-incident', arguments: INCIDENT },
};
