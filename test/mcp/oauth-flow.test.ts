import { afterAll, describe, expect, test } from 'vitest';
import { INCIDENT_WINDOW } from '../support/ask.js';
import { CLIENTS } from '../support/clients.js';
import { DEMO } from '../support/process.js';
import { Person, REGISTRATIONS, signIn, startProvider, startSignInServer } from '../support/sign-in.js';

// The whole way of a person with a client of the official SDKs: refused, sent to a real OpenID provider,
// back with a code, token, call.

const running: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(running.map((stop) => stop())));

const provider = await startProvider();
running.push(provider.stop);
const { url, program, stop } = await startSignInServer(provider.issuer, ['--profiles', DEMO]);
running.push(stop);

describe.each(CLIENTS)('%s', (kind) => {
  test.each(REGISTRATIONS)('a client with %s signs a person in and calls a tool', async (registration) => {
    const person = new Person(registration, provider.issuer);
    const client = await signIn(kind, url, person);
    const { authorization, tokens } = person.memory;
    expect(authorization?.searchParams.get('resource')).toBe(url);
    expect(authorization?.searchParams.get('scope')).toContain('pyroscope:read');
    expect(tokens?.scope).toContain('pyroscope:read');
    const result = await client.callTool({ name: 'list_services', arguments: INCIDENT_WINDOW });
    expect(JSON.stringify(result.content)).toContain('checkout-api');
    await client.close();
    const output = program.stderr() + program.stdout();
    for (const part of (tokens?.access_token ?? '').split('.')) expect(output).not.toContain(part);
  });
});

describe.each(CLIENTS.filter((kind) => kind !== 'SDK 1.x'))('%s', (kind) => {
  test('a client whose token lacks a scope asks for it and goes on (step-up)', async () => {
    const person = new Person('predefined', provider.issuer);
    const seconds = Math.floor(Date.now() / 1000);
    const claims = { sub: 'ada', aud: url, scope: 'openid', iat: seconds, exp: seconds + 300 };
    const access_token = await provider.sign(claims);
    person.saveTokens({ access_token, token_type: 'Bearer', scope: 'openid', issuer: provider.issuer });
    const client = await signIn(kind, url, person);
    expect(person.memory.authorization?.searchParams.get('scope')).toContain('pyroscope:read');
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    await client.close();
  });

  test('a client whose token has expired signs in again', async () => {
    const person = new Person('predefined', provider.issuer);
    const claims = { sub: 'ada', aud: url, scope: 'pyroscope:read', exp: 1 };
    const access_token = await provider.sign(claims);
    person.saveTokens({ access_token, token_type: 'Bearer', issuer: provider.issuer });
    const client = await signIn(kind, url, person);
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    await client.close();
  });
});
