/** Details of a refusal in addition to its text. */
export interface RefusalDetails {
  /** JSON-RPC error code; -32000 where the protocol has none of its own. */
  code?: number;
  /** Id of the refused request. */
  id?: string | number | null;
  headers?: Readonly<Record<string, string>>;
}

/** Makes a refusal as a JSON-RPC error, so that a client shows its text. */
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

/** Makes a line of text for a probe. */
export function textResponse(status: number, text: string): Response {
  return new Response(text, {
    status,
    headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' },
  });
}

/** Signals that can end an answer before it has been read. */
export interface EarlyEnds {
  /** Aborts when the connection of the caller has closed. */
  disconnected: AbortSignal;
  /** Aborts when the caller wants no answer any more and still has its connection. */
  cancelled: AbortSignal;
}

/** Runs `done` once when the answer has been read to its end, given up, cancelled or broken off. */
export function whenRead(
  response: Response,
  { disconnected, cancelled }: EarlyEnds,
  done: () => void,
): Response {
  if (response.body === null) {
    done();
    return response;
  }
  const reader = response.body.getReader();
  let isDone = false;
  const finish = () => {
    if (isDone) return;
    isDone = true;
    disconnected.removeEventListener('abort', finish);
    cancelled.removeEventListener('abort', cancel);
    done();
  };
  const cancel = () => {
    finish();
    // This ends the work behind the answer; a reader of the answer sees its end.
    reader.cancel().catch(() => {});
  };
  disconnected.addEventListener('abort', finish);
  cancelled.addEventListener('abort', cancel);
  if (disconnected.aborted) finish();
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

/** Media types of the two forms in which MCP is answered over HTTP. */
const JSON_TYPE = 'application/json';
const EVENTS_TYPE = 'text/event-stream';

/** Accept header that lets the SDK choose the form; it refuses every other one. */
export const EVERY_FORM = `${JSON_TYPE}, ${EVENTS_TYPE}`;

/** Forms that a caller can read. */
export interface AcceptedForms {
  json: boolean;
  events: boolean;
}

/**
 * Reads an Accept header (RFC 9110, section 12.5.1). A caller that takes JSON gets events only where it names
 * them: one that accepts everything (curl, plain HTTP clients) seldom reads an event stream.
 * @param header null where it is missing, which accepts everything
 */
export function acceptedForms(header: string | null): AcceptedForms {
  const ranges = (header?.trim() || '*/*').split(',').map(readRange);
  const accepts = (...patterns: string[]) => {
    for (const pattern of patterns) {
      const range = ranges.find(({ type }) => type === pattern);
      // The most specific range decides.
      if (range !== undefined) return range.quality > 0;
    }
    return false;
  };
  const json = accepts(JSON_TYPE, 'application/*', '*/*');
  return { json, events: accepts(EVENTS_TYPE, 'text/*', ...(json ? [] : ['*/*'])) };
}

function readRange(text: string): { type: string; quality: number } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = Number.parseFloat(weight?.slice('q='.length) ?? '1');
  // A weight that cannot be read does not take the type away.
  return { type, quality: Number.isNaN(quality) ? 1 : quality };
}

/** Refuses a caller that accepts none of the forms in which its request can be answered. */
export function notAcceptable(header: string | null, id: string | number | null): Response {
  const quotedHeader = JSON.stringify((header ?? '').slice(0, 100));
  return refusal(
    406,
    `The header Accept: ${quotedHeader} takes no form of this answer. Send Accept: ${EVERY_FORM}.`,
    { id },
  );
}

/**
 * Brings a response of the SDK into a form that the caller accepts. A refusal stays JSON, whose status says
 * enough.
 */
export async function inAcceptedForm(
  response: Response,
  { json, events }: AcceptedForms,
  id: string | number | null,
): Promise<Response> {
  const [type] = (response.headers.get('content-type') ?? '').split(';');
  if (type === EVENTS_TYPE && !events) return convertToJson(response, id);
  if (type === JSON_TYPE && response.ok && !json) {
    return withBody(response, EVENTS_TYPE, `event: message\ndata: ${await response.text()}\n\n`);
  }
  return response;
}

/** Takes the last event, which is the answer; notifications before it (progress) are dropped. */
async function convertToJson(response: Response, id: string | number | null): Promise<Response> {
  const text = await response.text();
  const data = text.split('\n').findLast((line) => line.startsWith('data: {'));
  if (data === undefined) return refusal(200, 'This request was cancelled by its client.', { id });
  return withBody(response, JSON_TYPE, data.slice('data: '.length));
}

function withBody(response: Response, type: string, body: string): Response {
  const headers = new Headers(response.headers);
  headers.set('content-type', type);
  return new Response(body, { status: response.status, headers });
}
