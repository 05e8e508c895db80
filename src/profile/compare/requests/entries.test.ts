import { describe, expect, test } from 'vitest';
import {
  byName,
  contrast,
  findFunction,
  getName,
  profileFrom,
  type Sides,
  type Stacks,
} from '../../../../test/support/contrast.js';
import { HANDLERS as CALM, times } from '../../../../test/support/handlers.js';
import { listUniverses } from '../../contrast/contrast.js';
import { analyse } from '../analysis.js';
import { findCulprit } from '../culprit.js';
import { changedEntries, findRequests, NO_REQUESTS, sumRequests, withinEntry } from './entries.js';

function requests(before: Stacks, after: Stacks, sides: Sides = {}) {
  const contrasted = contrast(before, after, sides);
  return { contrasted, ...findRequests(contrasted) };
}

describe('requestsOf', () => {
  test('the outermost own frames, without the middleware around all of them', () => {
    const { contrasted, points } = requests(CALM, CALM);
    expect(points.map(({ fn }) => getName(contrasted, fn)).sort()).toEqual(['save', 'show']);
    expect(points.map(({ before, after }) => [before, after])).toEqual([
      [460, 460],
      [460, 460],
    ]);
  });

  test('a service with one way in has none to tell apart', () => {
    const one = {
      'runtime.serve access runtime.mux show lib.template': 400,
      'runtime.serve access show encode': 60,
    };
    expect(requests(one, one).points).toEqual([]);
  });

  test('handlers that own middleware around all requests calls itself', () => {
    const direct = Object.fromEntries(
      Object.entries(CALM).map(([stack, value]) => [stack.replace(' runtime.mux', ''), value]),
    );
    const { contrasted, points } = requests(direct, direct);
    expect(points.map(({ fn }) => getName(contrasted, fn)).sort()).toEqual(['save', 'show']);
  });

  test('costs are per profile', () => {
    const { points } = requests(CALM, times(CALM, 'serve', 3), { profiles: [1, 3] });
    expect(points.map(({ after }) => after)).toEqual([460, 460]);
  });
});

describe('the entry points that are looked at on their own', () => {
  /** Handlers that a framework calls, each with so much cost. */
  const handlers = (costs: Readonly<Record<string, number>>): Stacks =>
    Object.fromEntries(Object.entries(costs).map(([name, value]) => [`runtime.serve ${name}`, value]));
  const find = (before: Stacks, after: Stacks, sides: Sides = {}) => {
    const { contrasted, points } = requests(before, after, sides);
    return points.map(({ fn, ...point }) => ({ name: getName(contrasted, fn), ...point }));
  };

  test('with their cost per profile and their samples, the heaviest on either side first', () => {
    const [before, after] = [
      handlers({ show: 4_000, save: 1_000, list: 3_600, poll: 2_000 }),
      handlers({ show: 600, save: 10_500, list: 9_000, poll: 9_900 }),
    ];
    expect(find(before, after, { profiles: [10, 30], quantum: 50 })).toEqual([
      { name: 'show', before: 400, after: 20, samples: 92 },
      { name: 'list', before: 360, after: 300, samples: 252 },
      { name: 'save', before: 100, after: 350, samples: 230 },
      { name: 'poll', before: 200, after: 330, samples: 238 },
    ]);
  });

  test('of equal ones by their number', () => {
    const equal = handlers({ show: 100, save: 100, list: 100 });
    expect(find(equal, equal).map(({ name }) => name)).toEqual(['list', 'save', 'show']);
  });

  test('eight of them', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    const many = handlers(Object.fromEntries(names.map((name) => [name, 100])));
    expect(find(many, many).map(({ name }) => name)).toEqual(names.slice(0, 8));
  });

  test.each([
    { what: '4 % of what is served before', before: 40, after: 0, isFound: true },
    { what: '4 % of it after', before: 0, after: 40, isFound: true },
    { what: 'less than 4 % on both sides', before: 39, after: 39, isFound: false },
  ])('one with $what: $isFound', ({ before, after, isFound }) => {
    const side = (list: number) => handlers({ show: 500, save: 500 - list, list });
    const names = find(side(before), side(after)).map(({ name }) => name);
    expect(names.includes('list')).toBe(isFound);
  });

  test('the first function of all may be one', () => {
    const stacks = { 'all store': 50, 'runtime.serve show': 50 };
    expect(findFunction(contrast(stacks, stacks), 'all')).toBe(0);
    expect(find(stacks, stacks).map(({ name, samples }) => [name, samples])).toEqual([
      ['all', 100],
      ['show', 100],
    ]);
  });
});

describe('the entry point of each stack', () => {
  const nameEntries = (stacks: Stacks) => {
    const { contrasted, entryOfStack } = requests(stacks, stacks);
    const [before = [], after = []] = entryOfStack.map((entries) =>
      [...entries].map((entry) => getName(contrasted, entry < 0 ? null : entry)),
    );
    expect(after).toEqual(before);
    return Object.fromEntries(Object.keys(stacks).map((stack, at) => [stack, before[at]]));
  };

  test('its outermost own frame below the middleware', () => {
    expect(nameEntries(CALM)).toEqual({
      'runtime.serve access runtime.mux show lib.template': 'show',
      'runtime.serve access runtime.mux show encode': 'show',
      'runtime.serve access runtime.mux save validate': 'save',
      'runtime.serve access runtime.mux save decode': 'save',
      'runtime.serve': null,
      'runtime.gc': null,
    });
  });

  test('also where own middleware calls it; a step of the same work is none', () => {
    expect(
      nameEntries({
        'runtime.serve wrap list scan': 400,
        'runtime.serve wrap list': 60,
        'runtime.serve wrap poll scan': 500,
        'runtime.serve wrap': 10,
      }),
    ).toEqual({
      'runtime.serve wrap list scan': 'list',
      'runtime.serve wrap list': 'list',
      'runtime.serve wrap poll scan': 'poll',
      'runtime.serve wrap': null,
    });
  });
});

describe('own functions above nearly all own code', () => {
  const find = (before: Stacks, after: Stacks) => {
    const { contrasted, universal } = requests(before, after);
    return [...universal].map((fn) => getName(contrasted, fn)).sort();
  };
  /** An own function above so many of 1,000 samples of own code. */
  const above = (part: number): Stacks => ({
    'runtime.serve access show': part - 400,
    'runtime.serve access save': 400,
    'runtime.serve poll': 1_000 - part,
    'runtime.gc': 500,
  });

  test.each([
    { what: '90 % on both sides', before: 900, after: 900, universal: ['access'] },
    { what: 'less of it before', before: 899, after: 900, universal: [] },
    { what: 'less of it after', before: 900, after: 899, universal: [] },
    { what: 'all of it', before: 1_000, after: 1_000, universal: ['access'] },
  ])('$what', ({ before, after, universal }) => {
    expect(find(above(before), above(after))).toEqual(universal);
  });

  test('stacks in which none of its frames is own code do not count', () => {
    const contrasted = contrast(above(900), above(900));
    const access = findFunction(contrasted, 'access');
    const withBare = (value: number) => {
      const { costs } = contrasted.before;
      const bare = costs.bare.map((cost, fn) => (fn === access ? value : cost));
      return findRequests({ ...contrasted, before: { ...contrasted.before, costs: { ...costs, bare } } });
    };
    expect([...withBare(0).universal]).toEqual([access]);
    expect([...withBare(1).universal]).toEqual([]);
  });
});

describe('the entry points whose part of the cost of all requests changed', () => {
  const find = (before: Stacks, after: Stacks, sides: Sides = {}) => {
    const found = requests(before, after, sides);
    return changedEntries(found.contrasted, found)
      .map(({ fn }) => getName(found.contrasted, fn))
      .sort();
  };

  test.each([
    { what: 'none where nothing changed', after: CALM, changed: [] },
    { what: 'none where all of it rose', after: times(CALM, 'serve', 3), changed: [] },
    {
      what: 'both where one rose beside the other',
      after: times(CALM, ' save', 4),
      changed: ['save', 'show'],
    },
    {
      what: 'one that fell while another cost took its place',
      after: { ...times(CALM, ' show', 0.5), 'runtime.gc': 330 },
      changed: ['show'],
    },
  ])('$what', ({ after, changed }) => {
    expect(find(CALM, after)).toEqual(changed);
  });

  test.each<[string, (calm: Stacks) => Stacks, string[]]>([
    ['more load is none', (calm) => times(times(calm, ' list', 2), ' save', 2), []],
    ['its own fall is none', (calm) => times(calm, '<module> poll', 0.2), []],
    ['one kind that rose beside it', (calm) => times(calm, ' list', 3), ['list', 'save']],
  ])('next to the main module of a script, which is no request, %s', (_, change, changed) => {
    const calm: Stacks = { '<module> poll': 3_000, 'runtime.serve list': 3_000, 'runtime.serve save': 3_000 };
    expect(find(calm, change(calm))).toEqual(changed);
  });

  test('a job next to the requests is none of them, and no part of what they cost', () => {
    const calm: Stacks = {
      'runtime.serve list': 3_000,
      'runtime.serve save': 3_000,
      'sync.loop copy': 3_000,
    };
    const loaded = times(times(calm, ' list', 2), ' save', 2);
    const found = requests(calm, loaded, { profiles: [2, 3] });
    const jobs = new Set([findFunction(found.contrasted, 'copy')]);
    expect(changedEntries(found.contrasted, { ...found, jobs })).toEqual([]);
    expect(sumRequests(found.contrasted, { ...found, jobs })).toEqual([6_000, 12_000]);
  });

  /** Two handlers that share so many samples, so many hundredths of them more for the first. */
  const share = (samples: number, points = 0): Stacks => ({
    'runtime.serve save': (samples * (50 + points)) / 100,
    'runtime.serve show': (samples * (50 - points)) / 100,
  });
  test.each([
    { what: '3 points of 9,500 samples, 4.1 standard errors', samples: 9_500, points: 3, is: true },
    { what: '3 points of 8,000 samples, 3.8 standard errors', samples: 8_000, points: 3, is: false },
    { what: 'a fall by as much', samples: 9_500, points: -3, is: true },
    { what: '2.9 points, however sure', samples: 1_000_000, points: 2.9, is: false },
  ])('$what: $is', ({ samples, points, is }) => {
    const changed = is ? ['save', 'show'] : [];
    expect(find(share(samples), share(samples, points))).toEqual(changed);
    // Neither the number of profiles matters nor what a sample is worth.
    expect(find(share(samples), share(samples, points), { profiles: [5, 7] })).toEqual(changed);
    expect(find(share(10 * samples), share(10 * samples, points), { quantum: 10 })).toEqual(changed);
  });
});

describe('an analysis within one entry point', () => {
  const counted = (stacks: Stacks) => ({ profile: profileFrom(stacks), profiles: 2 });
  /** An analysis, and what is left of it within a function. */
  const analyseWithin = (name: string) => {
    const analysis = analyse({
      baseline: [counted(CALM), counted(CALM)],
      incident: [counted(times(CALM, ' save', 2))],
      slices: [counted(times(CALM, ' save', 3))],
      quantum: 1,
    });
    return { analysis, inside: withinEntry(analysis, findFunction(analysis, name)) };
  };

  test('the rest counts as nothing, and functions keep their numbers', () => {
    const { analysis, inside } = analyseWithin('save');
    expect(inside.joined.functions).toBe(analysis.joined.functions);
    const sides = [...inside.baseline, ...inside.incident, ...inside.slices];
    const costs = (factor: number) => ({
      'runtime.serve': 460 * factor,
      access: 460 * factor,
      'runtime.mux': 460 * factor,
      save: 460 * factor,
      validate: 400 * factor,
      decode: 60 * factor,
    });
    expect(sides.map((side) => byName(inside.joined, side.costs.totals))).toEqual([1, 1, 2, 3].map(costs));
    expect(sides.map((side) => [side.costs.total, side.costs.served])).toEqual(
      [460, 460, 920, 1_380].map((cost) => [cost, cost]),
    );
    expect(sides.map(({ profiles, part }) => [profiles, part])).toEqual(
      [0, 1, 2, 3].map((part) => [2, part]),
    );
    expect(inside.joined.parts.map(({ profile: { values } }) => [...values])).toEqual(
      [1, 1, 2, 3].map((factor) => [0, 0, 400 * factor, 60 * factor, 0, 0]),
    );
  });

  test('it has no entry points of its own, and all else stays', () => {
    const { analysis, inside } = analyseWithin('save');
    const { joined, baseline, incident, slices, requests, ...rest } = analysis;
    expect(inside).toMatchObject(rest);
    expect(inside.requests).toBe(NO_REQUESTS);
    expect(requests.points).toHaveLength(2);
    // The analysis that it was made of is as it was.
    expect(joined.parts[0]?.profile.values).toEqual(Float64Array.of(400, 60, 400, 60, 80, 100));
    expect([baseline, incident, slices].map((side) => side[0]?.costs.total)).toEqual([1_100, 1_560, 2_020]);
  });

  test('nothing is left within a function that is no entry point', () => {
    const { inside } = analyseWithin('validate');
    expect([...inside.baseline, ...inside.incident].map(({ costs }) => costs.total)).toEqual([0, 0, 0]);
  });
});

describe('universesOf', () => {
  const GATE = 4.1;
  const culprits = (before: Stacks, after: Stacks) => {
    const contrasted = contrast(before, after);
    return listUniverses(contrasted).map((universe) =>
      getName(contrasted, findCulprit(contrasted, GATE, universe)?.fn),
    );
  };

  test('own code first, then own code among all that is served, then libraries, then all', () => {
    const contrasted = contrast(CALM, CALM);
    expect(listUniverses(contrasted).map(({ population }) => population)).toEqual([
      'application',
      'served',
      'served',
      'total',
    ]);
  });

  test('a library without any own frame below the middleware is named in the third of them', () => {
    const after = { ...CALM, 'runtime.serve access lib.cors': 300 };
    expect(culprits(CALM, after)).toEqual([null, null, 'lib.cors', null]);
  });

  test('more load is no growth beside a framework that costs the same at any load', () => {
    const idle = { ...CALM, 'runtime.serve': 2000 };
    expect(culprits(idle, times(idle, 'access', 3))).toEqual([null, null, null, null]);
  });
});
