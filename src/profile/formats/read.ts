import { safeText } from '../../text/sanitise.js';
import { decodePprof, type PprofFile, UnreadableProfileError } from '../pprof/pprof.js';
import { LimitError } from '../pprof/pprof-limits.js';
import { readCollapsed } from './collapsed.js';
import { describeJson, HEAD_BYTES, recognise } from './recognise.js';
import { isSpeedscope, readSpeedscope } from './speedscope.js';
import { parseJson } from './text.js';
import { isCpuProfile, isHeapProfile, readCpuProfile, readHeapProfile } from './v8.js';

/**
 * Reads an uncompressed profile of any known format; its content tells the format.
 * @param cleanName applied to the names of a pprof message, each once
 * @throws UnreadableProfileError that says what the bytes are, and what to do
 */
export function readAnyProfile(bytes: Uint8Array, cleanName?: (name: string) => string): PprofFile {
  const format = recognise(bytes.subarray(0, HEAD_BYTES));
  switch (format.kind) {
    case 'collapsed':
      return readChecked('collapsed stacks', () => readCollapsed(bytes));
    case 'json':
      return readJson(bytes);
    case 'gzip':
      throw unreadError('gzip within gzip', 'Unpack it once: `gunzip < FILE > FILE.unpacked`.');
    case 'zstd':
      throw unreadError('zstd within gzip', 'Unpack it: `gunzip < FILE | unzstd > FILE.unpacked`.');
    case 'foreign':
      throw unreadError(format.what, format.todo);
    default:
      return decodePprof(bytes, cleanName, { labels: true });
  }
}

function readJson(bytes: Uint8Array): PprofFile {
  return readChecked('JSON', () => {
    const value = parseJson(bytes);
    if (isSpeedscope(value)) return readSpeedscope(value);
    if (isCpuProfile(value)) return readCpuProfile(value);
    if (isHeapProfile(value)) return readHeapProfile(value);
    const { what, todo } = describeJson(value);
    throw unreadError(what, todo);
  });
}

function readChecked(what: string, read: () => PprofFile): PprofFile {
  try {
    return read();
  } catch (error) {
    if (error instanceof LimitError) throw new UnreadableProfileError(`too large: ${error.message}`, true);
    if (error instanceof SyntaxError)
      throw new UnreadableProfileError(`${what} that cannot be read: ${safeText(error.message, 200)}`);
    throw error;
  }
}

function unreadError(what: string, todo: string): UnreadableProfileError {
  return new UnreadableProfileError(`${what}, which is not read. ${todo.replace(/\.$/, '')}`);
}
