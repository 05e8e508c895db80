import { describe, expect, test } from 'vitest';
import { createReplies } from './replies.js';

const recorded = {
  results: ['{"old":true}', '{"tools":[1]}', '{"new":true}', '{"tools":[2]}'],
  versions: {
    '2025-11-25': { initialize: 0, 'tools/list': 1 },
    '2026-07-28': { 'server/discover': 2, 'tools/list': 3 },
  },
};
const clientInfo = { name: 'c', version: '1' };
const handshake = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
const initialize = (params: unknown = handshake) => ({ method: 'initialize', params });
const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': clientInfo,
  'io.modelcontextprotocol/clientCapabilities': {},
};
const modern = (method: string, meta: unknown = envelope) => ({ method, params: { _meta: meta } });
const line = (message: object) => JSON.stringify({ jsonrpc: '2.0', id: 1, ...message });
const opened = () => {
  const reply = createReplies(recorded);
  reply(line(initialize()));
  return reply;
};

describe('a session of the older era', () => {
  test('opens with the handshake and the lists', () => {
    const reply = createReplies(recorded);
    expect(reply(line({ id: 'a"b', ...initialize() }))).toEqual({
      kind: 'answered',
      id: 'a"b',
      text: '{"result":{"old":true},"jsonrpc":"2.0","id":"a\\"b"}\n',
      isHandshake: true,
    });
    const notification = '{"jsonrpc":"2.0","method":"notifications/initialized"}\r';
    expect(reply(notification)).toEqual({ kind: 'silent' });
    const list = { id: 2, text: '{"result":{"tools":[1]},"jsonrpc":"2.0","id":2}\n', isHandshake: false };
    expect(reply(line({ id: 2, method: 'tools/list' }))).toEqual({ kind: 'answered', ...list });
    expect(reply(line({ id: 2, method: 'tools/list', params: {} }))).toEqual({ kind: 'answered', ...list });
  });

  test.each([
    ['capabilities', { roots: { listChanged: true }, sampling: {}, elicitation: { form: {}, url: {} } }],
    ['extensions', { extensions: { 'io.x/ui': { mimeTypes: ['a'] } }, experimental: { a: { b: 1 } } }],
  ])('takes %s that clients send', (_name, capabilities) => {
    expect(createReplies(recorded)(line(initialize({ ...handshake, capabilities }))).kind).toBe('answered');
  });

  test.each([
    ['a version that is not recorded', { ...handshake, protocolVersion: '2099-01-01' }],
    ['a version that is a name of every object', { ...handshake, protocolVersion: 'constructor' }],
    ['no version', { capabilities: {}, clientInfo }],
    ['no client', { protocolVersion: '2025-11-25', capabilities: {} }],
    ['a client without version', { ...handshake, clientInfo: { name: 'c' } }],
    ['a client with icons', { ...handshake, clientInfo: { ...clientInfo, icons: [] } }],
    ['a title that is no text', { ...handshake, clientInfo: { ...clientInfo, title: 1 } }],
    ['capabilities that are a list', { ...handshake, capabilities: [] }],
    ['a capability that is no object', { ...handshake, capabilities: { roots: true } }],
    ['a capability of another form', { ...handshake, capabilities: { roots: { listChanged: 'yes' } } }],
    ['one with a part that is not known', { ...handshake, capabilities: { sampling: { other: {} } } }],
    ['an elicitation of another form', { ...handshake, capabilities: { elicitation: { form: 1 } } }],
    ['an extension that is no object', { ...handshake, capabilities: { extensions: { a: 1 } } }],
    ['a capability that is not known', { ...handshake, capabilities: { tasks: {} } }],
    ['a further parameter', { ...handshake, _meta: {} }],
    ['no parameters', undefined],
  ])('leaves a handshake with %s to the server', (_name, params) => {
    expect(createReplies(recorded)(line({ method: 'initialize', params })).kind).toBe('unknown');
  });

  test.each([
    ['a call', line({ method: 'tools/call', params: { name: 'x' } })],
    ['a list with a cursor', line({ method: 'tools/list', params: { cursor: 'a' } })],
    ['a list that is not recorded', line({ method: 'prompts/list' })],
    ['a second handshake', line(initialize())],
    ['a ping', line({ method: 'ping' })],
    ['another notification', '{"jsonrpc":"2.0","method":"notifications/cancelled"}'],
    ['a notification with parameters', '{"jsonrpc":"2.0","method":"notifications/initialized","params":{}}'],
    ['another version of JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"tools/list"}'],
    ['a further field', line({ method: 'tools/list', other: 1 })],
    ['an id that is no whole number', line({ id: 1.5, method: 'tools/list' })],
    ['an id that is null', line({ id: null, method: 'tools/list' })],
    ['a batch', `[${line({ method: 'tools/list' })}]`],
    ['no JSON', 'tools/list'],
    ['an empty line', ''],
    ['a response', '{"jsonrpc":"2.0","id":1,"result":{}}'],
  ])('leaves %s to the server', (_name, text) => {
    expect(opened()(text)).toEqual({ kind: 'unknown' });
  });

  test('does not begin with a list, nor with the notification', () => {
    expect(createReplies(recorded)(line({ method: 'tools/list' })).kind).toBe('unknown');
    const notification = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
    expect(createReplies(recorded)(notification).kind).toBe('unknown');
  });
});

describe('a session of the newer era', () => {
  test('opens with any request that is recorded', () => {
    const reply = createReplies(recorded);
    expect(reply(line(modern('tools/list')))).toMatchObject({
      text: '{"result":{"tools":[2]},"jsonrpc":"2.0","id":1}\n',
      isHandshake: false,
    });
    expect(reply(line(modern('server/discover')))).toMatchObject({ kind: 'answered', isHandshake: true });
  });

  test.each([
    ['another version', { ...envelope, 'io.modelcontextprotocol/protocolVersion': '2027-01-01' }],
    ['no version', { ...envelope, 'io.modelcontextprotocol/protocolVersion': undefined }],
    ['no client', { ...envelope, 'io.modelcontextprotocol/clientInfo': undefined }],
    ['capabilities of another form', { ...envelope, 'io.modelcontextprotocol/clientCapabilities': 1 }],
    ['a progress token', { ...envelope, progressToken: 1 }],
    ['no envelope', {}],
  ])('leaves a request with %s to the server', (_name, meta) => {
    expect(createReplies(recorded)(line(modern('tools/list', meta))).kind).toBe('unknown');
  });

  test('leaves a handshake of the older era after it to the server', () => {
    const reply = createReplies(recorded);
    reply(line(modern('tools/list')));
    expect(reply(line(initialize())).kind).toBe('unknown');
  });

  test('does not mix with the older era', () => {
    expect(opened()(line(modern('tools/list'))).kind).toBe('unknown');
  });
});
