import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { buildProfile } from '../../../test/support/profiles.js';
import type { Profile } from '../model.js';
import { extendNames, type JoinedNames, joinNames } from './joined-names.js';

/** Names of the functions of each profile, as the joined list has them, and those of own frames. */
const readNames = ({ functions, functionOf, frames }: JoinedNames) =>
  functionOf.map((joinedOf, index) => {
    const name = (fn: number) => functions[fn]?.name;
    const { frameFunction, frameApplication } = frames[index] ?? { frameFunction: [], frameApplication: [] };
    return {
      functions: Array.from(joinedOf, name),
      frames: Array.from(frameFunction, name),
      own: Array.from(frameFunction, name).filter((_, frame) => frameApplication[frame] === 1),
    };
  });

describe('names that were joined before, with parts of the same time', () => {
  const WHOLE: Stacks = { 'main serve lib.scan': 5, 'main poll runtime.park': 3, 'main save': 1 };
  const parts = () => [
    profileFrom({ 'main poll runtime.park': 2 }),
    profileFrom({ 'main save': 1, 'main serve lib.scan': 4 }),
  ];

  test('the parts have the functions of the whole', () => {
    const known = joinNames([profileFrom(WHOLE)]);
    const extended = extendNames(known, parts());
    if (extended === null) throw new Error('all names are known');
    expect(extended.functions).toBe(known.functions);
    expect(readNames(extended)).toEqual(readNames(joinNames(parts())));
    expect(readNames(extended)[0]).toEqual({
      functions: parts()[0]?.functions.map(({ name }) => name),
      frames: ['main', 'poll', 'runtime.park'],
      own: ['main', 'poll'],
    });
  });

  test('a part that was joined before is in the next list, too, at its own place', () => {
    const known = joinNames([profileFrom(WHOLE)]);
    const [first, second] = parts();
    if (first === undefined || second === undefined) throw new Error('two parts');
    const before = extendNames(known, [first]);
    const extended = extendNames(known, [first, second, first]);
    expect(extended?.frames[0]).toBe(before?.frames[0]);
    expect(extended?.functionOf[2]).toBe(before?.functionOf[0]);
    expect(extended === null ? null : readNames(extended)).toEqual(
      readNames(joinNames([first, second, first].map((profile) => ({ ...profile })))),
    );
  });

  test('a part with a function that the whole lacks needs a join of its own', () => {
    const known = joinNames([profileFrom(WHOLE)]);
    expect(extendNames(known, [profileFrom({ 'main serve lib.scan': 1, 'main other': 1 })])).toBeNull();
  });
});

describe('where a function is placed', () => {
  const place = (file: string): Profile =>
    buildProfile([[{ name: 'Job.run', file, startLine: 1, line: 2 }], 1]);
  /** A profile that came from another thread, with texts of its own. */
  const copy = (profile: Profile): Profile => ({
    ...profile,
    functions: profile.functions.map((info) => ({ ...info })),
  });

  test('two profiles that place it alike outdo one, though they share no object', () => {
    const [once, again, other] = [place('/b.py'), copy(place('/b.py')), place('/a.py')];
    for (const order of [
      [once, again, other],
      [other, once, again],
    ])
      expect(joinNames(order).functions[0]?.file).toBe('/b.py');
  });

  test('a function that goes by a name of neither profile keeps one of its own', () => {
    const renaming = new Map(['a', 'b'].map((name) => [name, 'z']));
    const names = joinNames([profileFrom({ 'main a': 1 }), profileFrom({ 'main b': 1 })], renaming);
    expect(names.keys).toEqual(['main', 'z']);
    expect(names.functions.map(({ name }) => name)).toEqual(['main', 'a']);
  });
});

test('the configuration of own code is that of the first profile which has one', () => {
  const profile = profileFrom({ 'main lib.scan': 1 });
  const own = { patterns: ['^lib'] };
  const list = (...profiles: Profile[]) => {
    const { functions, application } = joinNames(profiles);
    return functions.map(({ name }) => name).filter((_, fn) => application[fn] === 1);
  };
  expect(list(profile)).toEqual(['main']);
  expect(list(profile, { ...profile, ownCode: own })).toEqual(['lib.scan', 'main']);
});

test('a function whose name alone says whose it is, is a guess', () => {
  const { functions, guessed } = joinNames([
    buildProfile([['tokio::runtime::task::poll', { name: 'shop::serve', file: '/src/shop/serve.rs' }], 1]),
  ]);
  const told = functions.map(({ name }, fn) => [name, guessed[fn]]);
  expect(Object.fromEntries(told)).toMatchObject({ 'tokio::runtime::task::poll': 1 });
});

test('a frame is own code where its function is, though another one of the same file is not', () => {
  const names = joinNames([
    buildProfile([['runtime.goexit', 'lib.listen', { name: 'shop.serve', file: '/src/shop/serve.go' }], 1]),
    buildProfile([['runtime.goexit', 'handle', 'shop.price'], 1]),
  ]);
  const own = names.functions.map(({ name }) => name).filter((_, fn) => names.application[fn] === 1);
  const frames = readNames(names).flatMap((profile) => profile.own);
  expect([...new Set(frames)].sort()).toEqual(own.sort());
  expect(own).toContain('shop.serve');
  expect(own).not.toContain('runtime.goexit');
});
