import { expect, test } from 'vitest';
import { fingerprint, schemaIdentity } from './identity.js';

const HERE = 'https://grafana.example.com';

test('a fingerprint is the same in every process, and another for another credential or server', async () => {
  const marks = await Promise.all([
    fingerprint(['glsa_a', null], HERE),
    fingerprint(['glsa_a', null], HERE),
    fingerprint(['glsa_b', null], HERE),
    fingerprint([null, 'glsa_a'], HERE),
    fingerprint(['glsa_a', null], 'https://other.example.com'),
  ]);
  expect(marks[0]).toBe(marks[1]);
  expect(new Set(marks).size).toBe(4);
  // The value is written down: if it changed, every cache would be invalid.
  expect(marks[0]).toMatchInlineSnapshot(`"3e9b1097abc69189e20dd289a21ed40e"`);
});

test('without credentials there is nothing to derive', async () => {
  expect(await fingerprint([null, null], HERE)).toBe('none');
});

test('the key of an owner shows nothing of it', () => {
  const owner = { origin: HERE, org: '7', source: 'pyro', credential: ['hunter2'] };
  expect(schemaIdentity(owner)).toMatch(/^[0-9a-f]{64}$/);
  expect(schemaIdentity({ ...owner, org: null })).not.toBe(schemaIdentity(owner));
});
