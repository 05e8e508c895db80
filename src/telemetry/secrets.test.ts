import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { secretsIn, secretsNow } from './secrets.js';

test.each([
  ['a token', 'glsa_abc', ['glsa_abc']],
  ['a short one', 'p', ['p']],
  [
    'a URL',
    'redis://user:p%40ss@host/0',
    ['redis://user:p%40ss@host/0', 'p%40ss', 'p@ss', 'user:p%40ss', 'user:p@ss'],
  ],
  ['a URL without credentials', 'redis://host/0', ['redis://host/0']],
  [
    'headers',
    '{"Authorization":"Bearer abcdefgh","X-A":"b"}',
    ['{"Authorization":"Bearer abcdefgh","X-A":"b"}', 'Bearer abcdefgh', 'abcdefgh'],
  ],
  ['a list', 'first-one, second-one', ['first-one, second-one', 'first-one', 'second-one']],
])('%s', (_name, value, secrets) => {
  expect(secretsIn([value])).toEqual(secrets);
});

test('files are read anew, and what they held before is remembered', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'secrets-')), 'token');
  let now = 0;
  const secrets = secretsNow(['fixed'], [file, `${file}-missing`], () => now);
  expect(secrets()).toEqual(['fixed']);
  writeFileSync(file, '# of the checkout team\nfirst-token\nother-token # until May\n');
  expect(secrets()).toEqual(['fixed']);
  now += 3_000;
  expect(secrets()).toEqual(['fixed', 'first-token', 'other-token']);
  for (let rotation = 0; rotation < 100; rotation++) {
    now += 3_000;
    writeFileSync(file, `token-${rotation}\n`);
    secrets();
  }
  expect(secrets()).toContain('token-99');
  expect(secrets()).toContain('token-85');
  expect(secrets().length).toBeLessThan(30);
});
