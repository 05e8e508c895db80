import type { RequestId } from '@modelcontextprotocol/server';

/** Answers to the first requests of a session, recorded from the server itself when it was built. */
export interface Recorded {
  /** Results as JSON. */
  results: readonly string[];
  /** Index of the result by protocol version and method. */
  versions: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The part that a message has in the opening of a session. */
export type Part =
  /** A request with its answer. `isHandshake` says that the client may wait for it before it goes on. */
  | { kind: 'answered'; id: RequestId; text: string; isHandshake: boolean }
  /** A notification, which has no answer. */
  | { kind: 'silent' }
  /** Anything else, which the server must answer. */
  | { kind: 'unknown' };

type JsonObject = Readonly<Record<string, unknown>>;

const UNKNOWN = { kind: 'unknown' } as const;
const LISTS = /\/list$/;
const META = 'io.modelcontextprotocol/';

/**
 * Tells the opening of a session apart from everything else, message by message: the handshake and the lists,
 * as clients of either protocol era send them. It takes only forms of which it is certain that the server
 * would accept them; the recorded answer is then the one that the server would give.
 */
export function createReplies({ results, versions }: Recorded): (line: string) => Part {
  let isFirst = true;
  /** Version that `initialize` named; requests of that era do not repeat it. */
  let negotiated: string | null = null;
  return (line) => {
    const message = parseObject(line);
    if (message === null || message.jsonrpc !== '2.0') return UNKNOWN;
    const { jsonrpc: _, id, method, params, ...others } = message;
    if (typeof method !== 'string' || Object.keys(others).length > 0) return UNKNOWN;
    if (id === undefined) {
      const isExpected = negotiated !== null && method === 'notifications/initialized';
      return isExpected && params === undefined ? { kind: 'silent' } : UNKNOWN;
    }
    if (typeof id !== 'string' && !Number.isSafeInteger(id)) return UNKNOWN;
    const version = readVersion(method, params, isFirst, negotiated);
    const result = version === null ? undefined : results[lookUp(versions, version, method) ?? -1];
    if (result === undefined) return UNKNOWN;
    if (method === 'initialize') negotiated = version;
    const text = `{"result":${result},"jsonrpc":"2.0","id":${JSON.stringify(id)}}\n`;
    isFirst = false;
    return { kind: 'answered', id: id as RequestId, text, isHandshake: !LISTS.test(method) };
  };
}

function lookUp(versions: Recorded['versions'], version: string, method: string): number | undefined {
  const methods = Object.hasOwn(versions, version) ? versions[version] : undefined;
  return methods !== undefined && Object.hasOwn(methods, method) ? methods[method] : undefined;
}

/** The protocol version of a request; null for a form that is not certain to be accepted. */
function readVersion(
  method: string,
  params: unknown,
  isFirst: boolean,
  negotiated: string | null,
): string | null {
  if (method === 'initialize') {
    if (!isFirst || !isObject(params)) return null;
    const { protocolVersion, capabilities, clientInfo, ...others } = params;
    const isCertain = isEmpty(others) && areCapabilities(capabilities) && isClientInfo(clientInfo);
    return isCertain && typeof protocolVersion === 'string' ? protocolVersion : null;
  }
  if (negotiated !== null) return params === undefined || isEmpty(params) ? negotiated : null;
  if (!isObject(params) || !isObject(params._meta) || Object.keys(params).length !== 1) return null;
  const {
    [`${META}protocolVersion`]: protocolVersion,
    [`${META}clientInfo`]: clientInfo,
    [`${META}clientCapabilities`]: capabilities,
    ...others
  } = params._meta;
  const isCertain = isEmpty(others) && areCapabilities(capabilities) && isClientInfo(clientInfo);
  return isCertain && typeof protocolVersion === 'string' ? protocolVersion : null;
}

/** Capabilities of clients whose form is certain, with the check of each. */
const CAPABILITIES: Readonly<Record<string, (value: JsonObject) => boolean>> = {
  roots: ({ listChanged, ...others }) =>
    isEmpty(others) && (listChanged === undefined || typeof listChanged === 'boolean'),
  sampling: ({ context, tools, ...others }) =>
    isEmpty(others) && [context, tools].every((part) => part === undefined || isEmpty(part)),
  elicitation: ({ form, url, ...others }) =>
    isEmpty(others) && [form, url].every((part) => part === undefined || isEmpty(part)),
  experimental: (value) => Object.values(value).every(isObject),
  extensions: (value) => Object.values(value).every(isObject),
};

function areCapabilities(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.entries(value).every(
      ([name, part]) =>
        Object.hasOwn(CAPABILITIES, name) && isObject(part) && CAPABILITIES[name]?.(part) === true,
    )
  );
}

function isClientInfo(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, version, title = '', description = '', websiteUrl = '', ...others } = value;
  return (
    isEmpty(others) &&
    [name, version, title, description, websiteUrl].every((text) => typeof text === 'string')
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function parseObject(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
