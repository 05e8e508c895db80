import { expect, test } from 'vitest';
import { normaliseName } from './names.js';

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
  '',
])('%j stays as it is', (name) => {
  expect(normaliseName(name)).toBe(name);
});
