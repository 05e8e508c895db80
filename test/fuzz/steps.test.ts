import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { askerIn, createEnvironment } from '../support/ask.js';
import { countSteps, MAX_COMPARISON, MAX_COMPILED, type Steps } from './steps.js';
import { filtering, filterLightly, fullCall, instancesSource, MAX_FILTERING } from './targets/numbers.js';

// A bound that no input comes near is no bound.

const findMax = (steps: readonly Steps[], name: keyof Steps) => Math.max(...steps.map((each) => each[name]));

describe('what is given to the tools comes near the limit of', () => {
  test('selectors and their comparisons', async () => {
    const source = instancesSource();
    onTestFinished(() => source.close());
    const ask = askerIn(createEnvironment([source]));
    const steps: Steps[] = [];
    for (const { tool, args } of fc.sample(fullCall, { numRuns: 250, seed: 1 }))
      steps.push(await countSteps(args, () => ask(tool, args)));
    expect(findMax(steps, 'compiled')).toBeGreaterThan(0.9 * MAX_COMPILED.selector);
    expect(findMax(steps, 'comparison')).toBeGreaterThan(0.8 * MAX_COMPARISON);
  });

  test('filters', async () => {
    const steps: Steps[] = [];
    for (const input of fc.sample(filtering, { numRuns: 1_000, seed: 1 }))
      steps.push(await filterLightly(input));
    expect(findMax(steps, 'compiled')).toBeGreaterThan(0.8 * MAX_COMPILED.focus);
    expect(findMax(steps, 'filtering')).toBeGreaterThan(0.7 * MAX_FILTERING);
  });
});
