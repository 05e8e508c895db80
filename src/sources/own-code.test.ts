import { describe, expect, test } from 'vitest';
import { asker, fixture } from '../../test/support/ask.js';
import { buildProfile } from '../../test/support/profiles.js';
import { UserError } from '../errors.js';
import { listOwners } from '../profile/code/owners.js';
import { createFilesSource } from './files/source.js';
import { readOwnCode, withOwnCode } from './own-code.js';

describe('readOwnCode', () => {
  test('nothing said, and patterns', () => {
    expect(readOwnCode([])).toBeNull();
    expect(readOwnCode(['com/acme', '^/srv/app/'])).toEqual({ patterns: ['com/acme', '^/srv/app/'] });
  });

  test.each([
    ['a pattern that is none', ['ok', '(?=x)']],
    ['one that is too large', ['(a{1000}){1000}']],
    ['too many', Array.from({ length: 21 }, (_, at) => `p${at}`)],
    ['too much together', Array.from({ length: 15 }, () => 'x'.repeat(100))],
  ])('%s is refused with the value and an example', (_, patterns) => {
    expect(() => readOwnCode(patterns)).toThrow(UserError);
    expect(() => readOwnCode(patterns)).toThrow(/--own-code/);
  });
});

test('a pattern of names or files decides before everything else', () => {
  const profile = buildProfile([
    [
      { name: 'org/springframework/Acme.run' },
      { name: 'f', file: '/usr/lib/python3.12/site-packages/acme/x.py' },
    ],
    1,
  ]);
  expect(listOwners(profile)).toEqual(['library', 'library']);
  expect(listOwners({ ...profile, ownCode: { patterns: ['site-packages/acme/'] } })).toEqual([
    'library',
    'application',
  ]);
  expect(listOwners({ ...profile, ownCode: { patterns: ['Acme'] } })).toEqual(['application', 'library']);
});

test('it reaches the answer', async () => {
  const directory = fixture('field', '09-whose-code/node-perf-map');
  const source = withOwnCode(createFilesSource({ directory }), readOwnCode(['node_modules/qs/']));
  const { text } = await asker(source)('summarize_profile', { service: 'svc', profile_type: 'cpu' });
  const section = text.slice(text.indexOf('Application code'), text.indexOf('Top '));
  expect(section).toContain('/app/node_modules/qs/lib/parse.js:parse');
});
