import { type McpServer, ResourceTemplate, type ServerContext } from '@modelcontextprotocol/server';
import type { Meter } from '../telemetry/meter.js';
import { serveInSpan } from '../telemetry/spans.js';
import type { CallEnvironment } from './call.js';
import type { Completion } from './completion.js';
import { callerSignal, describeRequest, progressTo } from './exchange.js';
import { exportTemplate, isExportAddress } from './exports/address.js';
import { EXPORT_RESOURCE } from './exports/surface.js';
import { isPictureAddress, readAppAddress } from './pictures/address.js';
import { GUIDE_RESOURCE, readGuide } from './serve-guide.js';
import { unknownResource } from './unknown-names.js';

/** The address of exported profiles, with all arguments. */
export const EXPORT_TEMPLATE = exportTemplate(Object.keys(EXPORT_RESOURCE.input.shape));

/**
 * Makes what registers the guide and the template of exported profiles at a server. Pictures and the pages
 * that show them are read, too; no list names them, since only a host of MCP Apps asks for them. Every other
 * address is answered with "resource not found".
 */
export function resourceRegistration(
  environmentOf: () => Promise<CallEnvironment>,
  complete: Completion,
  meter: Pick<Meter, 'operation'>,
): (server: McpServer) => void {
  const read = async (uri: string, call: ServerContext) => {
    if (uri === GUIDE_RESOURCE.uri) return readGuide(meter);
    const tool = readAppAddress(uri);
    if (tool !== null) return (await import('./pictures/read.js')).readApp(uri, tool);
    if (isPictureAddress(uri)) {
      const [{ readPicture }, environment] = await Promise.all([
        import('./pictures/read.js'),
        environmentOf(),
      ]);
      return serveInSpan(describeRequest('resources/read', null, call), () =>
        readPicture(uri, environment, callerSignal(call), progressTo(call.mcpReq)),
      );
    }
    if (!isExportAddress(uri)) throw unknownResource(uri, [GUIDE_RESOURCE.uri, EXPORT_TEMPLATE]);
    const [{ readExport }, environment] = await Promise.all([import('./exports/read.js'), environmentOf()]);
    return serveInSpan(describeRequest('resources/read', null, call), () =>
      readExport(uri, environment, callerSignal(call), progressTo(call.mcpReq)),
    );
  };
  const completed = (name: 'source' | 'service' | 'profile_type') =>
    [
      name,
      (written: string, context?: { arguments?: Record<string, string> }) =>
        complete(name, written, context?.arguments ?? {}),
    ] as const;
  const completions = Object.fromEntries([
    completed('source'),
    completed('service'),
    completed('profile_type'),
  ]);
  return (server) => {
    const { name, uri, ...metadata } = GUIDE_RESOURCE;
    server.registerResource(name, uri, metadata, () => readGuide(meter));
    const { title, description } = EXPORT_RESOURCE;
    server.registerResource(
      EXPORT_RESOURCE.name,
      new ResourceTemplate(EXPORT_TEMPLATE, { list: undefined, complete: completions }),
      { title, description },
      (address, _variables, call) => read(address.href, call),
    );
    // Replaces the SDK's own handler, which does not say what there is, and wants the variables of a template
    // in its order.
    server.server.setRequestHandler('resources/read', ({ params }, call) => read(params.uri, call));
  };
}
