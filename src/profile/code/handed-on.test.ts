import { expect, test } from 'vitest';
import { handsOn } from './handed-on.js';

test.each([
  ['com/acme/Main$$Lambda.answer', true],
  ['com/acme/Main$$Lambda$14/0x0000000800c8.apply', true],
  ['com.acme.Cart$$EnhancerBySpringCGLIB$$_.price', true],
  ['com.acme.Cart$$FastClassByGuice$$12.GUICE$TRAMPOLINE', true],
  ['com/acme/Cart$$SpringCGLIB$$0.price', true],
  ['com/sun/proxy/$Proxy12.price', true],
  ['jdk.proxy2.$Proxy_.price', true],
  // A lambda's own code is a method of the class.
  ['com/acme/Main.lambda$answer$0', false],
  ['com/acme/ProxyCart.price', false],
  ['main.(*Proxy).ServeHTTP', false],
])('%s hands a call on: %s', (name, is) => {
  expect(handsOn(name)).toBe(is);
});
