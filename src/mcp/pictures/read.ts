import { ProtocolError, ProtocolErrorCode, type ReadResourceResult } from '@modelcontextprotocol/server';
import { UserError } from '../../errors.js';
import type { Progress } from '../../query/context.js';
import { appPage } from '../../report/picture/page.js';
import { safeJson } from '../../text/sanitise.js';
import type { CallEnvironment } from '../call.js';
import { buildCallError } from '../exchange.js';
import { describeFailure } from '../failures.js';
import { readPictureAddress } from './address.js';
import { callWithPicture } from './call.js';
import { readView } from './view-file.js';

/** Type of a page that a chat shows (SEP-1865). */
const APP_TYPE = 'text/html;profile=mcp-app';

/** Pictures may be read by whoever may call the tools, and by no cache in between. */
const NOT_CACHED = { ttlMs: 0, cacheScope: 'private' } as const;

/** Reads the page that shows the answers of a tool. It asks for no domain and no permission. */
export async function readApp(uri: string, tool: string): Promise<ReadResourceResult> {
  const text = appPage(await readView(), tool);
  return { contents: [{ uri, mimeType: APP_TYPE, text, _meta: { ui: { prefersBorder: true } } }] };
}

/**
 * Reads the data of a picture: it runs the call, with the checks, limits, deadline and metrics of every call.
 *
 * @throws ProtocolError with what failed and what to do next; the reason of the signal
 */
export async function readPicture(
  uri: string,
  environment: CallEnvironment,
  signal: AbortSignal,
  progress?: Progress,
): Promise<ReadResourceResult> {
  const { tool, arguments: args } = readAddress(uri);
  const result = await callWithPicture(tool, args, environment, signal, progress);
  if (!('picture' in result)) throw buildCallError(result);
  const text = safeJson(result.picture);
  return { contents: [{ uri, mimeType: 'application/json', text }], ...NOT_CACHED };
}

/** @throws ProtocolError */
function readAddress(uri: string) {
  try {
    return readPictureAddress(uri);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, describeFailure(error));
  }
}
