import { type CallToolResult, McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { type Progress, progressText } from '../query/context.js';
import { type Meter, NO_METER } from '../telemetry/meter.js';
import { preferTrace, readTrace, type TraceContext, withTrace } from '../telemetry/trace.js';
import { TOOLS } from '../tools/index.js';
import { PACKAGE } from '../version.js';
import { type CallEnvironment, callTool } from './call.js';
import { inputJsonSchema } from './input-schema.js';
import { INSTRUCTIONS } from './instructions.js';
import { findAppAddress, isPictureAddress, readAppAddress } from './pictures/address.js';
import { type ReadUnlisted, registerGuide } from './serve-guide.js';
import { promptRegistration } from './serve-prompts.js';
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
  const registerPrompts = promptRegistration(environmentOf, meter);
  /** @throws ProtocolError for a tool that does not exist, as the protocol demands */
  const callNamed = async (name: string, args: unknown, call: ServerContext): Promise<CallToolResult> => {
    const tool = TOOLS.find((each) => each.name === name);
    if (tool === undefined) throw unknownTool(name);
    const environment = await environmentNow();
    const { text, isError } = await withTrace(readCallTrace(call), () =>
      callTool(tool, args, environment, callerSignal(call), progressTo(call.mcpReq)),
    );
    return { content: [{ type: 'text', text }], ...(isError ? { isError } : {}) };
  };
  /** Reads pictures and the pages that show them, which only a host of MCP Apps asks for. */
  const readUnlisted: ReadUnlisted = async (uri, call) => {
    const tool = readAppAddress(uri);
    if (tool === null && !isPictureAddress(uri)) return null;
    const [{ readApp, readPicture }, environment] = await Promise.all([
      import('./pictures/read.js'),
      environmentNow(),
    ]);
    if (tool !== null) return readApp(uri, tool);
    return withTrace(readCallTrace(call), () =>
      readPicture(uri, environment, callerSignal(call), progressTo(call.mcpReq)),
    );
  };
  return () => {
    const server = new McpServer(
      { name: PACKAGE.name, title: 'Pyroscope profiles', version: PACKAGE.version },
      { instructions: INSTRUCTIONS, capabilities: CAPABILITIES, cacheHints: CACHE_HINTS },
    );
    registerPrompts(server);
    registerGuide(server, meter, readUnlisted);
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
 * Aborts when the caller gives the call up. The SDK ends a call over HTTP of the older protocols only with a
 * connection that closes after the call has begun.
 */
function callerSignal({ mcpReq, http }: ServerContext): AbortSignal {
  const connection = http?.req?.signal;
  return connection === undefined ? mcpReq.signal : AbortSignal.any([mcpReq.signal, connection]);
}

/** The trace that a call belongs to: of the message, else of the HTTP request that it came with. */
function readCallTrace({ mcpReq, http }: ServerContext): TraceContext {
  const meta = new Map(Object.entries(mcpReq._meta ?? {}));
  const headers = http?.req?.headers;
  return preferTrace(
    readTrace((name) => meta.get(name)),
    readTrace((name) => headers?.get(name)),
  );
}

/** Progress notifications for a request that came with a token; undefined for one without. */
function progressTo({ _meta, notify }: ServerContext['mcpReq']): Progress | undefined {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (progress, goal) => {
    const total = goal === undefined ? {} : { total: goal.total };
    const params = { progressToken, progress, ...total, message: progressText(progress, goal) };
    // A client that does not listen any more must not fail the call.
    notify({ method: 'notifications/progress', params }).catch(() => {});
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
