import { Transform, type TransformCallback } from 'node:stream';
import type { RequestId } from '@modelcontextprotocol/server';

/** The longest line of input, bytes: as much as the SDK's own transport buffers before it gives up. */
export const MAX_LINE_BYTES = 10 * 2 ** 20;
/** Bytes kept of each end of a line that is too long, to find the id of its request. */
const END_BYTES = 4_096;
const NEWLINE = 0x0a;

/**
 * Passes on whole lines and drops those that are too long, so that one of them does not end the session:
 * reading goes on behind its newline.
 *
 * @param report.tooLong called as soon as a line is too long
 * @param report.dropped called at the end of that line with the id of its request; null where it cannot be
 *   told
 */
export function boundedLines(
  report: { tooLong(): void; dropped(id: RequestId | null): void },
  maxBytes = MAX_LINE_BYTES,
): Transform {
  let parts: Buffer[] = [];
  let size = 0;
  /** The first bytes of the line that is being dropped; null while nothing is. */
  let head: Buffer | null = null;
  let tail: Buffer = Buffer.alloc(0);

  const add = (part: Buffer): void => {
    size += part.length;
    if (head === null) parts.push(part);
    else tail = Buffer.concat([tail, part.subarray(-END_BYTES)]).subarray(-END_BYTES);
    if (head !== null || size <= maxBytes) return;
    const line = Buffer.concat(parts);
    // Copies, which do not keep the whole line in memory.
    head = Buffer.from(line.subarray(0, END_BYTES));
    tail = Buffer.from(line.subarray(-END_BYTES));
    parts = [];
    report.tooLong();
  };

  const take = (): Buffer | null => {
    const line = head === null ? Buffer.concat(parts) : null;
    if (head !== null) report.dropped(requestId(head.toString('latin1'), tail.toString('latin1')));
    [parts, size, head, tail] = [[], 0, null, Buffer.alloc(0)];
    return line;
  };

  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        add(chunk.subarray(from, at + 1));
        const line = take();
        if (line !== null) this.push(line);
        from = at + 1;
      }
      if (from < chunk.length) add(chunk.subarray(from));
      done();
    },
  });
}

const ID = String.raw`"id"\s*:\s*(-?\d{1,15}|"[^"\\]{1,200}")`;
const AT_THE_START = new RegExp(String.raw`^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?${ID}\s*,`);
const AT_THE_END = new RegExp(String.raw`[,{]\s*${ID}\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$`);

/**
 * The id of a request of which only the two ends are known. The last brace of a JSON object closes it as a
 * whole, so a member right before it is its own, as are its first ones.
 */
function requestId(head: string, tail: string): RequestId | null {
  const idText = AT_THE_START.exec(head)?.[1] ?? AT_THE_END.exec(tail)?.[1];
  if (idText === undefined) return null;
  return idText.startsWith('"') ? Buffer.from(idText.slice(1, -1), 'latin1').toString() : Number(idText);
}
