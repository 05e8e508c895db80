import { type CallToolResult, McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { type Meter, NO_METER } from '../telemetry/meter.js';
import { serveInSpan } from '../telemetry/spans.js';
import { TOOLS } from '../tools/index.js';
import { PACKAGE } from '../version.js';
import { type CallEnvironment, callTool } from './call.js';
import { completion } from './completion.js';
import { callerSignal, describeRequest, progressTo } from './exchange.js';
import { inputJsonSchema } from './input-schema.js';
import { INSTRUCTIONS } from './instructions.js';
import { findAppAddress } from './pictures/address.js';
import { promptRegistration } from './serve-prompts.js';
import { resourceRegistration } from './serve-resources.js';
import { unknownTool } from './unknown-names.js';

/** Every tool only reads, and asks only the profile stores that an operator configured. */
export const ANNOTATIONS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;

/**
 * Time for which a client may keep lists and the guide, and whether caches may share them: they are equal for
 * every caller, and change only with the version of the server.
 */
const CACHE_HINT = { ttlMs: 300_000, cacheScope: 'public' } as const;
const CACHE_HINTS = {
  'server/discover': CACHE_HINT,
  'tools/list': CACHE_HINT,
  'prompts/list': CACHE_HINT,
  'resources/list': CACHE_HINT,
  'resources/templates/list': CACHE_HINT,
  'resources/read': CACHE_HINT,
} as const;

/** No list changes while the server runs: the modern protocol wants them stable. */
const CAPABILITIES = {
  tools: { listChanged: false },
  prompts: { listChanged: false },
  resources: { listChanged: false },
} as const;

/**
 * Schemas in the form that the SDK wants. It shows them in `tools/list`, but the call boundary checks the
 * arguments, since its errors name the valid ones. They are built once, because the factory below runs per
 * HTTP request.
 */
const SCHEMAS = new Map(
  TOOLS.map((tool) => {
    const json = inputJsonSchema(tool);
    return [
      tool.name,
      {
        '~standard': {
          version: 1 as const,
          vendor: 'pyroscope-mcp',
          validate: (value: unknown) => ({ value }),
          jsonSchema: { input: () => json, output: () => json },
        },
      },
    ];
  }),
);

export interface FactoryOptions {
  /** Ends the calls in flight with an answer that says so. */
  stopped?: AbortSignal;
  /** Meter that counts operations other than calls; the meter of the environment counts the calls. */
  meter?: Meter;
}

/**
 * Makes the factory that both transports use; one server object per connection or HTTP request.
 * @param environmentOf asked with every call, so that a server can list its tools before it has loaded its
 *   sources
 */
export function createServerFactory(
  environmentOf: () => Promise<CallEnvironment>,
  { stopped, meter = NO_METER }: FactoryOptions = {},
): () => McpServer {
  const environmentNow = async () => {
    const environment = await environmentOf();
    return stopped === undefined ? environment : { ...environment, stopped };
  };
  const complete = completion(environmentOf, meter);
  const registerPrompts = promptRegistration(environmentOf, complete, meter);
  const registerResources = resourceRegistration(environmentNow, complete, meter);
  /** @throws ProtocolError for a tool that does not exist, as the protocol demands */
  const callNamed = async (name: string, args: unknown, call: ServerContext): Promise<CallToolResult> => {
    const tool = TOOLS.find((each) => each.name === name);
    if (tool === undefined) throw unknownTool(name);
    const environment = await environmentNow();
    const { text, isError } = await serveInSpan(
      describeRequest('tools/call', name, call),
      () => callTool(tool, args, environment, callerSignal(call), progressTo(call.mcpReq)),
      (result) => result.isError,
    );
    return { content: [{ type: 'text', text }], ...(isError ? { isError } : {}) };
  };
  return () => {
    const server = new McpServer(
      { name: PACKAGE.name, title: 'Pyroscope profiles', version: PACKAGE.version },
      { instructions: INSTRUCTIONS, capabilities: CAPABILITIES, cacheHints: CACHE_HINTS },
    );
    registerPrompts(server);
    registerResources(server);
    for (const { name, title, description } of TOOLS) {
      const inputSchema = SCHEMAS.get(name);
      if (inputSchema === undefined) continue;
      const tool = { title, description, inputSchema, annotations: ANNOTATIONS, ...linkApp(name) };
      server.registerTool(name, tool, (args, call) => callNamed(name, args, call));
    }
    // Replaces the SDK's own handler, which says only that a tool is not found.
    server.server.setRequestHandler('tools/call', ({ params }, call) =>
      callNamed(params.name, params.arguments, call),
    );
    return server;
  };
}

/**
 * The page that a host of MCP Apps shows next to a tool's answers (SEP-1865); the second key is that of older
 * hosts. It is always declared: over stateless HTTP a server cannot see what the host can do.
 */
function linkApp(tool: string): { _meta?: Record<string, unknown> } {
  const uri = findAppAddress(tool);
  return uri === null ? {} : { _meta: { ui: { resourceUri: uri }, 'ui/resourceUri': uri } };
}
