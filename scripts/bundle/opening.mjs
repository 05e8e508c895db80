import { PassThrough } from 'node:stream';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { createServerFactory } from '../../dist/mcp/server.js';

/** Versions whose requests carry the version, and need no handshake. */
const MODERN = ['2026-07-28'];
const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
const CLIENT = { name: 'recorder', version: '1' };

/**
 * Records how the server answers the opening of a session, for every version of the protocol: handshake and
 * lists are the same for every client, and a start that has them need not load the SDK first
 * (src/mcp/opening/).
 */
export async function recordOpening() {
  const results = [];
  const versions = {};
  const keep = (result) => {
    const text = JSON.stringify(result);
    if (!results.includes(text)) results.push(text);
    return results.indexOf(text);
  };
  for (const version of new Set([...SUPPORTED_PROTOCOL_VERSIONS, ...MODERN])) {
    const isModern = MODERN.includes(version);
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': CLIENT,
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const params = { protocolVersion: version, capabilities: {}, clientInfo: CLIENT };
    const first = isModern ? { method: 'server/discover' } : { method: 'initialize', params };
    const requests = [first, ...LISTS.map((method) => ({ method }))];
    const answers = await converse(
      isModern ? requests.map((each) => ({ ...each, params: { _meta } })) : requests,
    );
    versions[version] = Object.fromEntries(requests.map(({ method }, at) => [method, keep(answers[at])]));
  }
  return { results, versions };
}

/** Results of some requests, one after the other in a session of their own. */
async function converse(requests) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const server = serveStdio(
    createServerFactory(() => Promise.reject(new Error('the opening makes no call'))),
    { transport: new StdioServerTransport(input, output) },
  );
  const results = [];
  const answers = output.setEncoding('utf8')[Symbol.asyncIterator]();
  let text = '';
  for (const [id, request] of requests.entries()) {
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...request })}\n`);
    while (!text.includes('\n')) text += (await answers.next()).value;
    const { id: answered, result } = JSON.parse(text);
    if (answered !== id || result === undefined) throw new Error(`${request.method}: ${text}`);
    text = '';
    results.push(result);
  }
  await server.close();
  return results;
}
