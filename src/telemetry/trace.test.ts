import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callFields, preferTrace, readTrace, traceHeaders, withCall, withTrace } from './trace.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function read(sent: Record<string, unknown>) {
  return readTrace((name) => sent[name]);
}

describe('what is valid is taken as it is', () => {
  test.each([
    { traceparent: PARENT },
    { traceparent: PARENT, tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE' },
    { traceparent: PARENT, tracestate: '0tenant@system=a b' },
    { baggage: 'userId=alice,serverNode=DF%2028,isProduction=false' },
    { baggage: 'key1=value1;property1;property2=p,key2=' },
  ])('%j', (sent) => {
    expect(read(sent)).toEqual(sent);
  });
});

describe('what breaks the format is dropped', () => {
  test.each([
    ['nothing', {}],
    ['a number', { traceparent: 5, tracestate: ['a=b'], baggage: { a: 1 } }],
    ['upper case', { traceparent: PARENT.toUpperCase() }],
    ['a trace id of zeros', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }],
    ['a parent id of zeros', { traceparent: `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01` }],
    ['version ff', { traceparent: `ff${PARENT.slice(2)}` }],
    ['more fields', { traceparent: `${PARENT}-x` }],
    ['a header more', { traceparent: `${PARENT}\r\nx-evil: 1` }],
    ['a state without a parent', { tracestate: 'a=b' }],
    ['baggage without values', { baggage: 'alice' }],
    ['baggage with a header more', { baggage: 'a=b\r\nx-evil: 1' }],
    ['baggage with quotes', { baggage: 'a="b"' }],
  ])('%s', (_name, sent) => {
    expect(read(sent)).toEqual({});
  });

  test.each([
    ['a member without a value', 'a=b,c'],
    ['a key twice', 'a=b,a=c'],
    ['33 members', Array.from({ length: 33 }, (_, index) => `k${index}=v`).join(',')],
    ['513 characters', `${'a'.repeat(250)}=${'b'.repeat(250)},c=${'d'.repeat(9)}`],
    ['a header more', 'a=b\r\nx-evil: 1'],
  ])('a state with %s, as a whole', (_name, tracestate) => {
    expect(read({ traceparent: PARENT, tracestate })).toEqual({ traceparent: PARENT });
  });

  test('members of baggage that are none, and what is over the cap', () => {
    expect(read({ baggage: 'a=b, nonsense ,c=d' })).toEqual({ baggage: 'a=b,c=d' });
    const long = Array.from({ length: 200 }, (_, index) => `key-${index}=${'v'.repeat(40)}`).join(',');
    const { baggage = '' } = read({ baggage: long });
    expect(baggage.length).toBeLessThanOrEqual(4_096);
    expect(baggage.length).toBeGreaterThan(4_000);
    expect(long.startsWith(`${baggage},`)).toBe(true);
  });
});

test('whatever is sent, the headers can be sent on', () => {
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(PARENT, 'a=b', 'a=b,c=d'),
  );
  fc.assert(
    fc.property(value, value, value, (traceparent, tracestate, baggage) => {
      const headers = Object.entries(read({ traceparent, tracestate, baggage }));
      for (const [, text] of headers) expect(text).toMatch(/^[\x20-\x7e\t]{1,4096}$/);
      expect(() => new Headers(headers)).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

test('the message wins over the headers; parent and state stay together', () => {
  const headers = { traceparent: PARENT, tracestate: 'a=b', baggage: 'a=1' };
  const other = PARENT.replace('b7', 'c8');
  expect(preferTrace({}, headers)).toEqual(headers);
  expect(preferTrace({ traceparent: other }, headers)).toEqual({ traceparent: other, baggage: 'a=1' });
  expect(preferTrace({ baggage: 'b=2' }, headers)).toEqual({ ...headers, baggage: 'b=2' });
  expect(preferTrace(headers, {})).toEqual(headers);
});

test('a call knows its trace, also after waiting, and nothing of another', async () => {
  const seen = await Promise.all(
    ['1', '2'].map((digit) =>
      withTrace({ traceparent: PARENT.replace('b7', `${digit}0`) }, () =>
        withCall(digit, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return { call: callFields().call, traceparent: traceHeaders().traceparent };
        }),
      ),
    ),
  );
  expect(seen.map(({ call }) => call)).toEqual(['1', '2']);
  expect(seen.map(({ traceparent }) => traceparent)).toEqual(
    ['1', '2'].map((digit) => PARENT.replace('b7', `${digit}0`)),
  );
  expect([callFields(), traceHeaders()]).toEqual([{}, {}]);
});
