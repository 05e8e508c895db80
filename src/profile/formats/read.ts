import { safeText } from '../../text/sanitise.js';
import { decodePprof, type PprofFile, UnreadableProfileError } from '../pprof/pprof.js';
import { LimitError } from '../pprof/pprof-limits.js';
import { readCollapsed } from './collapsed.js';
import { describeJson, HEAD_BYTES, recognise } from './recognise.js';
import { isSpeedscope, readSpeedscope } from './speedscope.js';
import { parseJson } from './text.js';
import { isCpuProfile, isHeapProfile, readCpuProfile, readHeapProfile } from './v8.js';

/**
 * Reads a profile of any format that is known, not compressed any more; its content tells the format.
 * @param cleanName applied to the names of a pprof message, each once
 * @throws UnreadableProfileError that says what the bytes are, and what to do
 */
export function readAnyProfile(bytes: Uint8Array, cleanName?: (name: string) => string): PprofFile {
  const format = recognise(bytes.subarray(0, HEAD_BYTES));
  switch (format.kind) {
    case 'collapsed':
      return reading('collapsed stacks', () => readCollapsed(bytes));
    case 'json':
      return readJson(bytes);
    case 'gzip':
      throw unread('gzip within gzip', 'Unpack it once: `gunzip < FILE > FILE.unpacked`.');
    case 'zstd':
      throw unread('zstd within gzip', 'Unpack it: `gunzip < FILE | unzstd > FILE.unpacked`.');
    case 'foreign':
      throw unread(format.what, format.todo);
    default:
      return decodePprof(bytes, cleanName, { labels: true });
  }
}

function readJson(bytes: Uint8Array): PprofFile {
  return reading('JSON', () => {
    const value = parseJson(bytes);
    if (isSpeedscope(value)) return readSpeedscope(value);
    if (isCpuProfile(value)) return readCpuProfile(value);
    if (isHeapProfile(value)) return readHeapProfile(value);
    const { what, todo } = describeJson(value);
    throw unread(what, todo);
  });
}

function reading(what: string, read: () => PprofFile): PprofFile {
  try {
    return read();
  } catch (error) {
    if (error instanceof LimitError) throw new UnreadableProfileError(`too large: ${error.message}`, true);
    if (error instanceof SyntaxError)
      throw new UnreadableProfileError(`${what} that cannot be read: ${safeText(error.message, 200)}`);
    throw error;
  }
}

function unread(what: string, todo: string): UnreadableProfileError {
  return new UnreadableProfileError(`${what}, which is not read. ${todo.replace(/\.$/, '')}`);
}
