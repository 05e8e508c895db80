import { UserError } from '../../errors.js';

/** Hosts for which a missing scheme means plain HTTP. */
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::|\/|$)/i;
/** Paths of pages in Grafana, below the address of Grafana itself. */
const PAGE_PATH =
  /\/(?:(?:d|d-solo|a|api|apis)\/.*|(?:dashboards|explore|connections|datasources|login)(?:\/.*)?)$/;

/**
 * Derives the address of a Grafana from any address that people paste: blanks and slashes at the ends are
 * removed, a missing scheme is https (http for this machine), a sub-path stays, and the path of a page
 * (dashboard, Explore, data source proxy) is cut off.
 *
 * @returns origin and sub-path, without a slash at the end
 * @throws UserError when it is no http(s) address, or carries credentials
 */
export function grafanaAddress(text: string): string {
  const trimmed = text.trim();
  if (/\bgl(?:sa|c)_/.test(trimmed)) {
    throw new UserError('GRAFANA_URL holds a token.', 'The token belongs in GRAFANA_SERVICE_ACCOUNT_TOKEN.');
  }
  const scheme = /^[a-z][a-z\d+.-]*:\/\//i.test(trimmed)
    ? ''
    : LOCAL_HOST.test(trimmed)
      ? 'http://'
      : 'https://';
  const url = URL.canParse(`${scheme}${trimmed}`) ? new URL(`${scheme}${trimmed}`) : null;
  if (url !== null && (url.username !== '' || url.password !== '')) {
    throw new UserError(
      'GRAFANA_URL carries credentials.',
      'Put them in GRAFANA_SERVICE_ACCOUNT_TOKEN, or GRAFANA_USERNAME and GRAFANA_PASSWORD.',
    );
  }
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError(
      `GRAFANA_URL ${JSON.stringify(withoutSecrets(trimmed))} is not an http(s) URL.`,
      'Example: https://grafana.example.com, with the sub-path where Grafana has one.',
    );
  }
  return `${url.origin}${withoutEndSlashes(url.pathname.replace(PAGE_PATH, ''))}`;
}

/** The public address that Grafana declares; null where it is not usable. */
export function publicAddress(appUrl: unknown): string | null {
  if (typeof appUrl !== 'string' || !URL.canParse(appUrl)) return null;
  const url = new URL(appUrl);
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  return `${url.origin}${withoutEndSlashes(url.pathname)}`;
}

/** Hosts that lead people to their own machine: a Grafana without `root_url` names one of them. */
const OWN_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\])$/i;

/** Whether an address leads to the machine of whoever opens it. */
export function isOwnMachine(address: string): boolean {
  return URL.canParse(address) && OWN_HOST.test(new URL(address).hostname);
}

function withoutEndSlashes(path: string): string {
  return path.replace(/(?<!\/)\/+$/, '');
}

/** Removes user, password, query and fragment from an address, so that an error may show it. */
export function withoutSecrets(url: string): string {
  return url.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1…@').replace(/[?#].*$/s, '?…');
}
