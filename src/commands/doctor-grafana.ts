import type { GrafanaSettings } from '../config/grafana.js';
import type { Config } from '../config/read.js';
import { nullIfUpstreamFailed, UpstreamError } from '../errors.js';
import { isOwnMachine } from '../sources/grafana/address.js';
import { readVersion } from '../sources/grafana/health.js';
import {
  type Identity,
  mayDo,
  type Permissions,
  readIdentity,
  readPermissions,
} from '../sources/grafana/permissions.js';
import type { GrafanaSources } from '../sources/grafana/sources.js';
import type { ListedSource } from '../sources/registry.js';
import { safeText } from '../text/sanitise.js';
import { formatSpan } from '../text/units.js';
import { examineSource } from './doctor-source.js';
import { type Finding, failure } from './finding.js';

/** Before it a data source cannot be queried by its uid. */
const OLDEST_MAJOR = 9;
/** The clock of an HTTP answer counts whole seconds, and the answer takes some time. */
const MAX_SKEW_MS = 30_000;
const NEEDED = ['datasources:read', 'datasources:query'] as const;
/** Rights that this program never uses, and a stolen token would have. */
const NEEDLESS =
  /^(?:datasources|dashboards|users|org\.users|serviceaccounts|teams|settings|folders)(?:\.[a-z]+)*:(?:create|write|delete|add|remove)$/;

interface Clock {
  signal: AbortSignal;
  now: () => number;
}

/** How Grafana is configured, without secrets. */
export function grafanaSettings({
  url,
  token,
  tokenFile,
  username,
  orgId,
  headers,
  caFile,
}: GrafanaSettings): string {
  const credentials =
    token !== null
      ? 'service account token'
      : tokenFile !== null
        ? 'service account token from a file'
        : username !== null
          ? `basic authentication as ${safeText(username, 100)}`
          : 'no credentials';
  const names = Object.keys(headers);
  return [
    url,
    credentials,
    ...(orgId === null ? [] : [`organisation ${orgId}`]),
    ...(names.length === 0 ? [] : [`extra headers ${names.map((name) => safeText(name, 60)).join(', ')}`]),
    ...(caFile === null ? [] : ['further certificate authorities']),
  ].join(', ');
}

/**
 * Checks a Grafana from the outside in: reachability, version, clock, who the credentials are and what they
 * may do, which data sources there are, and each enabled one. Stops at the first thing that keeps the rest
 * from being known.
 */
export async function* examineGrafana(
  grafana: GrafanaSources,
  settings: GrafanaSettings,
  config: Pick<Config, 'callTimeoutMs'>,
  { signal, now }: Clock,
): AsyncGenerator<Finding> {
  const { client } = grafana;
  try {
    if (isOpenToRead(client.base)) {
      yield {
        level: 'warn',
        text: 'is reached over plain HTTP: the credentials can be read on the way',
        fix: 'Use an https address in GRAFANA_URL.',
      };
    }
    const { version, date } = await readVersion(client, signal).catch((error: unknown) => {
      // A proxy in front of Grafana may want credentials even here; Grafana itself never does.
      if (error instanceof UpstreamError && error.kind === 'unauthorized')
        return { version: null, date: null };
      throw error;
    });
    yield versionFinding(version);
    if (date !== null) yield clockFinding(now() - date);
    const identity = await readIdentity(client, hasCredentials(settings), signal);
    yield identityFinding(identity, settings.orgId);
    const permissions = await readPermissions(client, signal).catch(nullIfUpstreamFailed);
    if (permissions !== null) yield* permissionFindings(permissions);
    const { pyroscopeSources, restricted, rootUrl, publicUrl } = await grafana.discovery(signal);
    yield linksFinding(rootUrl, publicUrl);
    if (restricted) {
      yield {
        level: 'warn',
        text: 'the list of data sources is not allowed; the ones that the token may query were found otherwise',
        fix: 'Give the service account datasources:read (the basic role Viewer has it).',
      };
    }
    const sources = await grafana.list(signal);
    if (!sources.some(({ source }) => source !== null)) {
      const { message, next } = await grafana.explainNone(signal);
      yield pyroscopeSources.length > 0
        ? { level: 'warn', text: message, fix: next }
        : { level: 'fail', text: message, fix: next };
    }
    yield await examineDashboards(grafana, signal);
    for (const row of sources) yield* dataSourceFindings(row, grafana, permissions, config);
  } catch (error) {
    yield failure(error, signal);
  }
}

function hasCredentials({ token, tokenFile, username }: GrafanaSettings): boolean {
  return [token, tokenFile, username].some((option) => option !== null);
}

/** Whether requests leave this machine without encryption. */
function isOpenToRead(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !/^(?:localhost|127\..*|\[::1\])$/.test(hostname);
}

function versionFinding(version: string | null): Finding {
  if (version === null) return { level: 'ok', text: 'answers; it does not say its version' };
  const major = Number.parseInt(version, 10);
  if (major >= OLDEST_MAJOR) return { level: 'ok', text: `answers, version ${safeText(version, 40)}` };
  return {
    level: 'fail',
    text: `version ${safeText(version, 40)} is too old`,
    fix: `Upgrade Grafana to version ${OLDEST_MAJOR} or newer.`,
  };
}

function clockFinding(skewMs: number): Finding {
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return { level: 'ok', text: 'its clock agrees with this machine' };
  return {
    level: 'warn',
    text: `this machine's clock is ${formatSpan(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} Grafana's: windows that end now miss the newest profiles or lie in the future`,
    fix: 'Let both clocks be set by NTP.',
  };
}

function identityFinding(
  { login, isAnonymous, orgId, orgName }: Identity,
  configured: number | null,
): Finding {
  const org = orgName === null ? '' : ` (${safeText(orgName, 60)})`;
  const who = isAnonymous
    ? ' without credentials (anonymous access)'
    : login === null
      ? ''
      : ` as ${safeText(login, 100)}`;
  const text = `lets this server in${who}${orgId === null ? '' : `, organisation ${orgId}${org}`}`;
  if (configured === null || orgId === null || configured === orgId) return { level: 'ok', text };
  return {
    level: 'fail',
    text: `${text}, but GRAFANA_ORG_ID is ${configured}`,
    fix: 'A token belongs to one organisation: leave GRAFANA_ORG_ID out, or use a token of that one.',
  };
}

/**
 * Names the address that the links of answers lead to: a Grafana without `root_url` only knows its name on
 * its own machine.
 */
function linksFinding(rootUrl: string | null, publicUrl: string): Finding {
  const text = `links of answers lead to ${publicUrl}`;
  if (rootUrl === null || !isOwnMachine(rootUrl) || isOwnMachine(publicUrl)) return { level: 'ok', text };
  return {
    level: 'warn',
    text: `${text} (GRAFANA_URL): Grafana itself only names ${safeText(rootUrl, 200)}`,
    fix: 'Where people open Grafana at another address than GRAFANA_URL, set root_url in its configuration ([server], or GF_SERVER_ROOT_URL) to that address.',
  };
}

function* permissionFindings(permissions: Permissions): Generator<Finding> {
  const lacks = NEEDED.filter((action) => !mayDo(permissions, action));
  if (lacks.length === 0) yield { level: 'ok', text: `may do what is needed: ${NEEDED.join(', ')}` };
  else {
    yield {
      level: lacks.includes('datasources:query') ? 'fail' : 'warn',
      text: `the token lacks ${lacks.join(' and ')}`,
      fix: 'Give the service account the basic role Viewer; on Cloud or Enterprise also Query on the Permissions tab of each Pyroscope data source.',
    };
  }
  const needless = [...permissions.keys()].filter((action) => NEEDLESS.test(action)).sort();
  if (needless.length > 0) {
    yield {
      level: 'warn',
      text: `the token may do more than is needed: ${needless.slice(0, 5).join(', ')}${needless.length > 5 ? ', …' : ''}`,
      fix: 'Use a service account with the basic role Viewer: this program only reads.',
    };
  }
}

async function examineDashboards({ dashboards }: GrafanaSources, signal: AbortSignal): Promise<Finding> {
  const seen = await dashboards.search(1, 1, signal).catch(nullIfUpstreamFailed);
  if (seen !== null && seen.length > 0) return { level: 'ok', text: 'shows its dashboards' };
  return {
    level: 'warn',
    text: 'shows no dashboard, so nothing can be learned from how the team queries',
    fix: 'Where there are dashboards, give the service account dashboards:read and folders:read (the basic role Viewer, or View on a folder).',
  };
}

async function* dataSourceFindings(
  row: ListedSource,
  grafana: GrafanaSources,
  permissions: Permissions | null,
  config: Pick<Config, 'callTimeoutMs'>,
): AsyncGenerator<Finding> {
  const name = `${safeText(row.name, 100)} (uid ${safeText(row.uid, 100)})`;
  if (row.source === null) {
    yield row.enabled
      ? { level: 'warn', text: row.obstacle?.message ?? `${name} is missing`, fix: row.obstacle?.next ?? '' }
      : { level: 'ok', text: `${name}: disabled, so it was not asked` };
    return;
  }
  if (permissions !== null && !mayDo(permissions, 'datasources:query', row.uid)) {
    yield {
      level: 'warn',
      text: `${name}: the token seems to lack Query on it`,
      fix: 'Give the service account, or Viewer, Query on its Permissions tab.',
    };
  }
  const signal = AbortSignal.timeout(config.callTimeoutMs);
  const health = await grafana.health(row.uid, signal).catch((error: unknown) => failure(error, signal));
  if ('level' in health) yield { ...health, text: `${name}: health: ${health.text}` };
  else if (health.ok) yield { level: 'ok', text: `${name}: Grafana finds it healthy` };
  else {
    yield {
      level: 'fail',
      text: `${name}: Grafana finds it not working: ${safeText(health.message, 300)}`,
      fix: 'Correct URL and credentials in its settings in Grafana (Connections, Data sources), and see that Pyroscope runs.',
    };
  }
  for (const finding of await examineSource(row.source, signal)) {
    yield { ...finding, text: `${name}: ${finding.text}` };
  }
}
