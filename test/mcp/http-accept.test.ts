import { afterAll, describe, expect, test } from 'vitest';
import { serveOverHttp } from '../../src/mcp/http/serve.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { ON_LOOPBACK, posted } from '../support/http.js';

// A caller gets its answer in a form that its Accept header takes.

const environment = createEnvironment([demoSource()]);
const server = await serveOverHttp(async () => environment, environment.log, ON_LOOPBACK);
afterAll(() => server.close());

const JSON_TYPE = 'application/json';
const EVENTS_TYPE = 'text/event-stream';
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const ERAS = ['2025-11-25', '2026-07-28'] as const;
type Era = (typeof ERAS)[number];

/** Sends one message; `fetch` itself would send an Accept header of its own where none is given. */
function send(era: Era, accept: string, method: string, params: Record<string, unknown> = {}) {
  const isModern = era === '2026-07-28';
  const name = isModern && typeof params.name === 'string' ? { 'mcp-name': params.name } : {};
  return fetch(server.url, {
    method: 'POST',
    headers: {
      'content-type': JSON_TYPE,
      'mcp-protocol-version': era,
      accept,
      ...(isModern ? { 'mcp-method': method, ...name } : {}),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: { ...params, _meta: { progressToken: 'p', ...(isModern ? META : {}) } },
    }),
  });
}

const CALL = { name: 'investigate', arguments: { service: 'checkout-api', ...INCIDENT_WINDOW } };

describe.each(ERAS)('%s', (era) => {
  test.each([
    ['*/*', JSON_TYPE],
    [JSON_TYPE, JSON_TYPE],
    ['Application/JSON; charset=utf-8', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['application/json, text/plain, */*', JSON_TYPE],
    [`${JSON_TYPE}, ${EVENTS_TYPE};q=0`, JSON_TYPE],
    [`${JSON_TYPE};q=0.5, ${EVENTS_TYPE};q=0.0`, JSON_TYPE],
    ['', JSON_TYPE],
    [EVENTS_TYPE, EVENTS_TYPE],
    ['text/*', EVENTS_TYPE],
    [`${EVENTS_TYPE}, application/json;q=0`, EVENTS_TYPE],
    [`*/*, ${JSON_TYPE};q=0`, EVENTS_TYPE],
  ])('Accept: %s is answered with %s', async (accept, type) => {
    const response = await send(era, accept, 'tools/call', CALL);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.status).toBe(200);
    const body = await response.text();
    // Events of progress come before the answer.
    const data = type === JSON_TYPE ? body : body.trimEnd().split('\ndata: ').at(-1);
    const message: unknown = JSON.parse(data ?? '');
    expect(message).toMatchObject({ jsonrpc: '2.0', id: 1 });
    expect(data).toContain('coupon.loadPattern');
  });

  test.each([JSON_TYPE, EVENTS_TYPE])('an error comes as %s, too', async (accept) => {
    const { message } = await posted(await send(era, accept, 'tools/call', { name: 'nope', arguments: {} }));
    expect(message).toMatchObject({ id: 1, error: { code: -32_602 } });
  });

  test('both named: progress comes before the answer', async () => {
    const response = await send(era, `${JSON_TYPE}, ${EVENTS_TYPE}`, 'tools/call', CALL);
    expect(response.headers.get('content-type')).toBe(EVENTS_TYPE);
    const text = await response.text();
    expect(text.indexOf('notifications/progress')).toBeGreaterThan(0);
    expect(text.indexOf('coupon.loadPattern')).toBeGreaterThan(text.indexOf('notifications/progress'));
  });

  test.each(['text/html', 'image/*', `${JSON_TYPE};q=0`])(
    'Accept: %s is refused, with what to send',
    async (accept) => {
      const { status, message, text } = await posted(await send(era, accept, 'tools/list'));
      expect(status).toBe(406);
      expect(message?.id).toBe(1);
      expect(text).toBe(
        `The header Accept: "${accept}" takes no form of this answer. Send Accept: application/json, text/event-stream.`,
      );
    },
  );
});

test('a subscription is a stream, and refused to a caller that takes JSON only', async () => {
  expect((await send('2026-07-28', JSON_TYPE, 'subscriptions/listen')).status).toBe(406);
});

test('a notification is taken whatever the header says', async () => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': JSON_TYPE, accept: 'text/html' },
    body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
  });
  expect(response.status).toBe(202);
});
