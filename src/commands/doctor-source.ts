import type { ProfileSource } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import { formatTime } from '../text/units.js';
import { type Finding, failure } from './finding.js';

const HOUR = 3_600_000;
const NAMED_SERVICES = 5;

/** Reports the answer of a source, the time range of its data, and problems that an operator can mend. */
export async function examineSource(source: ProfileSource, signal: AbortSignal): Promise<Finding[]> {
  try {
    const range = await source.dataRange(signal);
    const now = Date.now();
    const window = source.isLive
      ? { from: now - HOUR, to: now }
      : { from: range?.oldest ?? 0, to: range?.newest ?? now };
    const services = await source.labelValues('service_name', { matchers: [], window }, signal);
    const problems = await source.problems(signal);
    return [
      { level: 'ok', text: source.isLive ? 'answers, and lets this server in' : 'can be read' },
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
  const when = source.isLive ? ' in the last hour' : '';
  if (services.length > 0) {
    const more = services.length > NAMED_SERVICES ? ', …' : '';
    const names = services.slice(0, NAMED_SERVICES).map((name) => safeText(name, 80));
    const count = services.length === 1 ? '1 service' : `${services.length} services`;
    return { level: 'ok', text: `${count}${when}: ${names.join(', ')}${more}` };
  }
  if (!source.isLive) {
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
