import { absoluteWindow, recipe } from './recipe.js';

interface Given {
  service: string;
  from: string | undefined;
  to: string | undefined;
  source: string | undefined;
}

export function text({ service, from = 'now-1h', to = 'now', source }: Given, now: number): string {
  const scope = { source, service };
  const { window } = absoluteWindow(from, to, now);
  return recipe(
    'Find out whether a service leaks, and which code is to blame.',
    [
      {
        call: { tool: 'get_timeline', arguments: { ...scope, profile_type: 'inuse', ...window } },
        reading: [
          'Still climbing at the end: go on. A ramp, then a plateau: warm-up or a cache; report that and stop.',
          'The service emits no inuse: ask for goroutines instead.',
        ],
      },
      {
        call: { tool: 'investigate', arguments: { ...scope, ...window, symptom: 'memory leak' } },
        reading: [
          'leak: finding 1 holds the growth; its type is inuse or goroutines. Go on with 3.',
          'code_regression of alloc: garbage, freed again, not a leak. Report that.',
          'no_change: begin at the onset of 1 and repeat once. Then stop: no leak shows.',
        ],
      },
      {
        call: {
          tool: 'inspect_function',
          arguments: { ...scope, profile_type: 'TYPE', ...window, function: 'FUNCTION' },
        },
        reading: [
          'inuse names who allocated what still lives, not who keeps it: look in the callers for what is never emptied.',
          'goroutines: the path names where they wait for good.',
        ],
      },
    ],
    'leak or not, growth in bytes or goroutines, function with file and line, the path to it, since when, on which pods',
  );
}
