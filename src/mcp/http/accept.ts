import { refusal } from './answers.js';

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
 * Reads an Accept header (RFC 9110, section 12.5.1). A caller that takes JSON gets events only where it names them: one
 * that accepts everything (curl, plain HTTP clients) seldom reads an event stream.
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

/** The refusal for a caller that accepts none of the forms in which its request can be answered. */
export function notAcceptable(header: string | null, id: string | number | null): Response {
  const shown = JSON.stringify((header ?? '').slice(0, 100));
  return refusal(
    406,
    `The header Accept: ${shown} takes no form of this answer. Send Accept: ${EVERY_FORM}.`,
    { id },
  );
}

/** Brings a response of the SDK into a form that the caller accepts. A refusal stays JSON, whose status says enough. */
export async function inAcceptedForm(
  response: Response,
  { json, events }: AcceptedForms,
  id: string | number | null,
): Promise<Response> {
  const [type] = (response.headers.get('content-type') ?? '').split(';');
  if (type === EVENTS_TYPE && !events) return jsonOf(response, id);
  if (type === JSON_TYPE && response.ok && !json) {
    return withBody(response, EVENTS_TYPE, `event: message\ndata: ${await response.text()}\n\n`);
  }
  return response;
}

/** The last event, which is the answer; notifications before it (progress) are dropped. */
async function jsonOf(response: Response, id: string | number | null): Promise<Response> {
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
