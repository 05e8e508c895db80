import { describe, expect, test } from 'vitest';
import { isBareIn, isUnnamed, joinKey, nameInKey, normaliseName, placeInName, sharedName } from './names.js';

test.each([
  [
    'crypto/pbkdf2.Key[go.shape.interface { BlockSize() int; Reset(); Sum([]uint8) []uint8 }]',
    'crypto/pbkdf2.Key',
  ],
  ['crypto/pbkdf2.Key[...]', 'crypto/pbkdf2.Key'],
  ['cmp.Less[go.shape.int32]', 'cmp.Less'],
  ['slices.SortFunc[go.shape.[]northwind.dev/x.Item,go.shape.struct { a [2]int }]', 'slices.SortFunc'],
  ['northwind.dev/cache.(*LRU[go.shape.string,go.shape.*uint8]).Get', 'northwind.dev/cache.(*LRU).Get'],
  ['northwind.dev/cache.(*LRU[...]).Get.func1', 'northwind.dev/cache.(*LRU).Get.func1'],
  ['net/http.(*mapping[go.shape.string,go.shape.*uint8]).find', 'net/http.(*mapping).find'],
  ['com/northwind/Orders$$Lambda$14/0x0000000800c031f0.apply', 'com/northwind/Orders$$Lambda.apply'],
  ['com.northwind.Orders$$Lambda/0x00007f1a2c4d8.apply', 'com.northwind.Orders$$Lambda.apply'],
  ['com/northwind/Orders$$Lambda.0x00007f1a2c4d8.apply', 'com/northwind/Orders$$Lambda.apply'],
  ['com/northwind/Orders$$Lambda$14.apply', 'com/northwind/Orders$$Lambda.apply'],
  [
    'jdk/internal/reflect/GeneratedMethodAccessor42.invoke',
    'jdk/internal/reflect/GeneratedMethodAccessor.invoke',
  ],
  ['com/northwind/Orders$$Lambda_.apply', 'com/northwind/Orders$$Lambda.apply'],
  ['com/northwind/Orders$$Lambda$_.apply', 'com/northwind/Orders$$Lambda.apply'],
  ['com/northwind/Orders$$Lambda$4/1283928880', 'com/northwind/Orders$$Lambda'],
  [
    'jdk/internal/reflect/GeneratedMethodAccessor_.invoke',
    'jdk/internal/reflect/GeneratedMethodAccessor.invoke',
  ],
  [
    'com/northwind/Orders$$EnhancerBySpringCGLIB$$1a2b3c4d.place',
    'com/northwind/Orders$$EnhancerBySpringCGLIB$$.place',
  ],
  [
    'com/northwind/Orders$$EnhancerBySpringCGLIB$$_.place',
    'com/northwind/Orders$$EnhancerBySpringCGLIB$$.place',
  ],
  ['com/sun/proxy/$Proxy98.findAll', 'com/sun/proxy/$Proxy.findAll'],
  ['java/lang/invoke/LambdaForm$MH.0x0000000800c00000.invoke', 'java/lang/invoke/LambdaForm$MH.invoke'],
  ['com/northwind/Orders.place_[j]', 'com/northwind/Orders.place'],
  ['Shop.Orders!Orders.Place[OptimizedTier1]', 'Shop.Orders!Orders.Place'],
  [
    './tmp/snappy-1.1.8-0f8fad5b-d9cb-469f-a165-70867728950e-libsnappyjava.so',
    './tmp/snappy-1.1.8-libsnappyjava.so',
  ],
  ['app::price::quote::h0123456789abcdef', 'app::price::quote'],
  ['app::price::quote::h0123456789abcdef.llvm.1234567890', 'app::price::quote'],
  ['app[1a2b3c4d5e6f7a8b]::price::quote', 'app::price::quote'],
  ['acme::run() [clone .isra.0] [clone .part.1]', 'acme::run()'],
  ['parse_order.constprop.0', 'parse_order'],
  ['northwind.dev/shop/cache.(*LRU[string,int]).Get', 'northwind.dev/shop/cache.(*LRU).Get'],
  ['./src/price.js:quote:42', './src/price.js:quote'],
  ['node:internal/timers:listOnTimeout:581', 'node:internal/timers:listOnTimeout'],
  ['./src/server.js:(anonymous:L#12:C#5):14', './src/server.js:(anonymous:L#12:C#5)'],
  [
    './node_modules/.pnpm/express@4.18.2/node_modules/express/lib/view.js:lookup:9',
    './node_modules/express/lib/view.js:lookup',
  ],
  ['./dist/main.4f3a2b1c9d.js:quote:1', './dist/main.js:quote'],
  [':(idle):0', '(idle)'],
  [':Node.js:0', 'Node.js'],
  [':Garbage Collection:0', 'Garbage Collection'],
  ['LazyCompile:*quote /app/src/price.js:12', '/app/src/price.js:quote'],
  ['JS:~quote file:///app/src/price.js:12:5', '/app/src/price.js:quote'],
  ['find_outliers (service.py:44)', 'find_outliers'],
  ['JSONEncoder.encode (json/encoder.py:200)', 'JSONEncoder.encode'],
  ['Mapping.get (<frozen _collections_abc>:774)', 'Mapping.get'],
  ['<module> (service.py:25)', '<module> (service.py)'],
  ['App\\Cart::save /srv/app/src/Cart.php:80', 'App\\Cart::save'],
])('%s becomes %s', (name, normal) => {
  expect(normaliseName(name)).toBe(normal);
  expect(normaliseName(normal)).toBe(normal);
});

test.each([
  'runtime.mallocgc',
  'main.main.func1',
  'northwind.dev/checkout/coupon.(*Validator).Match',
  'sort [c function]',
  'app.<computed>',
  '<alloc::vec::Vec<T,A> as core::ops::drop::Drop>::drop',
  'std::sort<int*, bool (*)(int, int)>',
  'operator[]',
  '[unknown]',
  'com/northwind/Orders.lambda$place$0',
  'com/northwind/Orders$$LambdaHelper.run',
  'com/northwind/GeneratedMethodAccessors.list',
  '(anonymous:L#23:C#22)',
  './src/server.js:(anonymous):14',
  '<lambda> (service.py:31)',
  'App\\Cart::save',
  '[server] 0x1000',
  'a::b:12',
  '',
])('%j stays as it is', (name) => {
  expect(normaliseName(name)).toBe(name);
});

test('functions are told apart by name, unnamed ones by place', () => {
  const key = (name: string, file = '', startLine = 0) =>
    joinKey({ name, file, startLine, isSymbolised: true });
  expect(key('./a.js:f:3')).toBe(key('./a.js:f:9'));
  expect(key('./a.js:f:3')).not.toBe(key('./b.js:f:3'));
  expect(key('./a.js:(anonymous):3')).not.toBe(key('./a.js:(anonymous):9'));
  expect(key('[server] 0x10', 'server@0123')).not.toBe(key('[server] 0x10', 'server@4567'));
  expect(isUnnamed('[server] 0x10')).toBe(true);
});

test('a name that all have the same stays as the profile has it', () => {
  expect(sharedName(['./a.js:f:3', './a.js:f:3'])).toBe('./a.js:f:3');
  expect(sharedName(['./a.js:f:3', './a.js:f:9'])).toBe('./a.js:f');
});

test.each([
  ['find_outliers (service.py:44)', { file: 'service.py', line: 44 }],
  ['./src/price.js:quote:42', { file: './src/price.js', line: 42 }],
  ['LazyCompile:*quote /app/src/price.js:12', { file: '/app/src/price.js', line: 12 }],
  [':(idle):0', null],
  ['runtime.mallocgc', null],
])('the place in %s', (name, place) => {
  expect(placeInName(name)).toEqual(place);
});

describe('the key of a bare name', () => {
  const key = (name = '', file = '') => joinKey({ name, file, startLine: 0, isSymbolised: true });
  test.each([
    {
      what: 'other files of Python',
      a: ['parse', 'docs/filters.py'],
      b: ['parse', 're/_parser.py'],
      is: false,
    },
    { what: 'another folder, as of a release', a: ['parse', '/v1/a.py'], b: ['parse', '/v2/a.py'], is: true },
    { what: 'folders of Windows', a: ['parse', 'C:\\v1\\a.py'], b: ['parse', '/v2/a.py'], is: true },
    { what: 'other files of JavaScript', a: ['get', 'lib/a.mjs'], b: ['get', 'lib/b.mjs'], is: false },
    { what: 'other files of Ruby', a: ['get', 'a.rb'], b: ['get', 'b.rb'], is: false },
    { what: 'other files of PHP', a: ['get', 'a.php'], b: ['get', 'b.php'], is: false },
    { what: 'a class in other files', a: ['Cart.get', 'a.py'], b: ['Cart.get', 'b.py'], is: true },
    { what: 'a package in other files', a: ['main.get', 'a.go'], b: ['main.get', 'b.go'], is: true },
    { what: 'assembler of Go', a: ['memeqbody', 'a.s'], b: ['memeqbody', 'b.s'], is: true },
    { what: 'other names of a file', a: ['get', 'a.py'], b: ['put', 'a.py'], is: false },
  ] as const)('$what', ({ a, b, is }) => {
    expect(key(a[0], a[1]) === key(b[0], b[1])).toBe(is);
  });

  test('holds the name', () => {
    expect(nameInKey(key('parse', 'docs/filters.py'))).toBe('parse');
    expect(nameInKey(key('parse', ''))).toBe('parse');
    expect(nameInKey(key('Cart.get', 'a.py'))).toBe('Cart.get');
    expect(nameInKey(key('<lambda>', 'a.py'))).toBe(key('<lambda>', 'a.py'));
    expect([isBareIn('parse', 'a.py'), isBareIn('Cart.get', 'a.py'), isBareIn('parse', '')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
