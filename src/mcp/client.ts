import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { PACKAGE } from '../version.js';
import type { CallResult } from './call.js';

/** A connection to a server in a child process. */
export interface ChildServer {
  /** @throws Error when the server refuses the call or is gone */
  callTool(name: string, args: Readonly<Record<string, unknown>>): Promise<CallResult>;
  /** Ends the child process. */
  close(): Promise<void>;
}

/**
 * Starts a Node program as an MCP server over stdio and connects to it as any client would. The child gets
 * only the environment variables that every program needs (PATH, HOME and the like).
 */
export async function connectToChild(script: string, args: readonly string[]): Promise<ChildServer> {
  const client = new Client(
    { name: `${PACKAGE.name}-client`, version: PACKAGE.version },
    { versionNegotiation: { mode: 'auto' } },
  );
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [script, ...args] }));
  return {
    async callTool(name, callArguments) {
      const result = await client.callTool({ name, arguments: { ...callArguments } });
      const text = result.content.map((block) => (block.type === 'text' ? block.text : `(${block.type})`));
      return { text: text.join('\n'), isError: result.isError === true };
    },
    close: () => client.close(),
  };
}
