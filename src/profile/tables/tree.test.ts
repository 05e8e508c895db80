import { describe, expect, test } from 'vitest';
import { buildProfile } from '../../../test/support/profiles.js';
import type { Profile } from '../model.js';
import { callTreeRows } from './tree.js';

function rows(profile: Profile, options: { limit: number; pathDepth?: number; keep?: RegExp }) {
  const { limit, pathDepth = 0, keep = /^$/ } = options;
  const name = (id: number) => profile.functions[id]?.name ?? '';
  return callTreeRows(profile, { limit, pathDepth, keep: (id) => keep.test(name(id)) }).map((row) => ({
    ...row,
    functionId: name(row.functionId),
  }));
}
const shown = (all: ReturnType<typeof rows>) =>
  all.map(
    ({ functionId, depth, folded }) => `${'  '.repeat(depth)}${functionId}${folded > 0 ? ` +${folded}` : ''}`,
  );

describe('callTreeRows', () => {
  const profile = buildProfile(
    [['main', 'serve', 'list', 'query'], 50],
    [['main', 'serve', 'list', 'render'], 20],
    [['main', 'serve', 'show'], 20],
    [['gc', 'sweep'], 10],
  );

  test('gives the tree as it is read, heaviest child first', () => {
    expect(shown(rows(profile, { limit: 20, keep: /./ }))).toEqual([
      'main',
      '  serve',
      '    list',
      '      query',
      '      render',
      '    show',
      'gc',
      '  sweep',
    ]);
  });

  test('folds frames that only hand on their cost, but those to keep', () => {
    const chain = buildProfile(
      [['main', 'accept', 'dispatch', 'serve', 'list'], 60],
      [['main', 'accept', 'dispatch', 'serve', 'show'], 40],
    );
    expect(shown(rows(chain, { limit: 20 }))).toEqual(['main +2', '  serve', '    list', '    show']);
    expect(shown(rows(chain, { limit: 20, keep: /dispatch/ }))).toEqual([
      'main +1',
      '  dispatch',
      '    serve',
      '      list',
      '      show',
    ]);
  });

  test('says what is left out: how many children and their sum', () => {
    const all = rows(profile, { limit: 3, keep: /./ });
    expect(shown(all)).toEqual(['main', '  serve', '    list']);
    expect(all[1]?.hidden).toEqual({ count: 1, total: 20 });
    expect(all[2]?.hidden).toEqual({ count: 2, total: 70 });
  });

  test('never drops the hottest path, however deep', () => {
    const deep = Array.from({ length: 30 }, (_, index) => `f${index}`);
    const wide = Array.from({ length: 30 }, (_, index): [string[], number] => [['main', `w${index}`], 3]);
    const path = shown(
      rows(buildProfile([['main', ...deep], 5], ...wide), { limit: 31, pathDepth: 31, keep: /./ }),
    );
    expect(path).toHaveLength(31);
    expect(path.at(-1)?.trim()).toBe('f29');
  });

  test('a profile without stacks has no rows', () => {
    expect(rows(buildProfile(), { limit: 5 })).toEqual([]);
  });
});
