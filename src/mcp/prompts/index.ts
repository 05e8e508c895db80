import { definePrompt, type Prompt } from './define.js';

const service = { description: 'Exact service_name', required: true, names: 'service' } as const;
const source = {
  description: 'Data source; default: the first enabled',
  names: 'source',
} as const;
const TIME = 'RFC 3339 with zone, epoch ms or now-1h';

/** Every prompt; the list is the same on every connection. */
export const PROMPTS: readonly Prompt[] = [
  definePrompt({
    name: 'compare-deploys',
    title: 'What did this deploy change?',
    description: 'Recipe: what a deploy changed in the cost of code, by its time or by two versions.',
    arguments: {
      service,
      deployed_at: { description: `When it was deployed: ${TIME}` },
      version: { description: 'The new version; with previous_version' },
      previous_version: { description: 'The version before' },
      profile_type: { description: 'cpu, alloc, inuse, …; default: cpu', names: 'profile_type' },
      source,
    },
    load: () => import('./compare-deploys.js'),
  }),
  definePrompt({
    name: 'find-memory-leak',
    title: 'Who leaks memory?',
    description: 'Recipe: whether memory or goroutines leak or only fill up, and which code is to blame.',
    arguments: {
      service,
      from: { description: `Begin, well before the growth: ${TIME}; default: now-1h` },
      to: { description: 'End, like from; default: now' },
      source,
    },
    load: () => import('./find-memory-leak.js'),
  }),
  definePrompt({
    name: 'investigate-incident',
    title: 'Which code caused the incident?',
    description: 'Recipe: from the window of an incident to the code that caused it, or to its acquittal.',
    arguments: {
      service,
      from: { description: `Begin of the incident: ${TIME}`, required: true },
      to: { description: 'Its end, like from', required: true },
      symptom: { description: 'What was noticed: latency, memory, CPU …' },
      source,
    },
    load: () => import('./investigate-incident.js'),
  }),
];
