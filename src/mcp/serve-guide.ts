import type { ReadResourceResult } from '@modelcontextprotocol/server';
import { type Meter, operationStarted } from '../telemetry/meter.js';

/** The one resource that clients list. */
export const GUIDE_RESOURCE = {
  name: 'investigate',
  uri: 'pyroscope://guide/investigate',
  title: 'How to investigate with profiles',
  description:
    'Which question goes to which tool and profile type, how to read the answers, what profiles cannot show.',
  mimeType: 'text/markdown',
} as const;

/** Reads the guide, and counts that it was read. */
export async function readGuide(meter: Pick<Meter, 'operation'>): Promise<ReadResourceResult> {
  const ended = operationStarted('resources/read', meter);
  const { GUIDE } = await import('./prompts/guide.js');
  ended('answered');
  const { uri, mimeType } = GUIDE_RESOURCE;
  return { contents: [{ uri, mimeType, text: GUIDE }] };
}
