import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor } from './redact.js';

const redact = createRedactor(() => []);

test.each([
  ['a URL with credentials', 'redis://user:hunter2@cache:6379/0', 'redis://[redacted]@cache:6379/0'],
  ['a URL whose password holds an @', 'https://u:p@ss@host/x', 'https://[redacted]@host/x'],
  ['a header', 'Authorization: Bearer abc.def', 'Authorization: [redacted]'],
  ['headers as JSON', '{"cookie":"a=b; c=d","x":1}', '{"cookie":"[redacted]","x":1}'],
  ['a bearer token alone', 'sent Bearer abcdefgh12', 'sent Bearer [redacted]'],
  ['a parameter', 'GET /x?access_token=abc&b=1', 'GET /x?access_token=[redacted]&b=1'],
  ["Grafana's token", 'used glsa_abcdefgh_12345678', 'used [redacted]'],
  ['a JSON web token', 'eyJhbGciOiJI.eyJzdWIi.abc-_', '[redacted]'],
  ['nothing of it', 'checkout-api: 12 tokens, basic auth', 'checkout-api: 12 tokens, basic auth'],
])('%s', (_name, text, safe) => {
  expect(redact(text)).toBe(safe);
});

test('fields that are called like a secret', () => {
  const fields = {
    Authorization: 'x',
    apiKey: 'x',
    user_password: { a: 1 },
    tokens: 5,
    password: '',
    a: null,
  };
  expect(redact(fields)).toEqual({
    Authorization: '[redacted]',
    apiKey: '[redacted]',
    user_password: '[redacted]',
    tokens: 5,
    password: '',
    a: null,
  });
});

test('what has no end is cut', () => {
  const ring: Record<string, unknown> = {
    long: 'x'.repeat(10_000),
    many: Array.from({ length: 1_000 }, () => 1),
  };
  ring.self = ring;
  expect(JSON.stringify(redact(ring)).length).toBeLessThan(40_000);
});

test('a known secret is in nothing, whatever surrounds it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), fc.jsonValue(), fc.string(), (secret, value, around) => {
      const clean = createRedactor(() => [secret]);
      const text = JSON.stringify(clean({ value, text: `${around}${secret}${around}`, [secret]: [secret] }));
      const left = text.replaceAll('[redacted]', '').replaceAll(/"(?:value|text)":/g, '');
      return secret.trim() === '' || '[redacted]'.includes(secret) || !left.includes(secret);
    }),
    { numRuns: 200 },
  );
});
