import { describe, expect, test } from 'vitest';
import { UserError } from '../errors.js';
import { readCallerCredential } from './caller-credential.js';

const TOKEN = 'glsa_planted0123456789';

function read(headers: Record<string, string>, forward: readonly string[] = []) {
  return readCallerCredential(new Headers(headers), forward);
}

describe('the credential of a request', () => {
  test.each([
    ['a token', { 'X-Grafana-Service-Account-Token': TOKEN }, { authorization: `Bearer ${TOKEN}` }],
    ['a token under the older name', { 'X-Grafana-API-Key': TOKEN }, { authorization: `Bearer ${TOKEN}` }],
    [
      'a token under both names',
      { 'X-Grafana-API-Key': TOKEN, 'X-Grafana-Service-Account-Token': TOKEN },
      { authorization: `Bearer ${TOKEN}` },
    ],
    ['a forwarded header', { Cookie: 'grafana_session=a' }, { cookie: 'grafana_session=a' }],
    [
      'both',
      { Cookie: 'a=b', 'X-Grafana-Service-Account-Token': TOKEN },
      { cookie: 'a=b', authorization: `Bearer ${TOKEN}` },
    ],
  ])('is %s', async (_name, headers, sent) => {
    const credential = read(headers, ['cookie', 'x-id-token']);
    expect(await credential?.headers()).toEqual(sent);
    expect(credential?.orgId).toBeNull();
  });

  test.each([
    ['nothing', {}],
    ['the token for this server', { Authorization: `Bearer ${TOKEN}` }],
    ['a header that is not forwarded', { 'X-Other': 'a', 'X-Grafana-URL': 'https://evil.example' }],
    ['an empty header', { Cookie: '', 'X-Grafana-Service-Account-Token': '' }],
  ])('is none for %s', (_name, headers) => {
    expect(read(headers, ['cookie'])).toBeNull();
  });

  test('takes the organisation along, and never an address', async () => {
    const credential = read({
      'X-Grafana-Service-Account-Token': TOKEN,
      'X-Grafana-Org-Id': '7',
      'X-Grafana-URL': 'https://evil.example',
    });
    expect(credential?.orgId).toBe(7);
    expect(JSON.stringify(await credential?.headers())).not.toContain('evil');
  });

  test.each([
    ['two different tokens', { 'X-Grafana-API-Key': 'one', 'X-Grafana-Service-Account-Token': 'two' }],
    ['a token with its scheme', { 'X-Grafana-Service-Account-Token': `Bearer ${TOKEN}` }],
    ['a header that was sent twice', { 'X-Grafana-Service-Account-Token': `${TOKEN}, ${TOKEN}` }],
    ['an organisation without a credential', { 'X-Grafana-Org-Id': '1' }],
    ['an organisation that is no number', { 'X-Grafana-API-Key': TOKEN, 'X-Grafana-Org-Id': 'main' }],
    ['organisation 0', { 'X-Grafana-API-Key': TOKEN, 'X-Grafana-Org-Id': '0' }],
  ])('refuses %s', (_name, headers) => {
    expect(() => read(headers)).toThrow(UserError);
  });

  test('has a key that is stable, different for each credential, and tells nothing of it', () => {
    const keys = [
      read({ 'X-Grafana-API-Key': TOKEN }),
      read({ 'X-Grafana-API-Key': `${TOKEN}1` }),
      read({ Cookie: TOKEN }, ['cookie']),
      read({ 'X-Id-Token': TOKEN }, ['x-id-token']),
      read({ Cookie: 'a', 'X-Grafana-API-Key': TOKEN }, ['cookie']),
    ].map((credential) => credential?.key);
    expect(new Set(keys).size).toBe(5);
    expect(keys[0]).toBe(read({ 'X-Grafana-Service-Account-Token': TOKEN })?.key);
    for (const key of keys) expect(key).toMatch(/^[\w-]{43}$/);
  });
});
