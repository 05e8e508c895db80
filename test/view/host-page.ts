import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

/** Functions that the test lends to the page of the host, and what it asks of it. */
declare global {
  interface Window {
    readResource(uri: string): Promise<string>;
    note(what: string, value: unknown): Promise<void>;
    startHost(options: HostOptions): Promise<void>;
    changeContext(context: Record<string, unknown>): void;
    sendInput(args: Record<string, unknown>): Promise<void>;
    sendText(text: string): Promise<void>;
  }
}

export interface HostOptions {
  src: string;
  context: Record<string, unknown>;
  capabilities: Record<string, object>;
}

let bridge: AppBridge | null = null;

/** Shows an app as a chat does: in a frame without an origin, with the official bridge. */
window.startHost = async ({ src, context, capabilities }) => {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.style.cssText = 'width: 100%; height: 760px; border: 0';
  document.body.append(frame);
  const view = frame.contentWindow;
  if (view === null) throw new Error('a frame without a window');
  bridge = new AppBridge(null, { name: 'test-host', version: '1' }, capabilities, { hostContext: context });
  bridge.onreadresource = async ({ uri }) => ({ contents: [{ uri, text: await window.readResource(uri) }] });
  bridge.onopenlink = async (params) => {
    await window.note('link', params);
    return {};
  };
  bridge.onmessage = async (params) => {
    await window.note('message', params);
    return {};
  };
  bridge.onsizechange = (params) => void window.note('size', params);
  bridge.oninitialized = () => void window.note('initialized', bridge?.getAppVersion());
  await bridge.connect(new PostMessageTransport(view, view));
  frame.src = src;
};

window.changeContext = (context) => bridge?.setHostContext(context);

window.sendInput = async (args) => {
  await bridge?.sendToolInput({ arguments: args });
};

window.sendText = async (text) => {
  await bridge?.sendToolResult({ content: [{ type: 'text', text }] });
};
