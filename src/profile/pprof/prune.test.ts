import { Profile as Pprof, StringTable } from 'pprof-format';
import { describe, expect, test } from 'vitest';
import { listStacks } from '../../../test/support/profiles.js';
import { decodePprof, pprofToProfile } from './pprof.js';
import { pruneFrames } from './prune.js';

/** Stacks as lists of locations, entry point first; a location is its lines, the outermost first. */
function prunedStacks(stacks: readonly (readonly string[][])[], drop: string, keep = '') {
  const strings = new StringTable();
  const text = (string: string) => strings.dedup(string);
  const names = [...new Set(stacks.flat(2))];
  const locations = [...new Map(stacks.flat().map((lines) => [lines.join(), lines])).values()];
  const bytes = new Pprof({
    sampleType: [{ type: text('space'), unit: text('bytes') }],
    function: names.map((name, at) => ({ id: at + 1, name: text(name) })),
    location: locations.map((lines, at) => ({
      id: at + 1,
      line: lines.toReversed().map((name) => ({ functionId: names.indexOf(name) + 1, line: 1 })),
    })),
    sample: stacks.map((stack) => ({
      locationId: stack
        .map((lines) => locations.findIndex((other) => other.join() === lines.join()) + 1)
        .reverse(),
      value: [1],
    })),
    dropFrames: text(drop),
    keepFrames: text(keep),
    stringTable: strings,
  }).encode();
  const { file, refused } = pruneFrames(decodePprof(bytes));
  return { stacks: listStacks(pprofToProfile(file)).map(([frames]) => frames.join(' ')), refused };
}

const each = (...names: string[]) => names.map((name) => [name]);

// The expected stacks are those that `go tool pprof -traces` shows of the same files.
describe('drop_frames and keep_frames', () => {
  test('take what lies below the outermost match, and it', () => {
    const { stacks } = prunedStacks(
      [each('main', 'put', 'operator new', 'malloc'), each('main', 'read', 'malloc')],
      'operator new|malloc',
    );
    expect(stacks).toEqual(['main put', 'main read']);
  });

  test('match whole names only, without the argument list and a leading dot', () => {
    const { stacks } = prunedStacks(
      [
        each('main', 'mallocator'),
        each('main', 'malloc(unsigned long)'),
        each('main', '.malloc'),
        each('main', '(anonymous namespace)::alloc(int)'),
        each('main', 'Pool::operator()(int)'),
      ],
      'malloc|\\(anonymous namespace\\)::alloc|Pool::operator\\(\\)',
    );
    expect(stacks).toEqual(['main mallocator', 'main', 'main', 'main', 'main']);
  });

  test('keep_frames wins', () => {
    expect(prunedStacks([each('main', 'my_malloc', 'x')], '.*malloc', 'my_.*').stacks).toEqual([
      'main my_malloc x',
    ]);
  });

  test('what stands before the first other frame stays, so that no stack is emptied', () => {
    expect(
      prunedStacks([each('malloc', 'malloc'), each('malloc', 'main', 'malloc', 'x')], 'malloc').stacks,
    ).toEqual(['malloc malloc', 'malloc main']);
  });

  test('of an inlined location the outer functions stay', () => {
    expect(prunedStacks([[['main'], ['put', 'malloc', 'slow']]], 'malloc').stacks).toEqual(['main put']);
  });

  test.each([
    ['(', /parenthesis|\)/],
    ['(?=a)b', /./],
    ['a'.repeat(5_000), /longer than 4000 characters/],
    ['(?:a{100}){100}', /steps/],
  ])('a pattern that RE2 does not take, or a large one, is refused: %j', (pattern, reason) => {
    const { stacks, refused } = prunedStacks([each('main', 'malloc')], pattern);
    expect(stacks).toEqual(['main malloc']);
    expect(refused).toMatch(reason);
  });
});
