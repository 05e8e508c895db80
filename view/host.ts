import type { Json, JsonObject } from '../src/report/render.js';

/** A message of JSON-RPC, as far as it is looked at. */
interface Message {
  jsonrpc?: string;
  id?: number | string;
  method?: string;
  params?: JsonObject;
  result?: JsonObject;
  error?: { code?: number; message?: string };
}

/** Facts that the host told about itself and its page. */
export interface HostState {
  theme: 'light' | 'dark' | null;
  locale: string | undefined;
  canOpenLinks: boolean;
  canMessage: boolean;
  /** Arguments of the call whose answer is shown; null until the host sends them. */
  args: JsonObject | null;
  /** Text of the answer that the chat shows; null until the host sends it. */
  text: string | null;
}

export interface Host {
  request(method: string, params: JsonObject): Promise<JsonObject>;
  notify(method: string, params: JsonObject): void;
}

const PROTOCOL = '2026-01-26';

/**
 * Speaks with the host of an MCP App (SEP-1865): greets it, and passes on what it says later.
 *
 * @param onChange gets the state whenever the host changed it
 */
export async function connect(
  onChange: (state: HostState) => void,
  version: string,
): Promise<{ host: Host; state: HostState }> {
  const open = new Map<number, { resolve(result: JsonObject): void; reject(error: Error): void }>();
  let lastId = 0;
  const send = (message: Message) => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const host: Host = {
    request: (method, params) =>
      new Promise((resolve, reject) => {
        lastId++;
        open.set(lastId, { resolve, reject });
        send({ id: lastId, method, params });
      }),
    notify: (method, params) => send({ method, params }),
  };
  const state: HostState = {
    theme: null,
    locale: undefined,
    canOpenLinks: false,
    canMessage: false,
    args: null,
    text: null,
  };
  const read = (context: JsonObject) => {
    if (context.theme === 'light' || context.theme === 'dark') state.theme = context.theme;
    if (typeof context.locale === 'string' && isLocale(context.locale)) state.locale = context.locale;
  };
  window.addEventListener('message', ({ source, data }: MessageEvent<Message>) => {
    // Other frames may write here, too.
    if (source !== window.parent || typeof data !== 'object' || data === null || data.jsonrpc !== '2.0')
      return;
    const { id, method, params = {} } = data;
    if (method === undefined) {
      const waiting = open.get(Number(id));
      open.delete(Number(id));
      if (data.error !== undefined) waiting?.reject(new Error(data.error.message ?? 'the host refused'));
      else waiting?.resolve(data.result ?? {});
      return;
    }
    if (method === 'ui/notifications/tool-input') state.args = readObject(params.arguments) ?? {};
    else if (method === 'ui/notifications/tool-result') state.text = readText(params.content);
    else if (method === 'ui/notifications/host-context-changed') read(params);
    else if (id !== undefined) {
      // A ping, or the host says goodbye: nothing has to be kept.
      const isKnown = method === 'ping' || method === 'ui/resource-teardown';
      send(isKnown ? { id, result: {} } : { id, error: { code: -32_601, message: method } });
      return;
    }
    onChange(state);
  });
  const result = await host.request('ui/initialize', {
    protocolVersion: PROTOCOL,
    appInfo: { name: 'pyroscope-mcp-view', version },
    appCapabilities: {},
  });
  const abilities = readObject(result.hostCapabilities) ?? {};
  state.canOpenLinks = abilities.openLinks !== undefined;
  state.canMessage = abilities.message !== undefined;
  read(readObject(result.hostContext) ?? {});
  host.notify('ui/notifications/initialized', {});
  return { host, state };
}

function readObject(value: Json | undefined): JsonObject | null {
  // An array is an object, too, and holds no field that is asked for.
  return typeof value === 'object' && value !== null ? (value as JsonObject) : null;
}

/** The text of the first block of an answer; null where it has none. */
function readText(content: Json | undefined): string | null {
  const [first] = Array.isArray(content) ? content : [];
  const text = readObject(first)?.text;
  return typeof text === 'string' ? text : null;
}

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length > 0;
  } catch {
    return false;
  }
}
