import type { McpServer, ReadResourceResult, ServerContext } from '@modelcontextprotocol/server';
import { type Meter, operationStarted } from '../telemetry/meter.js';
import { unknownResource } from './unknown-names.js';

/** The one resource. */
export const GUIDE_RESOURCE = {
  name: 'investigate',
  uri: 'pyroscope://guide/investigate',
  title: 'How to investigate with profiles',
  description:
    'Which question goes to which tool and profile type, how to read the answers, what profiles cannot show.',
  mimeType: 'text/markdown',
} as const;

/** Reads a resource that no list names; null for an address that is none. */
export type ReadUnlisted = (uri: string, call: ServerContext) => Promise<ReadResourceResult | null>;

/**
 * Registers the guide, the only resource that is listed. Every address that is not that of an unlisted one,
 * either, is answered with "resource not found".
 */
export function registerGuide(
  server: McpServer,
  meter: Pick<Meter, 'operation'>,
  readUnlisted: ReadUnlisted,
): void {
  const { name, uri, ...metadata } = GUIDE_RESOURCE;
  const readGuide = async () => {
    const ended = operationStarted('resources/read', meter);
    const { GUIDE } = await import('./prompts/guide.js');
    ended('answered');
    return { contents: [{ uri, mimeType: metadata.mimeType, text: GUIDE }] };
  };
  server.registerResource(name, uri, metadata, readGuide);
  // Replaces the SDK's own handler, which does not say what there is.
  server.server.setRequestHandler('resources/read', async ({ params }, call) => {
    if (params.uri === uri) return readGuide();
    const unlisted = await readUnlisted(params.uri, call);
    if (unlisted === null) throw unknownResource(params.uri, [uri]);
    return unlisted;
  });
}
