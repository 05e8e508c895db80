import { absoluteWindow, recipe } from './recipe.js';

interface Given {
  service: string;
  from: string;
  to: string;
  symptom: string | undefined;
  source: string | undefined;
}

export function text({ service, from, to, symptom, source }: Given, now: number): string {
  const scope = { source, service };
  const { window, withBefore } = absoluteWindow(from, to, now);
  return recipe(
    'Find which code caused an incident.',
    [
      {
        call: { tool: 'investigate', arguments: { ...scope, ...window, symptom } },
        reading: [
          'Read the verdict, then finding 1: function, path, onset, label, confidence.',
          'code_regression, leak, contention: a function is to blame; go on with 2.',
          'load_increase: more work at the same cost each. Stop: look at traffic and callers.',
          'moved: the same cost under another name, not the cause. Stop.',
          'no_change, inconclusive: read "Not determined", then 3.',
        ],
      },
      {
        call: {
          tool: 'inspect_function',
          arguments: { ...scope, profile_type: 'TYPE', ...window, function: 'FUNCTION' },
        },
        reading: ['Ready in the "Next" line of 1. Callers, lines and labels must fit the finding. Stop.'],
      },
      {
        call: { tool: 'get_timeline', arguments: { ...scope, profile_type: 'cpu', ...withBefore } },
        reading: [
          'An onset or burst elsewhere: repeat 1 once with that window. Otherwise stop: profiles do not show the cause.',
        ],
      },
    ],
    'verdict and confidence, function with file and line, its caller, share before -> after, since when, which label value carries it',
  );
}
