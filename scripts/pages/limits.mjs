import { IDLE_MARGIN_MS } from '../../dist/commands/serve.js';
import { OPTIONS } from '../../dist/config/options.js';
import { CONNECTION_BOUNDS, MAX_UNANSWERED } from '../../dist/mcp/http/connections.js';
import { RETRY_ALL, RETRY_CLIENT, WAIT_MS } from '../../dist/mcp/http/limits.js';
import { MAX_BODY_BYTES } from '../../dist/mcp/http/request.js';

const seconds = (ms) => `${ms / 1000} s`;
const { requestTimeout, headersTimeout, maxConnections } = CONNECTION_BOUNDS;

/** Limits of a server over HTTP: what, the option that sets it, its default, and what happens beyond it. */
const ROWS = [
  [
    'calls that run at once',
    OPTIONS.parallelCalls,
    null,
    `wait for up to ${seconds(WAIT_MS)}, then 503, \`Retry-After: ${RETRY_ALL}\``,
  ],
  ['calls that run or wait', OPTIONS.maxCalls, null, `503, \`Retry-After: ${RETRY_ALL}\``],
  ['the same of one client', OPTIONS.maxCallsPerClient, null, `429, \`Retry-After: ${RETRY_CLIENT}\``],
  [
    'calls of one client in a minute',
    OPTIONS.maxCallsPerMinute,
    'no limit',
    '429, `Retry-After` until the minute is over',
  ],
  ['one call', OPTIONS.callTimeout, `${OPTIONS.callTimeout.default} s`, 'the answer says to ask for less'],
  [
    "one request: body, its time, its headers' time",
    null,
    `${MAX_BODY_BYTES / 2 ** 20} MiB, ${seconds(requestTimeout)}, ${seconds(headersTimeout)}`,
    '413, 408',
  ],
  ['connections', null, maxConnections.toLocaleString('en'), 'turned away'],
  ['a connection over which nothing goes', null, `call timeout + ${seconds(IDLE_MARGIN_MS)}`, 'cut'],
  ['requests of one connection without an answer (pipelining)', null, MAX_UNANSWERED, 'cut'],
];

/** A page with the table of limits between `<!-- limits -->` and `<!-- end -->`. */
export function withLimits(page) {
  const rows = ROWS.map(([what, option, value, beyond]) => {
    const flag = option === null ? '' : `: \`--${option.flag}\``;
    return `| ${what}${flag} | ${value ?? option.default} | ${beyond} |`;
  });
  const table = `| what | default | over it |\n| --- | --: | --- |\n${rows.join('\n')}`;
  return page.replace(/<!-- limits -->[\s\S]*?<!-- end -->/, () => `<!-- limits -->\n${table}\n<!-- end -->`);
}
