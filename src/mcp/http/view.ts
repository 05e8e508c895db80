import { UserError } from '../../errors.js';
import { fillPage } from '../../report/picture/page.js';
import { readAddressArguments } from '../address-arguments.js';
import type { CallEnvironment, CallFailure } from '../call.js';
import { describeFailure } from '../failures.js';
import { findPictured } from '../pictures/address.js';
import { callWithPicture } from '../pictures/call.js';
import { readView } from '../pictures/view-file.js';

/** Path of the page that shows a person the answer of a call: `/view?tool=investigate&service=…`. */
export const VIEW_PATH = '/view';

/** The page holds all that it needs, asks for nothing, and no other page may frame it. */
const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Status of a page whose call failed: a monitor tells a mistake of a person from a store that is down. */
const STATUS: Readonly<Record<CallFailure['outcome'], number>> = {
  refused: 400,
  upstream_failed: 502,
  deadline: 504,
  stopped: 503,
  internal_error: 500,
};

/**
 * Refuses what no person asked for: another method, or a page of somebody else that loads this one as an
 * image, a frame or a script, with the password that the browser remembers.
 *
 * @returns null for a request that may be answered
 */
export function refuseView(request: Request): Response | null {
  if (request.method !== 'GET') return plain(405, 'Use GET.');
  const destination = request.headers.get('sec-fetch-dest');
  if (destination !== null && destination !== 'document')
    return plain(403, 'This page is opened by itself: no other page may load it.');
  return null;
}

/**
 * Answers `/view?tool=…&…` with the page of a call, which runs with the checks, deadline and metrics of every
 * call. The arguments are those of the tool.
 */
export async function answerView(
  request: Request,
  environment: CallEnvironment,
  signal: AbortSignal,
): Promise<Response> {
  try {
    const { tool: name = '', ...args } = readAddressArguments(new URL(request.url).search.slice(1));
    const tool = findPictured(name, 'Name one of these in `tool`');
    const result = await callWithPicture(tool, args, environment, signal);
    if (!('picture' in result)) return plain(STATUS[result.outcome], result.failure);
    return new Response(fillPage(await readView(), result.picture), {
      headers: { 'content-type': 'text/html; charset=utf-8', ...PAGE_HEADERS },
    });
  } catch (error) {
    if (error instanceof UserError) return plain(400, describeFailure(error));
    throw error;
  }
}

/**
 * A browser asks a person for a name and a password: the token is the password, and the name is free.
 *
 * @returns the headers as an agent would send them
 */
export function withPassword(headers: Headers): Headers {
  const [, encoded] = /^Basic +(\S+) *$/i.exec(headers.get('authorization') ?? '') ?? [];
  if (encoded === undefined) return headers;
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  const asSentByAgent = new Headers(headers);
  // A password may have characters that no header can carry, and is no token then.
  asSentByAgent.set('authorization', `Bearer ${/^[\x20-\x7e]*$/.test(password) ? password : ''}`);
  return asSentByAgent;
}

/** Makes a browser ask for a password where a request is refused for want of a token. */
export function askForPassword(refused: Response): Response {
  if (refused.status !== 401) return refused;
  return plain(401, 'This page wants a token: give any name, and the token as the password.', {
    'www-authenticate': 'Basic realm="pyroscope-mcp", charset="UTF-8"',
  });
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...PAGE_HEADERS, ...headers },
  });
}
