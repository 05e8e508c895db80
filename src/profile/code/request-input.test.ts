import { expect, test } from 'vitest';
import { readsRequests } from './request-input.js';

test.each([
  ['net/http.(*conn).readRequest', true],
  ['net/textproto.(*Reader).ReadMIMEHeader', true],
  ['net/textproto.readMIMEHeader', true],
  ['net/http.(*http2serverConn).processHeaders', true],
  ['golang.org/x/net/http2.(*Framer).ReadFrame', true],
  ['net/http.(*conn).serve', false],
  ['net/http.HandlerFunc.ServeHTTP', false],
  ['example.com/shop.readRequest', false],
])('%s reads requests: %s', (name, reads) => {
  expect(readsRequests(name)).toBe(reads);
});
