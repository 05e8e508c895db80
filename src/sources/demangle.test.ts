import { describe, expect, test } from 'vitest';
import { nameDemangler } from './demangle.js';

describe('nameDemangler', () => {
  test.each([
    ['_ZN4acme9OrderBook6lookupERKNS_3KeyE', 'acme::OrderBook::lookup(acme::Key const&)'],
    ['__ZN4acme3runEv', 'acme::run()'],
    ['_ZNSt6vectorIiSaIiEE9push_backEOi', 'std::vector<int, std::allocator<int> >::push_back(int&&)'],
    ['_ZN3app5price5quote17h0123456789abcdefE', 'app::price::quote'],
    ['_RNvNtCs1234_3app5parse5items', 'app::parse::items'],
    ['_ZN4acme3runEv.isra.0', 'acme::run() [clone .isra.0]'],
  ])('%s is %s', (mangled, shown) => {
    expect(nameDemangler()(mangled)).toBe(shown);
  });

  test.each([
    'main',
    '',
    '_ZN',
    '_R',
    '_Zé',
    '__libc_start_main',
    '_Zone',
    '_RESULT',
    'java.lang._Z',
    '/app/_ZN4acme3runEv.js',
  ])('%j stays as it is', (name) => {
    expect(nameDemangler()(name)).toBe(name);
  });

  /** Each level repeats the one before twice. */
  const bomb = (levels: number) => {
    const ids = Array.from({ length: levels }, (_, level) => level.toString(36).toUpperCase());
    return `_Z1f1AIiE${ids.map((id) => `S_IS${id}_S${id}_E`).join('')}`;
  };

  test('a short name that stands for a very long one stays as it is', () => {
    expect(nameDemangler()(bomb(24))).toBe(bomb(24));
  });

  test('many long names of one profile do not add up', () => {
    const demangle = nameDemangler();
    const shown = Array.from({ length: 1000 }, () => demangle(bomb(9)));
    expect(shown[0]).not.toBe(bomb(9));
    expect(shown.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(10_000_000);
  });
});
