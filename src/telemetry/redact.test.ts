import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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

describe('at a cut', () => {
  const secret = 'hunter2-hunter2-hunter2';
  const known = createRedactor(() => [secret]);

  test.each([
    ['a known secret', secret],
    ['a known secret as Basic credentials have it', Buffer.from(secret).toString('base64')],
    ['a password in a URL', `redis://user:${secret}@cache:6379/0`],
    ['a long password in a URL', `redis://user:${secret.repeat(40)}@cache:6379/0`],
    ['a header', `Authorization: ${secret.repeat(40)}`],
    ['a bearer token', `Bearer ${secret}`],
    ['a parameter', `access_token=${secret}&b=1`],
    ["Grafana's token", `glsa_${secret}`],
    ['a JSON web token', `eyJ${secret.repeat(40)}.eyJzdWIi.abc`],
  ])('no part of %s is left, wherever the cut falls', (name, text) => {
    const isKnown = name.startsWith('a known secret');
    for (let before = 4_000 - text.length; before <= 4_000; before += 1) {
      if (before < 0) continue;
      for (const redactor of isKnown ? [known] : [known, redact]) {
        const line = String(redactor(`${' '.repeat(before)}${text} and more`.padEnd(9_000, ' more')));
        expect(line).not.toMatch(/hunter|aHVu/);
        expect(line.length).toBeLessThan(4_100);
      }
    }
  });

  test('a text is shown up to the cut', () => {
    const text = 'checkout '.repeat(1_000);
    expect(redact(text)).toBe(`${text.slice(0, 4_000)}…`);
    expect(redact(text.slice(0, 4_000))).toBe(text.slice(0, 4_000));
  });
});

test('a line holds a bounded number of values and characters, however they are nested', () => {
  const nest = (depth: number): unknown =>
    depth === 0 ? 'x'.repeat(5_000) : Array.from({ length: 12 }, () => nest(depth - 1));
  expect(JSON.stringify(redact(nest(5))).length).toBeLessThan(60_000);
  const many = Array.from({ length: 50 }, () => Array.from({ length: 50 }, () => ({ a: 1, b: 2 })));
  expect(JSON.stringify(redact(many)).match(/"a":1/g)?.length).toBeLessThan(1_000);
});
