import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SERVER_RIGHTS } from '../../access/identity.js';
import { UsageError } from '../../errors.js';
import { createLog } from '../../telemetry/log.js';
import { faultOfToken, MIN_TOKEN_LENGTH } from './token-lines.js';
import { checkToken, openTokenFile, plainToken, tokenSet } from './tokens.js';

const A = 'a'.repeat(MIN_TOKEN_LENGTH);
const B = 'b'.repeat(MIN_TOKEN_LENGTH);
const makeSet = (tokens: readonly string[]) => tokenSet(tokens.map(plainToken));
const anyToken = fc.stringMatching(/^[A-Za-z0-9._~+/-]{32,60}={0,2}$/);

describe('a set of tokens', () => {
  test('knows its own, tells them apart, and nothing else', () => {
    const set = makeSet([A, B, A]);
    expect(set.size).toBe(2);
    expect(set.identify(A)?.client).toMatch(/^[0-9a-f]{16}$/);
    expect(set.identify(A)?.rights).toBe(SERVER_RIGHTS);
    expect(set.identify(B)?.client).not.toBe(set.identify(A)?.client);
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
      expect(set.identify(other)).toBeNull();
    }
  });

  test('the same token is the same client in another set', () => {
    expect(makeSet([B, A]).identify(A)).toEqual(makeSet([A]).identify(A));
  });

  test('an empty set lets nobody in', () => {
    expect(makeSet([]).identify(A)).toBeNull();
    expect(makeSet([]).identify('')).toBeNull();
  });

  test('whatever is asked for is in it when it was put in, and only then', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyToken, { maxLength: 5 }),
        anyToken,
        fc.string(),
        (tokens, token, text) => {
          const set = makeSet(tokens);
          expect(tokens.every((token) => set.identify(token) !== null)).toBe(true);
          expect(set.identify(token) !== null).toBe(tokens.includes(token));
          expect(set.identify(text) !== null).toBe(tokens.includes(text));
        },
      ),
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
    const reason = faultOfToken(token);
    if (fault === null) expect(reason).toBeNull();
    else expect(reason).toMatch(fault);
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

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'tokens-'));
}

async function opened(text: string) {
  const file = path.join(folder(), 'tokens');
  writeFileSync(file, text);
  const lines: string[] = [];
  const tokens = await openTokenFile(
    file,
    createLog('debug', (line) => lines.push(line)),
  );
  const identify = async (token: string) => (await tokens.current()).identify(token);
  return { file, lines, identify, lets: async (token: string) => (await identify(token)) !== null };
}

describe('at the start', () => {
  test.each([
    ['', 'holds no token'],
    ['# only a comment\n', 'holds no token'],
    ['short', 'The token in line 1 of the token file has 5 characters, and at least 32 are needed.'],
    [
      `# a\n${A}\n${A} ${B}\n`,
      'The token in line 3 of the token file is followed by something that is not name=',
    ],
    [`${'ä'.repeat(32)}`, 'The token in line 1 of the token file has characters that cannot be sent'],
  ])('%j is refused', async (text, message) => {
    await expect(opened(text)).rejects.toThrow(message);
  });

  test('a file that is not there is refused', async () => {
    const wanted = openTokenFile(
      path.join(folder(), 'nope'),
      createLog('error', () => {}),
    );
    await expect(wanted).rejects.toThrow('cannot be read (ENOENT)');
  });
});

describe('while the server runs', () => {
  test('a token counts from when it is added to when it is taken out', async () => {
    const { file, lines, lets } = await opened(`# old\n${A}\n`);
    expect([await lets(A), await lets(B)]).toEqual([true, false]);
    writeFileSync(file, `${A}\n${B}\n`);
    expect([await lets(A), await lets(B)]).toEqual([true, true]);
    writeFileSync(file, `${B}\n`);
    expect([await lets(A), await lets(B)]).toEqual([false, true]);
    expect(lines.join('')).not.toMatch(/aaaa|bbbb/);
  });

  test('a rewrite of the same length counts', async () => {
    const { file, lets } = await opened(A);
    writeFileSync(file, B);
    expect([await lets(A), await lets(B)]).toEqual([false, true]);
  });

  test('another file in its place counts, as where Kubernetes swaps a link', async () => {
    const directory = folder();
    writeFileSync(path.join(directory, 'one'), A);
    writeFileSync(path.join(directory, 'two'), B);
    const link = path.join(directory, 'tokens');
    symlinkSync('one', link);
    const tokens = await openTokenFile(
      link,
      createLog('error', () => {}),
    );
    symlinkSync('two', `${link}.new`);
    renameSync(`${link}.new`, link);
    const set = await tokens.current();
    expect([set.identify(A), set.identify(B) === null]).toEqual([null, false]);
  });

  test('one that is gone or empty lets nobody in until it is back, and says so once', async () => {
    const { file, lines, lets } = await opened(A);
    rmSync(file);
    expect([await lets(A), await lets(A)]).toEqual([false, false]);
    expect(lines.filter((line) => line.includes('every caller is refused (failed: ENOENT)'))).toHaveLength(1);
    writeFileSync(file, '# none\n');
    expect([await lets(A), await lets('')]).toEqual([false, false]);
    expect(lines.filter((line) => line.includes('holds no token, every caller is refused'))).toHaveLength(1);
    writeFileSync(file, A);
    expect(await lets(A)).toBe(true);
  });

  test('a weak token that is added later is left out, the others stay', async () => {
    const { file, lines, lets } = await opened(A);
    writeFileSync(file, `${A}\nhunter2\n`);
    expect([await lets(A), await lets('hunter2')]).toEqual([true, false]);
    expect(lines.join('')).toContain(
      'the token in line 2 of the token file is left out: it has 7 characters',
    );
    expect(lines.join('')).not.toContain('hunter2');
  });

  test('many who ask at once read it once', async () => {
    const { file, lines, lets } = await opened(A);
    writeFileSync(file, B);
    expect(await Promise.all(Array.from({ length: 20 }, () => lets(B)))).toEqual(Array(20).fill(true));
    expect(lines.filter((line) => line.includes('has changed'))).toHaveLength(1);
  });
});

test('a token whose line limits its rights keeps them with every change of the file', async () => {
  const limited = (value: string) => `${A} name=team matchers={namespace="${value}"}\n`;
  const { file, lines, identify } = await opened(limited('a'));
  expect(await identify(A)).toMatchObject({
    client: 'team',
    rights: { matchers: [{ name: 'namespace', op: '=', value: 'a' }] },
  });
  writeFileSync(file, limited('b'));
  expect(await identify(A)).toMatchObject({ rights: { matchers: [{ value: 'b' }] } });
  writeFileSync(file, `${A} matchers={namespace=}\n${B}\n`);
  expect(await identify(A)).toBeNull();
  expect(lines.join('')).toContain(
    'line 1 of the token file is left out: it has matchers that cannot be read',
  );
  writeFileSync(file, `${limited('a')}${A}\n`);
  expect(await identify(A)).toBeNull();
});
