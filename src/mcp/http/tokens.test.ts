import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../errors.js';
import { checkToken, faultOfToken, MIN_TOKEN_LENGTH, tokenSet, tokensOfFile } from './tokens.js';

const A = 'a'.repeat(MIN_TOKEN_LENGTH);
const B = 'b'.repeat(MIN_TOKEN_LENGTH);
const anyToken = fc.stringMatching(/^[A-Za-z0-9._~+/-]{32,60}={0,2}$/);

describe('a set of tokens', () => {
  test('knows its own, tells them apart, and nothing else', () => {
    const set = tokenSet([A, B, A]);
    expect(set.size).toBe(2);
    expect(set.clientOf(A)).toMatch(/^[0-9a-f]{16}$/);
    expect(set.clientOf(B)).not.toBe(set.clientOf(A));
    for (const other of [
      '',
      'a',
      A.slice(1),
      `${A}a`,
      A.toUpperCase(),
      `${A} `,
      B.slice(0, -1),
      'ä'.repeat(32),
    ]) {
      expect(set.clientOf(other)).toBeNull();
    }
  });

  test('the same token is the same client in another set', () => {
    expect(tokenSet([B, A]).clientOf(A)).toBe(tokenSet([A]).clientOf(A));
  });

  test('an empty set lets nobody in', () => {
    expect(tokenSet([]).clientOf(A)).toBeNull();
    expect(tokenSet([]).clientOf('')).toBeNull();
  });

  test('whatever is asked for is in it when it was put in, and only then', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyToken, { maxLength: 5 }), anyToken, fc.string(), (tokens, one, text) => {
        const set = tokenSet(tokens);
        expect(tokens.every((token) => set.clientOf(token) !== null)).toBe(true);
        expect(set.clientOf(one) !== null).toBe(tokens.includes(one));
        expect(set.clientOf(text) !== null).toBe(tokens.includes(text));
      }),
      { numRuns: 100 },
    );
  });
});

describe('a token', () => {
  test.each([
    [A, null],
    [`${'+/._~-'.repeat(6)}==`, null],
    ['', /has 0 characters, and at least 32/],
    ['x'.repeat(31), /has 31 characters/],
    [`${A} ${A}`, /characters that cannot be sent/],
    [`${A}é`, /characters that cannot be sent/],
    [`=${A}`, /characters that cannot be sent/],
    [`${A}\n`, /characters that cannot be sent/],
  ])('%j', (token, fault) => {
    const found = faultOfToken(token);
    if (fault === null) expect(found).toBeNull();
    else expect(found).toMatch(fault);
  });

  test('a weak one is refused without being shown, and it is said how to make one', () => {
    let refused: unknown;
    try {
      checkToken('hunter2-s3cr3t', 'Token 3 for HTTP');
    } catch (error) {
      refused = error;
    }
    if (!(refused instanceof UsageError)) throw new Error('was taken');
    expect(refused.message).toBe('Token 3 for HTTP has 14 characters, and at least 32 are needed.');
    expect(refused.next).toContain('openssl rand -hex 32');
    expect(`${refused.message}${refused.next}${refused.stack}`).not.toContain('hunter2');
  });
});

test('a file has one token a line, with comments and empty lines', () => {
  expect(tokensOfFile(`# of the team\r\n\n  ${A}  \r\n#${B}\n${B}`)).toEqual([
    { line: 3, token: A },
    { line: 5, token: B },
  ]);
  expect(tokensOfFile('')).toEqual([]);
});
