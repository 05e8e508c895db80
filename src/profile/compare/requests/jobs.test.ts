import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Stacks } from '../../../../test/support/contrast.js';
import { times } from '../../../../test/support/handlers.js';
import { findCulprit } from '../culprit.js';
import { findRequests } from './entries.js';
import { outgrewRequests, runsInJobs } from './jobs.js';
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

describe('what stands out next to jobs', () => {
  const service = ({
    show = 2000,
    encode = 600,
    save = 2000,
    job = 3000,
    log = 0,
    gc = 500,
  } = {}): Stacks => ({
    'runtime.serve wrap show read': show,
    'runtime.serve wrap show encode': encode,
    'runtime.serve wrap save write': save,
    'runtime.serve wrap save log': log / 2,
    'runtime.work zip pack': job,
    'runtime.work zip log': log,
    'runtime.gc': gc,
  });
  const outgrew = (before: Stacks, after: Stacks, name: string) => {
    const contrasted = contrast(before, after);
    return outgrewRequests(contrasted, findRequests(contrasted), findFunction(contrasted, name), 5);
  };
  const more = service({ show: 4000, encode: 1200, save: 4000 });

  test.each([
    { what: 'grew as all that requests do', name: 'encode', after: more, is: false },
    {
      what: 'grew by more',
      name: 'encode',
      after: { ...more, 'runtime.serve wrap show encode': 2400 },
      is: true,
    },
    { what: 'grew as a job', name: 'pack', after: service({ job: 6000 }), is: true },
    { what: 'is nearly all of what requests do', name: 'wrap', after: more, is: true },
  ])('outgrew the requests where it $what: $is', ({ name, after, is }) => {
    expect(outgrew(service(), after, name)).toBe(is);
  });

  test('what runs without own code tells nothing of the requests', () => {
    expect(outgrew(service(), { ...more, 'runtime.gc': 20_000 }, 'encode')).toBe(false);
    expect(outgrew(service({ gc: 20_000 }), more, 'encode')).toBe(false);
  });

  test('a function that jobs and requests share belongs to those that cost it more', () => {
    const [calm, grown] = [service({ log: 200 }), service({ log: 800 })];
    expect(outgrew(calm, grown, 'log')).toBe(true);
  });

  test.each([
    { before: 940, after: 960 },
    { before: 960, after: 940 },
  ])('a function that is nearly all on one side is not asked: %j', ({ before, after }) => {
    const side = (show: number): Stacks => ({
      'runtime.serve wrap show read': show,
      'runtime.serve wrap save write': 1000 - show,
      'runtime.work zip pack': 300,
    });
    // Jobs and kinds are those of a calm service with the same functions.
    const calm = contrast(side(500), side(500));
    const { jobs, points } = findRequests(calm);
    const sides = contrast(side(before), side(after));
    const requests = { ...findRequests(sides), jobs, points };
    expect(outgrewRequests(sides, requests, findFunction(sides, 'read'), 5)).toBe(true);
  });

  test('the first function of all may be a kind of requests', () => {
    const first = (show: number, job: number): Stacks => ({
      'runtime.serve wrap _ read': show,
      'runtime.serve wrap _ encode': show / 4,
      'runtime.serve wrap save write': show,
      'runtime.work zip pack': job,
    });
    expect(outgrew(first(2000, 3000), first(4000, 3000), 'encode')).toBe(false);
  });

  test('without jobs nothing is asked', () => {
    const one: Stacks = { 'runtime.serve show read': 500, 'runtime.serve save write': 500 };
    expect(outgrew(one, times(one, '', 2), 'read')).toBe(true);
  });

  test('what outgrew jobs alone is no culprit', () => {
    const find = (after: Stacks) => {
      const contrasted = contrast(service(), after);
      const culprit = findCulprit(contrasted, 5, undefined, findRequests(contrasted));
      return culprit && getName(contrasted, culprit.fn);
    };
    expect(find(more)).toBeNull();
    expect(find({ ...more, 'runtime.serve wrap show encode': 3600 })).toBe('encode');
  });
});
