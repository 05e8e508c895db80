import { describe, expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import { findRequests } from './entries.js';
import { runsInJobs } from './jobs.js';
import { isMixOfRequests } from './mix.js';

describe('next to jobs', () => {
  const calm: Stacks = {
    'runtime.serve wrap show read': 2000,
    'runtime.serve wrap save write': 2000,
    'runtime.serve wrap list scan': 2000,
    'runtime.work zip pack': 3000,
  };
  const isMix = (after: Stacks, name: string, before = calm) => {
    const contrasted = contrast(before, after);
    return isMixOfRequests(contrasted, findRequests(contrasted), findFunction(contrasted, name));
  };

  test('kinds of requests that vary explain one that grew as they did', () => {
    const varied = { ...calm, 'runtime.serve wrap show read': 4200, 'runtime.serve wrap save write': 4000 };
    expect(isMix(varied, 'read')).toBe(true);
    expect(isMix({ ...varied, 'runtime.work zip pack': 9000 }, 'read')).toBe(true);
  });

  test('a job that differs from the requests shows no mix of them', () => {
    const more = { 'runtime.serve wrap save write': 3000, 'runtime.serve wrap list scan': 3000 };
    expect(isMix({ ...calm, ...more, 'runtime.serve wrap show read': 4000 }, 'read')).toBe(false);
    // Without a caller of its own the job would be one more kind of requests.
    const oneServer = Object.fromEntries(
      Object.entries(calm).map(([stack, value]) => [
        stack.replace('runtime.work', 'runtime.serve wrap'),
        value,
      ]),
    );
    const after = { ...oneServer, ...more, 'runtime.serve wrap show read': 4000 };
    expect(isMix(after, 'read', oneServer)).toBe(true);
  });

  test.each([
    ['pack', true],
    ['zip', true],
    ['read', false],
    ['wrap', false],
    ['log', true],
    ['count', false],
  ])('%s runs in jobs: %s', (name, is) => {
    const sides = {
      ...calm,
      'runtime.serve wrap list log': 30,
      'runtime.work zip log': 70,
      'runtime.serve wrap list count': 31,
      'runtime.work zip count': 69,
    };
    const contrasted = contrast(sides, sides);
    expect(runsInJobs(contrasted, findRequests(contrasted), findFunction(contrasted, name))).toBe(is);
  });

  test('nothing runs in jobs where there are none', () => {
    const sides = { 'runtime.serve wrap': 50, 'runtime.serve zip': 50 };
    const contrasted = contrast(sides, sides);
    expect(runsInJobs(contrasted, findRequests(contrasted), findFunction(contrasted, 'zip'))).toBe(false);
  });
});
