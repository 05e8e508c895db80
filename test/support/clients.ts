import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdioTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { cleanEnvironment, MAIN } from './process.js';

/** A client of either SDK, as far as the tests use it. */
export interface TestClient {
  listTools(): Promise<{ name: string; inputSchema: unknown; annotations?: unknown }[]>;
  /** @param signal cancels the call as the client does by itself */
  callTool(
    name: string,
    args: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<{ text: string; isError: boolean }>;
  listPrompts(): Promise<
    { name: string; arguments?: { name: string; required?: boolean | undefined }[] | undefined }[]
  >;
  /** The text of a prompt. */
  getPrompt(name: string, args: Record<string, string> | undefined): Promise<string>;
  /** Completes an argument of a prompt while the others are filled in. */
  complete(
    prompt: string,
    argument: string,
    written: string,
    given?: Record<string, string>,
  ): Promise<string[]>;
  listResources(): Promise<{ uri: string; mimeType?: string | undefined }[]>;
  listResourceTemplates(): Promise<{ name: string; uriTemplate: string }[]>;
  /** The text of a resource. */
  readResource(uri: string): Promise<string>;
  /** A resource as it arrives: its contents, and how long it may be kept. */
  readWhole(
    uri: string,
  ): Promise<{ contents: readonly ResourceContent[]; ttlMs?: unknown; cacheScope?: unknown }>;
  /** Completes a variable of a resource template. */
  completeVariable(template: string, variable: string, written: string): Promise<string[]>;
  instructions(): string | undefined;
  protocolVersion(): string | undefined;
  close(): Promise<void>;
}

/** Content of a resource. */
export interface ResourceContent {
  uri: string;
  mimeType?: string | undefined;
  text?: string;
  blob?: string;
}

/** How a client speaks: this year's SDK in either protocol era, or last year's SDK. */
export const CLIENTS = ['modern era', 'legacy era', 'SDK 1.x'] as const;
export type ClientKind = (typeof CLIENTS)[number];

/** Connects to the built program, started with these arguments, over stdio. */
export async function connectStdio(kind: ClientKind, args: readonly string[]): Promise<TestClient> {
  const server = { command: process.execPath, args: [MAIN, ...args], env: cleanEnvironment() };
  if (kind === 'SDK 1.x') return connectOld(new OldStdioTransport(server));
  return connectNew(kind, new StdioClientTransport(server));
}

/** Connects to any program over stdio, started as a client's configuration says. */
export function connectTo(server: {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd?: string;
}): Promise<TestClient> {
  return connectNew('modern era', new StdioClientTransport(server));
}

/** Connects over HTTP; `fetch` replaces the network. */
export async function connectHttp(
  kind: ClientKind,
  url: string,
  fetch?: (input: string | URL, init?: RequestInit) => Promise<Response>,
): Promise<TestClient> {
  const options = fetch === undefined ? {} : { fetch };
  if (kind === 'SDK 1.x') return connectOld(new OldHttpTransport(new URL(url), options));
  return connectNew(kind, new StreamableHTTPClientTransport(new URL(url), options));
}

async function connectNew(
  kind: ClientKind,
  transport: Parameters<Client['connect']>[0],
): Promise<TestClient> {
  const mode = kind === 'modern era' ? 'auto' : 'legacy';
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(transport);
  return {
    listTools: async () => (await client.listTools()).tools,
    callTool: async (name, args, signal) =>
      flat(await client.callTool({ name, arguments: args }, signal === undefined ? {} : { signal })),
    listPrompts: async () => (await client.listPrompts()).prompts,
    getPrompt: async (name, args) =>
      promptText(await client.getPrompt({ name, ...(args === undefined ? {} : { arguments: args }) })),
    complete: async (...args) => (await client.complete(completion(...args))).completion.values,
    listResources: async () => (await client.listResources()).resources,
    listResourceTemplates: async () => (await client.listResourceTemplates()).resourceTemplates,
    readResource: async (uri) => listTexts((await client.readResource({ uri })).contents),
    readWhole: (uri) => client.readResource({ uri }),
    completeVariable: async (uri, name, value) =>
      (await client.complete({ ref: { type: 'ref/resource', uri }, argument: { name, value } })).completion
        .values,
    instructions: () => client.getInstructions(),
    protocolVersion: () => client.getNegotiatedProtocolVersion(),
    close: () => client.close(),
  };
}

async function connectOld(transport: OldStdioTransport | OldHttpTransport): Promise<TestClient> {
  const client = new OldClient({ name: 'test', version: '1' });
  let version: string | undefined;
  // The HTTP transport knows the version only by this call; stdio has no such method.
  if (transport instanceof OldHttpTransport) {
    const set = transport.setProtocolVersion.bind(transport);
    transport.setProtocolVersion = (negotiated) => {
      version = negotiated;
      set(negotiated);
    };
  }
  // Under exactOptionalPropertyTypes the SDK's own transports do not fit its own interface.
  await client.connect(transport as Parameters<OldClient['connect']>[0]);
  return {
    listTools: async () => (await client.listTools()).tools,
    callTool: async (name, args, signal) =>
      flat(
        await client.callTool({ name, arguments: args }, undefined, signal === undefined ? {} : { signal }),
      ),
    listPrompts: async () => (await client.listPrompts()).prompts,
    getPrompt: async (name, args) =>
      promptText(await client.getPrompt({ name, ...(args === undefined ? {} : { arguments: args }) })),
    complete: async (...args) => (await client.complete(completion(...args))).completion.values,
    listResources: async () => (await client.listResources()).resources,
    listResourceTemplates: async () => (await client.listResourceTemplates()).resourceTemplates,
    readResource: async (uri) => listTexts((await client.readResource({ uri })).contents),
    readWhole: (uri) => client.readResource({ uri }),
    completeVariable: async (uri, name, value) =>
      (await client.complete({ ref: { type: 'ref/resource', uri }, argument: { name, value } })).completion
        .values,
    instructions: () => client.getInstructions(),
    protocolVersion: () => version,
    close: () => client.close(),
  };
}

function flat(result: object): { text: string; isError: boolean } {
  return {
    text: listTexts(Reflect.get(result, 'content')),
    isError: Reflect.get(result, 'isError') === true,
  };
}

function listTexts(content: unknown): string {
  const blocks: unknown[] = Array.isArray(content) ? content : [];
  return blocks.map((block) => String(Reflect.get(Object(block), 'text'))).join('\n');
}

function promptText({ messages }: { messages: { content: unknown }[] }): string {
  return listTexts(messages.map(({ content }) => content));
}

function completion(prompt: string, name: string, value: string, given: Record<string, string> = {}) {
  return {
    ref: { type: 'ref/prompt' as const, name: prompt },
    argument: { name, value },
    context: { arguments: given },
  };
}
