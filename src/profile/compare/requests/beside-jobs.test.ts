import { describe, expect, test } from 'vitest';
import { analyseParts } from '../../../../test/support/calm-service.js';
import { contrast, getName, goFrame, type Stacks } from '../../../../test/support/contrast.js';
import { buildProfile } from '../../../../test/support/profiles.js';
import type { Profile } from '../../model.js';
import { findRequests } from './entries.js';

const names = (text: string) => (text === '' ? [] : text.split(' ').map(goFrame));

/** Samples of a handler: of kinds that a library or own code calls, and of its own. */
interface Calls {
  entered?: number;
  own?: number;
  itself?: number;
}

/** Samples of one side of a service; the handler has 100. */
interface Shop {
  job?: number;
  /** Callers of the job, from the outermost on. */
  jobBelow?: string;
  handler?: string;
  handlerBelow?: string;
  /** Functions between the handler and `gate`, which calls both kinds. */
  above?: string;
  /** Functions between `gate` and the kinds. */
  between?: string;
  /** Samples that reach `save` from the handler itself. */
  direct?: number;
  /** Samples of `save`, those that reach it directly among them. */
  save?: number;
  /** Samples of the handler's that reach no other own function. */
  itself?: number;
}

function shop({ job = 30, direct = 0, save = 50, itself = 0, ...rest }: Shop = {}): Profile {
  const { handler = 'wrap', handlerBelow = 'runtime.serve', jobBelow = 'runtime.work' } = rest;
  const { above = '', between = '' } = rest;
  const wrap = names(`${handlerBelow} ${handler}`.trim());
  const gate = [...wrap, ...names(above), goFrame('gate'), ...names(between)];
  const stacks = [
    [[...gate, goFrame('show')], 100 - save - itself],
    [[...gate, goFrame('save')], save - direct],
    [[...wrap, goFrame('save')], direct],
    [wrap, itself],
    [[...names(jobBelow), goFrame('zip')], job],
    [[goFrame('runtime.gc')], 7],
  ] as const;
  return buildProfile(...stacks.filter(([, value]) => value > 0));
}

const find = (before: Profile, after = before) => {
  const contrasted = contrast(before, after);
  const { points, universal, jobs } = findRequests(contrasted);
  const sort = (fns: Iterable<number>) => [...fns].map((fn) => getName(contrasted, fn)).sort();
  return { points: sort(points.map(({ fn }) => fn)), universal: sort(universal), jobs: sort(jobs) };
};
const KINDS = { points: ['save', 'show', 'zip'], universal: ['gate', 'wrap'], jobs: ['zip'] };
const ONE_KIND = { points: ['wrap', 'zip'], universal: [], jobs: [] };

describe('a handler next to which jobs run has several kinds of requests inside', () => {
  test.each<{ what: string; sides: Shop; is: Partial<typeof KINDS> }>([
    { what: 'as a rule', sides: {}, is: KINDS },
    {
      what: 'where a library stands between',
      sides: { above: 'runtime.mux', between: 'runtime.mux' },
      is: KINDS,
    },
    { what: 'where a lambda hands the calls on', sides: { between: 'Shop$$Lambda' }, is: KINDS },
    { what: 'where the job costs more', sides: { job: 233 }, is: KINDS },
    { what: 'not where the job costs far more', sides: { job: 234 }, is: ONE_KIND },
    {
      what: 'not where the server calls the job as well',
      sides: { jobBelow: 'runtime.serve' },
      is: ONE_KIND,
    },
    { what: 'where nothing calls it', sides: { handlerBelow: '' }, is: KINDS },
    { what: 'where nothing calls the job', sides: { jobBelow: '' }, is: KINDS },
    { what: 'not where nothing calls either', sides: { handlerBelow: '', jobBelow: '' }, is: ONE_KIND },
    {
      what: 'below own code that calls all',
      sides: { handlerBelow: 'main runtime.serve', jobBelow: 'main runtime.work' },
      is: { ...KINDS, universal: ['gate', 'main', 'wrap'] },
    },
    {
      what: 'where it is the first function of all',
      sides: { handler: '_' },
      is: { ...KINDS, universal: ['_', 'gate'] },
    },
    {
      what: 'not where it is the first of all and the server calls the job as well',
      sides: { handler: '_', jobBelow: 'runtime.serve' },
      is: { ...ONE_KIND, points: ['_', 'zip'] },
    },
    { what: 'where a tenth of it reaches them another way', sides: { direct: 10 }, is: KINDS },
    {
      what: 'with a step that more than nine tenths do not take as one of them',
      sides: { direct: 11 },
      is: { points: ['gate', 'save', 'zip'], universal: ['wrap'], jobs: ['zip'] },
    },
    { what: 'not where there is one only', sides: { save: 0 }, is: ONE_KIND },
    { what: 'not where there is one next to its own cost', sides: { save: 0, itself: 40 }, is: ONE_KIND },
  ])('$what', ({ sides, is }) => {
    expect(find(shop(sides))).toEqual(is);
  });

  test('next to jobs that are too small to be kinds themselves', () => {
    const jobs = ['mail', 'purge', 'sync', 'warm', 'zip'];
    const side = buildProfile(
      [names('runtime.serve wrap gate show'), 50],
      [names('runtime.serve wrap gate save'), 45],
      ...jobs.map((job) => [names(`runtime.work ${job}`), 3] as const),
    );
    expect(find(side)).toEqual({ points: ['save', 'show'], universal: ['gate', 'wrap'], jobs });
  });

  test('if it is large on both sides, and the middleware is the same on both', () => {
    expect(find(shop(), shop({ job: 234 }))).toEqual(ONE_KIND);
    expect(find(shop({ job: 234 }), shop())).toEqual(ONE_KIND);
    const differ = { points: ['gate', 'save', 'zip'], universal: ['wrap'], jobs: ['zip'] };
    expect(find(shop(), shop({ direct: 11 }))).toEqual(differ);
    expect(find(shop({ direct: 11 }), shop())).toEqual(differ);
  });

  test('if it was there before, and is still', () => {
    const other = buildProfile([names('runtime.serve'), 100]);
    const is = { ...ONE_KIND, points: ['wrap', 'zip'] };
    expect(find(other, shop())).toEqual(is);
    expect(find(shop(), other)).toEqual(is);
  });

  test('of which one that is called twice in a stack counts once', () => {
    const side = buildProfile(
      [names('runtime.serve wrap gate gate show'), 50],
      [names('runtime.serve wrap save'), 50],
      [names('runtime.work zip'), 30],
    );
    expect(find(side)).toEqual({ points: ['gate', 'save', 'zip'], universal: ['wrap'], jobs: ['zip'] });
  });

  test('and what else reaches its middleware is no part of it', () => {
    const side = buildProfile(
      [names('runtime.serve wrap gate show'), 80],
      [names('runtime.serve wrap save'), 20],
      [names('runtime.tick gate show'), 20],
      [names('runtime.work zip'), 30],
    );
    const is = { points: ['gate', 'save', 'zip'], universal: ['wrap'], jobs: ['gate', 'zip'] };
    expect(find(side)).toEqual(is);
  });

  test('if two of them are no trifles', () => {
    const sides = (save: number) =>
      buildProfile(
        ...['a', 'b', 'c', 'd'].map((name) => [names(`runtime.serve wrap ${name}`), 3] as const),
        [names('runtime.serve wrap save'), save],
        [names('runtime.serve wrap show'), 88 - save],
        [names('runtime.work zip'), 30],
      );
    expect(find(sides(6))).toEqual({ ...KINDS, universal: ['wrap'] });
    expect(find(sides(5))).toEqual(ONE_KIND);
  });

  test('if two of them are no trifles, however many stacks they are', () => {
    const list = (name: string) =>
      Array.from({ length: 25 }, (_, at) => [names(`runtime.serve wrap ${name} ${name}${at}`), 2] as const);
    const side = buildProfile(...list('show'), ...list('save'), [names('runtime.work zip'), 30]);
    expect(find(side)).toEqual({ ...KINDS, universal: ['wrap'] });
  });

  test('if none of its two callers calls the job, too', () => {
    const sides = (jobBelow: string) =>
      buildProfile(
        [names('runtime.serve wrap gate show'), 50],
        [names('runtime.accept wrap gate save'), 45],
        [names(`${jobBelow} zip`), 40],
      );
    expect(find(sides('runtime.work'))).toEqual(KINDS);
    expect(find(sides('runtime.accept'))).toEqual(ONE_KIND);
  });

  test.each([
    { what: 'one line of own code leads to both', line: 4, between: '', is: KINDS },
    { what: 'own code calls each from a line of its own', line: 5, between: '', is: ONE_KIND },
    { what: 'a library calls them', line: 5, between: 'runtime.mux', is: KINDS },
  ])('where $what', ({ line, between, is }) => {
    const at = (name: string, of: number) => ({ name, file: `/src/shop/${name}.go`, line: of });
    const wrap = [goFrame('runtime.serve'), at('wrap', 9)];
    const show = [...wrap, at('gate', 4), ...names(between), goFrame('show')];
    // Functions with two callees each, called from lines of their own, tell that lines are those of calls.
    const steps = ['f', 'g', 'h'].flatMap((caller) =>
      [20, 21].map((each) => [[...show, at(caller, each), goFrame(`c${each}`)], 1] as const),
    );
    const side = buildProfile(
      [show, 44],
      ...steps,
      [[...wrap, at('gate', line), ...names(between), goFrame('save')], 50],
      [names('runtime.work zip'), 30],
    );
    expect(find(side)).toEqual(is);
  });

  describe('that own code calls as steps, from lines of their own', () => {
    const at = (name: string, of: number) => ({ name, file: `/src/shop/${name}.go`, line: of });
    // Functions with two callees each, called from lines of their own, tell that lines are those of calls.
    const steps = ['f', 'g', 'h'].flatMap((caller) =>
      [20, 21].map((each) => [[...names('runtime.tick'), at(caller, each), goFrame(`c${each}`)], 1] as const),
    );
    const wrap = [goFrame('runtime.serve'), at('wrap', 9)];
    const mux = [...wrap, at('gate', 4), goFrame('runtime.mux')];
    const job = [names('runtime.work zip'), 30] as const;

    const side = ({ entered = 0, own = 100 - entered, itself = 0 }: Calls) =>
      buildProfile(
        ...([[[...mux, goFrame('show')], entered]] as const).filter(([, value]) => value > 0),
        [[...wrap, at('gate', 5), goFrame('show')], own / 2],
        [[...wrap, at('gate', 6), goFrame('save')], own / 2],
        ...([[[...wrap, at('gate', 7)], itself]] as const).filter(([, value]) => value > 0),
        ...steps,
        job,
      );

    test.each([
      { what: 'none', sides: {}, are: false },
      { what: 'less than half', sides: { entered: 49 }, are: false },
      { what: 'half', sides: { entered: 50 }, are: true },
      {
        what: 'less than half next to its own cost',
        sides: { entered: 40, own: 20, itself: 40 },
        are: false,
      },
    ])('are kinds if a library calls half of them: $what', ({ sides, are }) => {
      expect(find(side(sides)).points.includes('show')).toBe(are);
    });

    /** A handler whose steps are nearly all that requests do, next to another one of some samples. */
    const dominated = (status: number, others: readonly (readonly [string, number])[] = []) =>
      buildProfile(
        [[...wrap, goFrame('runtime.mux'), at('order', 5), goFrame('read')], 60],
        [[...wrap, goFrame('runtime.mux'), at('order', 7), goFrame('scan')], 29],
        [[...wrap, goFrame('runtime.mux'), at('order', 6), goFrame('write')], 2],
        ...others.map(([name, value]) => [[...wrap, goFrame(name)], value] as const),
        [[...wrap, goFrame('runtime.mux'), goFrame('status')], status],
        ...steps,
        job,
      );

    test.each([
      { what: 'a handler with nearly all', before: 6, after: 6, are: ['order', 'status', 'zip'] },
      {
        what: 'one with all but few, on one side only',
        before: 6,
        after: 1,
        are: ['order', 'status', 'zip'],
      },
      { what: 'one with all but few, on the other', before: 1, after: 6, are: ['order', 'status', 'zip'] },
      { what: 'no handler where the others are trifles', before: 3, after: 3, are: ['wrap', 'zip'] },
    ])('and inside $what of the requests there are none: it is one', ({ before, after, are }) => {
      expect(find(dominated(before), dominated(after)).points).toEqual(are);
    });

    test('and the function that takes most of the steps is the handler', () => {
      // Its last stack costs less than the step of the middleware.
      expect(find(dominated(6, [['audit', 3]])).points).toEqual(['order', 'status', 'zip']);
    });

    test('of which none is told where all code takes them', () => {
      const run = (line: number) => [at('run', line), goFrame('runtime.mux')];
      const side = buildProfile(
        [[...names('runtime.serve wrap'), at('run', 5), goFrame('show')], 50],
        [[...names('runtime.serve wrap'), at('run', 6), goFrame('save')], 50],
        [[...names('runtime.work zip'), ...run(7), goFrame('pack')], 30],
        ...steps,
      );
      expect(find(side)).toMatchObject({ points: ['wrap', 'zip'], universal: ['run'] });
    });

    test('and if it does so on both sides', () => {
      expect(find(side({ entered: 50 }), side({})).points).not.toContain('show');
      expect(find(side({}), side({ entered: 50 })).points).not.toContain('show');
    });

    test('whatever else reaches them', () => {
      const besides = [
        [...names('runtime.tick'), at('gate', 4), goFrame('runtime.mux'), goFrame('show')],
        60,
      ];
      const own = [
        [[...wrap, at('gate', 5), goFrame('show')], 50],
        [[...wrap, at('gate', 6), goFrame('save')], 50],
      ] as const;
      const all = buildProfile(...own, besides as [ReturnType<typeof names>, number], ...steps, job);
      expect(find(all).points).not.toContain('show');
    });
  });

  test('and what the handler costs itself belongs to none, nor to the stack before', () => {
    const side = buildProfile(
      [names('runtime.serve wrap gate show'), 60],
      [names('runtime.work zip'), 30],
      [names('runtime.serve wrap gate'), 40],
    );
    expect(find(side)).toEqual(ONE_KIND);
  });

  test('if the server does not call the job, which comes first', () => {
    const side = buildProfile(
      [names('runtime.serve zip'), 40],
      [names('runtime.serve wrap gate show'), 50],
      [names('runtime.serve wrap gate save'), 45],
    );
    expect(find(side)).toEqual(ONE_KIND);
  });

  test('if nothing calls the job, and what calls the handler is the first function of all', () => {
    const side = buildProfile(
      [names('runtime.0 wrap show'), 50],
      [names('runtime.0 wrap save'), 45],
      [names('zip'), 40],
    );
    expect(contrast(side, side).joined.functions[0]?.name).toBe('runtime.0');
    expect(find(side)).toEqual({ ...KINDS, universal: ['wrap'] });
  });

  test('if no lambda hands the calls on of one library to it and to the job', () => {
    const sides = (jobBelow: string) =>
      buildProfile(
        [names('runtime.serve Web$$Lambda wrap gate show'), 50],
        [names('runtime.serve Web$$Lambda wrap gate save'), 45],
        [names(`${jobBelow} Job$$Lambda zip`), 40],
      );
    expect(find(sides('runtime.work'))).toEqual(KINDS);
    expect(find(sides('runtime.serve'))).toEqual(ONE_KIND);
  });

  test('and later contrasts of the same functions are divided as the first one, where it is there at all', () => {
    const first = contrast(shop(), shop());
    const listJobs = (before: readonly number[], after: readonly number[]) => {
      const later = {
        ...first,
        before: { ...first.before, parts: before },
        after: { ...first.after, parts: after },
      };
      return [...findRequests(later).jobs].map((fn) => getName(first, fn));
    };
    expect(listJobs([0], [1])).toEqual(['zip']);
    expect(listJobs([], [1])).toEqual(['zip']);
    expect(listJobs([], [])).toEqual([]);
  });

  test('also where slices of the fleet are on neither side', () => {
    const side: Stacks = {
      'runtime.serve wrap gate show': 50,
      'runtime.serve wrap gate save': 45,
      'runtime.work zip': 40,
    };
    const analysed = analyseParts({ baseline: [side, side], incident: [side, side], slices: [side] });
    expect([...analysed.requests.jobs].map((fn) => getName(analysed, fn))).toEqual(['zip']);
  });

  test.each([
    { wrap: [60, 45], run: [40, 50], jobs: ['run'] },
    { wrap: [60, 40], run: [50, 60], jobs: ['wrap'] },
    { wrap: [45, 60], run: [50, 40], jobs: ['run'] },
    { wrap: [40, 60], run: [60, 50], jobs: ['wrap'] },
  ])('and the largest on both sides is taken: %j', ({ wrap, run, jobs }) => {
    const side = (at: number) =>
      buildProfile(
        ...['show', 'save'].map((name) => [names(`runtime.serve wrap ${name}`), wrap[at] ?? 0] as const),
        ...['zip', 'pack'].map((name) => [names(`runtime.work run ${name}`), run[at] ?? 0] as const),
      );
    expect(find(side(0), side(1)).jobs).toEqual(jobs);
  });

  test('and the largest that has some is taken', () => {
    const sides = (zip: string, value: number) =>
      buildProfile(
        [names('runtime.serve wrap gate show'), 50],
        [names('runtime.serve wrap gate save'), 45],
        [names(`runtime.work run ${zip}`), value],
        [names('runtime.work run pack'), value],
      );
    expect(find(sides('pack', 60))).toEqual({ ...KINDS, points: ['run', 'save', 'show'], jobs: ['run'] });
    expect(find(sides('zip', 60))).toEqual({
      points: ['pack', 'wrap', 'zip'],
      universal: ['run'],
      jobs: ['wrap'],
    });
    expect(find(sides('zip', 47))).toEqual({ ...KINDS, points: ['run', 'save', 'show'], jobs: ['run'] });
  });
});
