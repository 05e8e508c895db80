import type { Config } from '../config.js';
import { UpstreamError, type UpstreamKind, UserError } from '../errors.js';
import { describeFailure } from '../mcp/failures.js';
import { safeText } from '../report/sanitise.js';
import { formatTime } from '../report/units.js';
import type { ProfileSource } from '../sources/source.js';
import { PACKAGE } from '../version.js';
import { createSources, type Io } from './environment.js';

const HOUR = 3_600_000;
const NAMED_SERVICES = 5;

/** One line of the diagnosis; what is not well says how to mend it. */
type Finding = { level: 'ok'; text: string } | { level: 'warn' | 'fail'; text: string; fix: string };

/** What an operator does about each kind of failure; what went wrong is said by the call boundary's own table. */
const FIXES: Readonly<Record<UpstreamKind, string>> = {
  unreachable:
    'Check that the address in PYROSCOPE_URL is right, that the server runs, and that this machine may reach it (DNS, firewall, TLS).',
  timeout: 'Check the load of the server; raise --request-timeout if it is slow by nature.',
  unauthorized:
    'Check PYROSCOPE_TOKEN, or PYROSCOPE_USERNAME and PYROSCOPE_PASSWORD; a server with tenants also needs PYROSCOPE_TENANT_ID.',
  rejected: 'Read the message: most often the tenant (PYROSCOPE_TENANT_ID) or a limit of the server.',
  not_found:
    'Check that PYROSCOPE_URL names a Pyroscope server with the path prefix it has, and that it is version 1.0 or newer.',
  overloaded: 'Wait and run this again; if it stays, raise the limits of the server.',
  failed: "Read the server's own log.",
  too_large: 'Raise --max-response.',
  unreadable:
    'Something else answers in its place, such as a login page or a proxy: name the Pyroscope server itself in PYROSCOPE_URL.',
};

/**
 * Checks each configured source: configuration, reachability, credentials, what it holds. One line per finding.
 * @returns 1 when anything fails
 */
export async function doctor(config: Config, io: Io): Promise<number> {
  let failed = false;
  const print = (finding: Finding) => {
    failed ||= finding.level === 'fail';
    const fix = finding.level === 'ok' ? '' : `  fix: ${finding.fix}`;
    io.out(`${finding.level.padEnd(4)}  ${finding.text}${fix}`);
  };
  print({ level: 'ok', text: `${PACKAGE.name} ${PACKAGE.version} on Node ${process.versions.node}` });
  const registry = await createSources(config);
  try {
    if (registry.all.length === 0) {
      print({
        level: 'fail',
        text: 'no source is configured',
        fix: 'Set PYROSCOPE_URL=http://HOST:4040, or give --profiles DIR for a directory of pprof files.',
      });
    }
    for (const source of registry.all) {
      print({ level: 'ok', text: `${source.name}: ${settings(source, config)}` });
      for (const finding of await examine(source, AbortSignal.timeout(config.callTimeoutMs))) {
        print({ ...finding, text: `${source.name}: ${finding.text}` });
      }
    }
  } finally {
    await registry.close();
  }
  return failed ? 1 : 0;
}

/** How a source is configured, without secrets. */
function settings(source: ProfileSource, { pyroscope, profiles }: Config): string {
  if (source.kind === 'files') return `pprof files below ${safeText(profiles ?? '')}`;
  if (pyroscope === null) return source.kind;
  const { origin, pathname } = new URL(pyroscope.url);
  const credentials =
    pyroscope.token !== null
      ? 'bearer token'
      : pyroscope.username !== null
        ? `basic authentication as ${safeText(pyroscope.username)}`
        : 'no credentials';
  const tenant = pyroscope.tenant === null ? 'no tenant' : `tenant ${safeText(pyroscope.tenant)}`;
  return `${origin}${pathname === '/' ? '' : pathname}, ${credentials}, ${tenant}`;
}

async function examine(source: ProfileSource, signal: AbortSignal): Promise<Finding[]> {
  try {
    const range = await source.dataRange(signal);
    const now = Date.now();
    const window =
      source.kind === 'files'
        ? { from: range?.oldest ?? 0, to: range?.newest ?? now }
        : { from: now - HOUR, to: now };
    const services = await source.labelValues('service_name', { matchers: [], window }, signal);
    const problems = await source.problems(signal);
    return [
      { level: 'ok', text: source.kind === 'files' ? 'can be read' : 'answers, and lets this server in' },
      ...(range === null
        ? []
        : [
            {
              level: 'ok' as const,
              text: `holds profiles from ${formatTime(range.oldest)} to ${formatTime(range.newest)}`,
            },
          ]),
      servicesFinding(services, source, range),
      ...problems.map((problem) => ({
        level: 'warn' as const,
        text: safeText(problem),
        fix: 'Mend or remove what it names.',
      })),
    ];
  } catch (error) {
    return [failure(error, signal)];
  }
}

function servicesFinding(
  services: readonly string[],
  source: ProfileSource,
  range: { oldest: number; newest: number } | null,
): Finding {
  const when = source.kind === 'files' ? '' : ' in the last hour';
  if (services.length > 0) {
    const more = services.length > NAMED_SERVICES ? ', …' : '';
    const names = services.slice(0, NAMED_SERVICES).map((name) => safeText(name, 80));
    const count = services.length === 1 ? '1 service' : `${services.length} services`;
    return { level: 'ok', text: `${count}${when}: ${names.join(', ')}${more}` };
  }
  if (source.kind === 'files') {
    return range === null
      ? { level: 'warn', text: 'holds no profiles', fix: 'Put pprof files below the directory.' }
      : { level: 'warn', text: 'no profile has a service_name', fix: 'Name it in profiles.json.' };
  }
  return {
    level: 'warn',
    text: `no service sent profiles${when}`,
    fix:
      range === null
        ? 'Send profiles to the server first; where it has tenants, check PYROSCOPE_TENANT_ID (an unknown tenant looks empty).'
        : 'Check that the agents (Alloy, SDKs) still send; older profiles can be asked for with from and to.',
  };
}

function failure(error: unknown, signal: AbortSignal): Finding {
  if (error instanceof UserError) return { level: 'fail', text: safeText(error.message), fix: error.next };
  const upstream =
    error instanceof UpstreamError
      ? error
      : signal.aborted
        ? new UpstreamError('timeout', 'no answer before the deadline of a call')
        : null;
  if (upstream === null) throw error;
  const [what = ''] = describeFailure(upstream).split('\n');
  return { level: 'fail', text: what, fix: FIXES[upstream.kind] };
}
