import type { Readable } from 'node:stream';
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../telemetry/log.js';
import type { CallEnvironment } from './call.js';
import { boundedLines, MAX_LINE_BYTES } from './lines.js';
import type { Answered } from './opening/stdio.js';
import { createServerFactory } from './server.js';

/** JSON-RPC's code for what is no valid request. */
const INVALID_REQUEST = -32_600;
/** How long requests in flight are still answered after the client closed its end. */
const LAST_ANSWERS_MS = 3_000;

export interface StdioServer {
  /** Resolves when the connection is over, for whatever reason: the process has nothing left to do. */
  closed: Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves MCP over stdin and stdout, protocols of both eras, until the client closes them.
 * @param answered requests that are answered already: their answers are dropped
 */
export function serveOverStdio(
  environmentOf: () => Promise<CallEnvironment>,
  log: Log,
  input: Readable = process.stdin,
  answered: Answered = new Map(),
): StdioServer {
  const transport = new PatientStdio(input, answered);
  const server = serveStdio(createServerFactory(environmentOf), {
    transport,
    onerror: (error) => log.warn(`stdio: ${error.message}`),
  });
  return { closed: transport.closed, close: () => server.close() };
}

/**
 * The SDK's stdio transport with a longer life: requests that came before the end of input still get their
 * answers, so that a script can pipe its requests in. The time is bounded, so that a dead client leaves no
 * process behind.
 */
class PatientStdio implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  readonly closed: Promise<void>;
  readonly #input = boundedLines({
    tooLong: () => this.onerror?.(new Error(`a line of input is longer than ${MAX_LINE_BYTES} bytes`)),
    dropped: (id) => this.#refuseLine(id),
  });
  readonly #inner = new StdioServerTransport(this.#input, process.stdout, {
    // The rest of a chunk may follow a line of the greatest length.
    maxBufferSize: 2 * MAX_LINE_BYTES,
  });
  readonly #unanswered = new Set<RequestId>();
  readonly #source: Readable;
  readonly #answered: Answered;
  #inputEnded = false;
  #resolveClosed: () => void = () => {};

  constructor(source: Readable, answered: Answered) {
    this.#source = source;
    this.#answered = answered;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  async start(): Promise<void> {
    this.#inner.onmessage = (message) => {
      this.#note(message);
      this.onmessage?.(message);
    };
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onclose = () => {
      this.#source.unpipe(this.#input);
      this.onclose?.();
      this.#resolveClosed();
    };
    await this.#inner.start();
    this.#source.once('end', () => this.#endInput());
    this.#source.once('close', () => this.#endInput());
    this.#source.on('error', (error) => this.onerror?.(error));
    this.#source.pipe(this.#input, { end: false });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const answer = isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message);
    const id = answer ? message.id : undefined;
    try {
      if (id === undefined || !this.#drop(id)) await this.#inner.send(message);
    } finally {
      if (id !== undefined) this.#settle(id);
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /**
   * Counts the requests that must be answered; a subscription has no answer, and a cancelled request needs
   * none.
   */
  #note(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message)) {
      if (message.method !== 'subscriptions/listen') this.#unanswered.add(message.id);
    } else if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      const id = message.params?.requestId;
      if (typeof id === 'string' || typeof id === 'number') this.#settle(id);
    }
  }

  /** Answers a line that was dropped; its client would wait for its own timeout otherwise. */
  #refuseLine(id: RequestId | null): void {
    const message = `A message is at most ${MAX_LINE_BYTES} bytes; this line is longer and was not read.`;
    const refusal = { jsonrpc: '2.0', id, error: { code: INVALID_REQUEST, message } };
    process.stdout.write(`${JSON.stringify(refusal)}\n`);
  }

  /** Whether the answer to a request is to be dropped, as the request is answered already. */
  #drop(id: RequestId): boolean {
    const count = this.#answered.get(id) ?? 0;
    if (count > 1) this.#answered.set(id, count - 1);
    else this.#answered.delete(id);
    return count > 0;
  }

  #settle(id: RequestId): void {
    this.#unanswered.delete(id);
    this.#closeWhenDone();
  }

  #endInput(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    // Input that was piped and not yet read comes before this in the queue.
    setImmediate(() => this.#closeWhenDone());
    setTimeout(() => void this.close(), LAST_ANSWERS_MS).unref();
  }

  #closeWhenDone(): void {
    if (this.#inputEnded && this.#unanswered.size === 0 && this.#input.readableLength === 0)
      void this.close();
  }
}
