/** What a refusal says besides its text. */
export interface RefusalDetails {
  /** JSON-RPC error code; -32000 where the protocol has none of its own. */
  code?: number;
  /** Id of the refused request. */
  id?: string | number | null;
  headers?: Readonly<Record<string, string>>;
}

/** A refusal as a JSON-RPC error, so that a client shows its text. */
export function refusal(
  status: number,
  message: string,
  { code = -32_000, id = null, headers = {} }: RefusalDetails = {},
): Response {
  return Response.json(
    { jsonrpc: '2.0', error: { code, message }, id },
    { status, headers: { 'cache-control': 'no-store', ...headers } },
  );
}

/** A line of text for a probe. */
export function plain(status: number, text: string): Response {
  return new Response(text, {
    status,
    headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' },
  });
}

/** What can end an answer before it has been read. */
export interface EarlyEnds {
  /** Aborts when the connection of the caller has closed. */
  left: AbortSignal;
  /** Aborts when the caller wants no answer any more and still has its connection. */
  cancelled: AbortSignal;
}

/** Runs `done` once when the answer has been read to its end, given up, cancelled or broken off. */
export function whenRead(response: Response, { left, cancelled }: EarlyEnds, done: () => void): Response {
  if (response.body === null) {
    done();
    return response;
  }
  const reader = response.body.getReader();
  let isDone = false;
  const finish = () => {
    if (isDone) return;
    isDone = true;
    left.removeEventListener('abort', finish);
    cancelled.removeEventListener('abort', cancel);
    done();
  };
  const cancel = () => {
    finish();
    // Ends what makes the answer; whoever reads it sees its end.
    reader.cancel().catch(() => {});
  };
  left.addEventListener('abort', finish);
  cancelled.addEventListener('abort', cancel);
  if (left.aborted) finish();
  if (cancelled.aborted) cancel();
  const body = new ReadableStream({
    async pull(controller) {
      try {
        const { done: ended, value } = await reader.read();
        if (!ended) {
          controller.enqueue(value);
          return;
        }
        finish();
        controller.close();
      } catch (error) {
        finish();
        controller.error(error);
      }
    },
    cancel(reason) {
      finish();
      return reader.cancel(reason);
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
