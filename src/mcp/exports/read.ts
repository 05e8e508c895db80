import type { ReadResourceResult } from '@modelcontextprotocol/server';
import { UserError } from '../../errors.js';
import { PROGRAM } from '../../program.js';
import type { Progress, ToolContext } from '../../query/context.js';
import { formatValue } from '../../text/units.js';
import { type CallEnvironment, runCall } from '../call.js';
import { checkArguments } from '../check-arguments.js';
import { buildCallError } from '../exchange.js';
import { readExportAddress } from './address.js';
import { EXPORT_RESOURCE, EXPORT_TYPES } from './surface.js';

/**
 * Maximum size of a file over MCP, bytes. Base64 makes it a third larger; clients take messages of 16 MB and
 * more.
 */
export const MAX_EXPORT_BYTES = 8 * 2 ** 20;

/** Profiles may be read by whoever may call the tools, and by no cache in between. */
const NOT_CACHED = { ttlMs: 0, cacheScope: 'private' } as const;

/**
 * Reads an exported profile as a call: with the checks, the deadline, the log and the metrics of every call.
 *
 * @param maxBytes largest file, for tests
 * @throws ProtocolError with what failed and what to do next; the reason of the signal
 */
export async function readExport(
  uri: string,
  environment: CallEnvironment,
  signal: AbortSignal,
  progress?: Progress,
  maxBytes = MAX_EXPORT_BYTES,
): Promise<ReadResourceResult> {
  const work = async (context: ToolContext) => {
    const args = checkArguments({ ...EXPORT_RESOURCE, run: notATool }, readExportAddress(uri));
    const { format, pgo, ...question } = EXPORT_RESOURCE.input.parse(args);
    const { exportProfile } = await import('../../query/export/export-profile.js');
    const { bytes } = await exportProfile({ ...question, format, isForPgo: pgo === 'true' }, context);
    if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
    const mimeType = EXPORT_TYPES[format];
    const content =
      format === 'pprof'
        ? { uri, mimeType, blob: Buffer.from(bytes).toString('base64') }
        : { uri, mimeType, text: Buffer.from(bytes).toString() };
    return { value: content, bytes: bytes.length };
  };
  const call = { name: EXPORT_RESOURCE.name, arguments: { uri }, work };
  const result = await runCall(call, environment, signal, progress);
  if ('value' in result) return { contents: [result.value], ...NOT_CACHED };
  throw buildCallError(result);
}

function notATool(): never {
  throw new Error('an export is read as a resource');
}

function tooLarge(bytes: number, maxBytes: number): UserError {
  return new UserError(
    `The file has ${formatValue(bytes, 'bytes')}; over MCP at most ${formatValue(maxBytes, 'bytes')} are sent.`,
    `Ask for a shorter window, add a matcher to \`selector\` (one pod, one version), or use format=pprof, which is the smallest; \`${PROGRAM} export\` on the command line writes a file of any size.`,
  );
}
