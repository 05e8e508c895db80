import { UpstreamError, type UpstreamKind, UserError } from '../errors.js';
import { describeFailure } from '../mcp/failures.js';
import { PROGRAM } from '../program.js';
import { safeText } from '../text/sanitise.js';

/** A line of the diagnosis; a line that reports a problem also says how to mend it. */
export type Finding = { level: 'ok'; text: string } | { level: 'warn' | 'fail'; text: string; fix: string };

/**
 * Advice to an operator for each kind of failure. The table in mcp/failures.ts describes the failures
 * themselves.
 */
const FIXES: Readonly<Record<UpstreamKind, string>> = {
  unreachable:
    'Check that the address in PYROSCOPE_URL is right, that the server runs, and that this machine may reach it (DNS, firewall, TLS).',
  timeout: 'Check the load of the server; raise --request-timeout if it is slow by nature.',
  unauthorized:
    'Check PYROSCOPE_TOKEN, or PYROSCOPE_USERNAME and PYROSCOPE_PASSWORD; a server with tenants also needs PYROSCOPE_TENANT_ID.',
  rejected: 'Read the message: most often the tenant (PYROSCOPE_TENANT_ID) or a limit of the server.',
  not_found:
    'Check that PYROSCOPE_URL names a Pyroscope server with the path prefix it has, and that it is version 1.0 or newer.',
  missing: `Run \`${PROGRAM} sources refresh\` and enable one that is there.`,
  overloaded: 'Wait and run this again; if it stays, raise the limits of the server.',
  paused: 'Wait a minute and run this again; the message says what failed.',
  failed: "Read the server's own log.",
  too_large: 'Raise --max-response.',
  unreadable:
    'Something else answers in its place, such as a login page or a proxy: name the Pyroscope server itself in PYROSCOPE_URL.',
};

/** Advice where the store redirects to a login page, as a Grafana does. */
const LOGIN_FIX =
  'The address leads to a login page. If it is that of a Grafana, set GRAFANA_URL and GRAFANA_SERVICE_ACCOUNT_TOKEN instead of PYROSCOPE_URL; else name the Pyroscope server itself.';

/**
 * A failure as a finding.
 * @param signal whether it was the deadline that ended it
 * @throws what is a bug of ours
 */
export function failure(error: unknown, signal: AbortSignal): Exclude<Finding, { level: 'ok' }> {
  if (error instanceof UserError) return { level: 'fail', text: safeText(error.message), fix: error.next };
  const upstream =
    error instanceof UpstreamError
      ? error
      : signal.aborted
        ? new UpstreamError('timeout', 'no answer before the deadline of a call')
        : null;
  if (upstream === null) throw error;
  const [what = ''] = describeFailure(upstream).split('\n');
  const isLogin = upstream.kind === 'unauthorized' && Math.floor((upstream.status ?? 0) / 100) === 3;
  return {
    level: 'fail',
    text: what,
    fix: upstream.advice?.fix ?? (isLogin ? LOGIN_FIX : FIXES[upstream.kind]),
  };
}
