import { readFileSync } from 'node:fs';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { RequestId } from '@modelcontextprotocol/server';
import { builtFile } from '../../package-files.js';
import type { StdioServer } from '../stdio.js';
import { createReplies, type Recorded } from './replies.js';

const NEWLINE = 0x0a;
/** Time that a client has after the handshake to ask for the tools, before the server is loaded, in ms. */
const PATIENCE_MS = 100;
/** Maximum number of bytes of a line that can belong to the opening. */
const MAX_LINE_BYTES = 65_536;

/** Requests that are answered already, with how often each id was used: their answers are dropped. */
export type Answered = Map<RequestId, number>;

/** Makes the server over the input, which begins with the opening. */
export type LoadServer = (input: Readable, answered: Answered) => Promise<StdioServer>;

export interface OpeningStreams {
  input: Readable;
  output: Writable;
  /** Null where nothing is recorded: the server answers everything. */
  recorded: Recorded | null;
}

/** The recorded answers of this build; null where there are none, as in the plain build. */
export function readRecorded(): Recorded | null {
  try {
    return JSON.parse(readFileSync(builtFile('opening.json'), 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Serves a session over stdio whose opening, the handshake and the lists, is answered before the SDK is
 * loaded: that takes longer than everything else before the list of tools. The server is loaded as soon as
 * the tools are listed, or with the first message that is no part of an opening. It gets every message from
 * the first on, so that it knows what the client knows; only its answers to the opening are dropped.
 */
export function openStdio(
  load: LoadServer,
  { input = process.stdin, output = process.stdout, recorded = readRecorded() }: Partial<OpeningStreams> = {},
): StdioServer {
  const whole = new PassThrough();
  const answered: Answered = new Map();
  let resolveClosed: () => void = () => {};
  let rejectClosed: (error: unknown) => void = () => {};
  const closed = new Promise<void>((resolve, reject) => {
    [resolveClosed, rejectClosed] = [resolve, reject];
  });
  let server: Promise<StdioServer> | undefined;
  let hasLeft = false;
  let patience: NodeJS.Timeout | undefined;
  let pending: Buffer = Buffer.alloc(0);
  const reply = recorded === null ? null : createReplies(recorded);

  const stopReading = () => {
    clearTimeout(patience);
    input.off('data', take).off('end', handOver).off('close', handOver).off('error', handOver);
    output.off('error', leave);
  };

  /** Ends the session before the server is loaded. */
  const leave = () => {
    hasLeft = true;
    stopReading();
    resolveClosed();
  };

  const handOver = () => {
    if (server !== undefined || hasLeft) return;
    stopReading();
    if (pending.length > 0) whole.write(pending);
    if (input.readableEnded || input.destroyed) whole.end();
    else input.on('error', (error) => whole.destroy(error)).pipe(whole);
    server = load(whole, answered);
    server.then(({ closed }) => closed).then(resolveClosed, rejectClosed);
  };

  /** Answers whole lines from the front for as long as they belong to the opening. */
  const take = (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let end = pending.indexOf(NEWLINE); end >= 0; end = pending.indexOf(NEWLINE)) {
      const part = reply?.(pending.toString('utf8', 0, end)) ?? { kind: 'unknown' };
      if (part.kind === 'unknown') return handOver();
      whole.write(pending.subarray(0, end + 1));
      pending = pending.subarray(end + 1);
      if (part.kind === 'silent') continue;
      answered.set(part.id, (answered.get(part.id) ?? 0) + 1);
      output.write(part.text);
      // The answer reaches the client before the work of loading begins.
      if (part.isHandshake) patience ??= setTimeout(handOver, PATIENCE_MS);
      else setImmediate(handOver);
    }
    if (pending.length > MAX_LINE_BYTES) handOver();
  };

  output.on('error', leave);
  if (reply === null) handOver();
  else input.on('data', take).on('end', handOver).on('close', handOver).on('error', handOver);
  return {
    closed,
    close: async () => (server === undefined ? leave() : (await server).close()),
  };
}
