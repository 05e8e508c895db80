import { afterEach, describe, expect, test } from 'vitest';
import { json, startStub } from '../../../test/support/recorded-grafana.js';
import { createGrafanaClient } from './client.js';
import { readIdentity } from './permissions.js';

const SIGNAL = new AbortController().signal;
const USER = [200, { login: 'sa-1', orgId: 3 }] as const;
const ORG = [200, { id: 2, name: 'Main' }] as const;
const REFUSED = [401, { message: 'Unauthorized' }] as const;
const FORBIDDEN = [403, { message: 'Permissions needed: orgs:read' }] as const;
const UNKNOWN = [404, { message: 'user not found' }] as const;
type Reply = readonly [status: number, body: object];

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function getIdentity(user: Reply, org: Reply, hasCredentials: boolean) {
  const stub = await startStub(({ url }, response) => {
    const [status, body] = url?.startsWith('/api/user') === true ? user : org;
    json(response, body, status);
  });
  const client = createGrafanaClient({ url: stub.url });
  closers.push(client.close, stub.close);
  return readIdentity(client, hasCredentials, SIGNAL);
}

describe('readIdentity', () => {
  test.each<[string, Reply, Reply, boolean, object]>([
    ['a user', USER, ORG, true, { login: 'sa-1', isAnonymous: false, orgId: 2, orgName: 'Main' }],
    ['no organisation told', USER, FORBIDDEN, true, { login: 'sa-1', orgId: 3, orgName: null }],
    ['no user told', UNKNOWN, ORG, true, { login: null, isAnonymous: false, orgId: 2 }],
    ['anonymous', REFUSED, ORG, false, { login: null, isAnonymous: true, orgId: 2 }],
    ['anonymous, nothing told', REFUSED, FORBIDDEN, false, { login: null, isAnonymous: true, orgId: null }],
  ])('%s', async (_name, user, org, hasCredentials, identity) => {
    expect(await getIdentity(user, org, hasCredentials)).toMatchObject(identity);
  });

  test.each<[string, Reply, Reply, boolean]>([
    ['credentials that are refused', REFUSED, ORG, true],
    ['a visitor where anonymous access is off', REFUSED, REFUSED, false],
    ['credentials that are refused everywhere', REFUSED, REFUSED, true],
  ])('%s', async (_name, user, org, hasCredentials) => {
    await expect(getIdentity(user, org, hasCredentials)).rejects.toMatchObject({ kind: 'unauthorized' });
  });
});
