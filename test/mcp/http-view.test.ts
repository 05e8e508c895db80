import { describe, expect, test } from 'vitest';
import { bearer, until } from '../support/http.js';
import { SUMMARY, startHttpScene } from '../support/http-scene.js';

// A person opens an answer in a browser: behind the same tokens and limits as every call, and off by default.

const TOKEN = 't'.repeat(32);
const access = { tokens: [TOKEN], tokenFile: null, allowUnauthenticated: false };
const { store, serve } = await startHttpScene();

/** Address of the page of a summary, with other arguments where some are given. */
function buildAddress(url: string, query: Readonly<Record<string, string>> = {}): string {
  const address = new URL('/view', url);
  address.search = new URLSearchParams({ tool: 'summarize_profile', ...SUMMARY, ...query }).toString();
  return address.href;
}

const password = (user: string, word: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${word}`).toString('base64')}`,
});

async function open(url: string, headers: Readonly<Record<string, string>> = {}, query = {}) {
  const response = await fetch(buildAddress(url, query), { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test('without the option there is no such page', async () => {
  const { url } = await serve({ access });
  expect((await open(url, bearer(TOKEN))).status).toBe(404);
});

describe('with the option', () => {
  test('the page of an answer is shown, and asks for nothing', async () => {
    const { url } = await serve({ hasView: true });
    const { status, headers, text } = await open(url);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).toContain('<title>checkout-api (summarize_profile)</title>');
    expect(text).toContain('northwind.dev/checkout');
  });

  test.each([
    ['no token', {}, 401],
    ['another password', password('me', 'x'.repeat(32)), 401],
    ['the token as the name', password(TOKEN, ''), 401],
    ['the token as the password', password('me', TOKEN), 200],
    ['the token of an agent', bearer(TOKEN), 200],
  ])('where tokens are wanted, %s gets %d', async (_, headers, status) => {
    const { url } = await serve({ access, hasView: true });
    const answer = await open(url, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('www-authenticate')).toBe(
      status === 401 ? 'Basic realm="pyroscope-mcp", charset="UTF-8"' : null,
    );
    if (status === 401) expect(store.requests.log).toEqual([]);
  });

  test('MCP takes no password', async () => {
    const { url } = await serve({ access, hasView: true });
    const response = await fetch(url, { method: 'POST', headers: password('me', TOKEN), body: '{}' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test.each([
    ['an image of another page', { 'sec-fetch-dest': 'image' }, 403],
    ['a frame of another page', { 'sec-fetch-dest': 'iframe' }, 403],
    ['a page of its own', { 'sec-fetch-dest': 'document' }, 200],
    ['a page under a name of its own (DNS rebinding)', { origin: 'https://evil.example' }, 403],
  ])('%s gets %d', async (_, headers, status) => {
    const { url } = await serve({ hasView: true });
    expect((await open(url, headers)).status).toBe(status);
  });

  test.each([
    [
      'a tool without pictures',
      { tool: 'list_services' },
      /^There is no picture of "list_services"\..*compare_profiles/s,
    ],
    ['an unknown argument', { colour: 'red' }, /colour/],
    ['a service that does not exist', { service: 'chekout-api' }, /No service "chekout-api"|checkout-api/],
  ])('%s is told in words', async (_, query, text) => {
    const { url } = await serve({ hasView: true });
    const answer = await open(url, {}, query);
    expect(answer.text).toMatch(text);
    expect([200, 400]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toMatch(/charset=utf-8$/);
  });

  test('a store that fails is no mistake of the person', async () => {
    const { url } = await serve({ hasView: true });
    store.faults.set({ kind: 'status', status: 401 });
    expect(await open(url)).toMatchObject({ status: 502, text: expect.stringContaining('credentials') });
    store.faults.clear();
  });

  test('another method than GET is refused', async () => {
    const { url } = await serve({ hasView: true });
    const response = await fetch(buildAddress(url), { method: 'POST', body: '' });
    expect(response.status).toBe(405);
  });

  test('a page counts as a call: over the limit it waits its turn or is refused', async () => {
    const limits = { parallelCalls: 8, calls: 256, callsPerClient: 1, callsPerMinute: null };
    const { url } = await serve({ access, limits, hasView: true });
    store.faults.set({ kind: 'hang' });
    const caller = new AbortController();
    const headers = bearer(TOKEN);
    const hanging = fetch(buildAddress(url), { headers, signal: caller.signal }).catch(() => null);
    await until(() => store.requests.log.length > 0);
    expect((await open(url, headers)).status).toBe(429);
    caller.abort();
    await hanging;
    store.faults.clear();
    await until(async () => (await open(url, headers)).status === 200);
  });
});
