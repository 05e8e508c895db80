import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildProfile, type TestFrame } from '../../../test/support/profiles.js';
import type { Profile } from '../model.js';
import { type FunctionTarget, findFunction, lookupText, textOfFunction } from './find-function.js';

/** Every name as a stack of its own, the first the heaviest. */
function holding(...frames: readonly TestFrame[]): Profile {
  return buildProfile(...frames.map((frame, at) => [[frame], 100 - at] as const));
}

/** Names of what is found: one, or the candidates. */
function lookedUp(profile: Profile, text: string): string | string[] {
  const lookup = findFunction(profile, text);
  if (lookup === 'unknown') return lookup;
  return 'target' in lookup ? lookup.target.info.name : lookup.candidates.map(({ info }) => info.name);
}

function defineTarget(profile: Profile, text: string): FunctionTarget {
  const lookup = findFunction(profile, text);
  if (lookup === 'unknown' || !('target' in lookup)) throw new Error(`${text} does not find one function`);
  return lookup.target;
}

const shop = holding(
  'shop.dev/cart.(*Cart).Add',
  'shop.dev/cart.(*Cart).AddAll',
  'shop.dev/wishlist.(*List).Add',
  'crypto/pbkdf2.Key[go.shape.interface { Reset() }]',
  'com.acme.Orders.place',
  'render',
  'renderAll',
);

describe('a function is found by', () => {
  test.each([
    ['its name', 'shop.dev/cart.(*Cart).Add', 'shop.dev/cart.(*Cart).Add'],
    ['its name where others begin alike', 'render', 'render'],
    ['the end of its name', 'cart.(*Cart).Add', 'shop.dev/cart.(*Cart).Add'],
    ['the method alone', 'Orders.place', 'com.acme.Orders.place'],
    ['the end from the dot on', '.place', 'com.acme.Orders.place'],
    ['a part of it', 'wishlist', 'shop.dev/wishlist.(*List).Add'],
    ['a part in other letters', 'ORDERS', 'com.acme.Orders.place'],
    ['its name without type parameters', 'pbkdf2.Key', 'crypto/pbkdf2.Key[go.shape.interface { Reset() }]'],
    [
      'its name with other type parameters',
      'crypto/pbkdf2.Key[go.shape.int]',
      'crypto/pbkdf2.Key[go.shape.interface { Reset() }]',
    ],
    ['a name that an answer cut', '…/wishlist.(*List).Add', 'shop.dev/wishlist.(*List).Add'],
  ])('%s', (_how, text, name) => {
    expect(lookedUp(shop, text)).toBe(name);
  });

  test('several that fit are candidates, heaviest first', () => {
    expect(lookedUp(shop, 'Add')).toEqual(['shop.dev/cart.(*Cart).Add', 'shop.dev/wishlist.(*List).Add']);
    expect(lookedUp(shop, 'ender')).toEqual(['render', 'renderAll']);
  });

  test.each(['nothing', '', ' ', '…'])('"%s" is none', (text) => {
    expect(lookedUp(shop, text)).toBe('unknown');
  });
});

test('one function under several type parameters is one', () => {
  const profile = holding('Key[go.shape.int]', 'Key[go.shape.string]');
  const target = defineTarget(profile, 'Key');
  expect(profile.functions.every((info) => target.matches(info))).toBe(true);
});

describe('functions without a name', () => {
  const page = { name: '(anonymous)', file: '/app/views/page.js', startLine: 18, line: 19 };
  const other = { name: '(anonymous)', file: '/app/views/page.js', startLine: 40, line: 41 };
  const profile = holding(page, other, { name: '(anonymous)', file: '/app/server.js', startLine: 3 }, 'main');

  test('are told apart by the place that answers show', () => {
    const target = defineTarget(profile, '(anonymous) views/page.js:41');
    expect(target.info).toMatchObject({ file: other.file, startLine: other.startLine });
    expect(profile.functions.filter((info) => target.matches(info))).toHaveLength(1);
  });

  test('or where they begin', () => {
    expect(findFunction(profile, '(anonymous) page.js:40')).toHaveProperty('target.line', 41);
  });

  test('are found again by the text that ready calls use', () => {
    const target = defineTarget(profile, '(anonymous) views/page.js:41');
    expect(lookupText(target)).toBe('(anonymous) /app/views/page.js:40');
    expect(defineTarget(profile, lookupText(target)).info).toEqual(target.info);
  });

  test('are candidates by their name alone', () => {
    expect(lookedUp(profile, '(anonymous)')).toHaveLength(3);
  });
});

test('functions without any cost do not count', () => {
  expect(lookedUp(buildProfile([['main', 'idle'], 0], [['main', 'work'], 1]), 'idle')).toBe('unknown');
});

test('the name of a function with cost always finds it', () => {
  const name = fc.oneof(
    fc.constantFrom('a', 'b.a', 'c/b.a', 'b.a[go.shape.int]', '(*T).a', 'aa', '$$Lambda$7/0x1.a'),
    fc.string({ minLength: 1 }).filter((text) => text.trim() === text && !text.startsWith('…')),
  );
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), (names) => {
      const profile = holding(...names);
      for (const info of profile.functions) {
        if (info.name === '') continue;
        const lookup = findFunction(profile, info.name);
        expect(lookup !== 'unknown' && 'target' in lookup && lookup.target.matches(info)).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});

test.each([
  'github.com/nats-io/nats%2ego.(*Conn).read',
  'github.com/nats-io/nats.go.(*Conn).read',
  'nats.go.(*Conn).read',
])('an escaped dot is a dot: %s', (text) => {
  expect(lookedUp(holding('github.com/nats-io/nats%2ego.(*Conn).read', 'main'), text)).toBe(
    'github.com/nats-io/nats%2ego.(*Conn).read',
  );
});

describe('functions of one bare name', () => {
  const own = { name: 'parse', file: '/srv/docs/filters.py', line: 44 };
  const other = { name: 'parse', file: '/usr/lib/re/_parser.py', line: 989 };
  const profile = holding(own, other, 'shop.Cart.parse');

  test('are several', () => {
    expect(lookedUp(profile, 'parse')).toEqual(['parse', 'parse']);
  });

  test.each([own, other])('are found by their place', ({ name, file, line }) => {
    const text = textOfFunction({ function: name, file, line });
    const { info } = defineTarget(profile, text);
    expect(info.file).toBe(file);
    expect(lookupText({ info, line })).toBe(text);
  });

  test('one without a file is what the name alone means, which is all that there is to say of it', () => {
    const nowhere = { name: 'parse', file: '', line: 0 };
    expect(defineTarget(holding(own, nowhere, other), 'parse').info.file).toBe('');
    expect(lookedUp(holding(own, { ...nowhere, name: 'parseAll' }), 'pars')).toEqual(['parse', 'parseAll']);
  });

  test('a name that says which function it is needs no place', () => {
    expect(textOfFunction({ function: 'shop.Cart.parse', file: 'cart.py', line: 3 })).toBe('shop.Cart.parse');
    expect(textOfFunction({ function: 'parse', file: null, line: null })).toBe('parse');
  });
});
