import { expect, test } from 'vitest';
import { readsRequests, servesRequest } from './request-input.js';

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

test.each([
  ['net/http.(*conn).serve', true],
  ['net/http.(*http2serverConn).runHandler', true],
  ['golang.org/x/net/http2.(*serverConn).runHandler', true],
  ['google.golang.org/grpc.(*Server).handleStream', true],
  ['github.com/valyala/fasthttp.(*Server).serveConn', true],
  ['net/http.(*Server).Serve', false],
  ['net/http.(*persistConn).readLoop', false],
  ['example.com/shop.(*conn).serve', false],
])('a request is served below %s: %s', (name, serves) => {
  expect(servesRequest(name)).toBe(serves);
});
