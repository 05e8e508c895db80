import { authenticate } from './grafana-auth.js';
import type { GrafanaSetup, GrafanaState } from './grafana-state.js';
import type { Reply, SeenRequest } from './loopback.js';

/** Pages for people: all that a client must know is where they lead. */
export function page(
  { headers }: SeenRequest,
  path: string,
  below: boolean,
  state: GrafanaState,
  setup: GrafanaSetup,
): Reply {
  const { subPath, version } = setup;
  const html = (status: number, body: string, more: Record<string, string> = {}): Reply => ({
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', ...more },
    body,
  });
  if (subPath !== '' && !below && version !== '9.4') {
    const location = `${setup.appUrl.replace(/\/$/, '')}${path}`;
    return html(301, `<a href="${location}">Moved Permanently</a>.\n\n`, { location });
  }
  if (path === '/healthz')
    return { ...html(200, 'Ok'), headers: { 'content-type': 'text/plain; charset=utf-8' } };
  if (path === '/login') return html(200, LOGIN_PAGE, { 'content-type': 'text/html; charset=UTF-8' });
  if ('status' in authenticate(headers, state, setup)) {
    const back = path === '/' || version === '9.4' ? '' : `?redirectTo=${encodeURIComponent(path)}`;
    const location = `${subPath}/login${back}`;
    return html(302, `<a href="${location}">Found</a>.\n\n`, { location });
  }
  return html(path === '/' || path.startsWith('/d/') ? 200 : 404, LOGIN_PAGE, {
    'content-type': 'text/html; charset=UTF-8',
  });
}

const LOGIN_PAGE =
  '<!DOCTYPE html>\n<html lang="en-US">\n<head><title>Grafana</title></head><body></body></html>\n';

/** `GET /api/health`, which needs no credentials. */
export function readHealth({ version }: GrafanaSetup): Reply {
  const body =
    version === '9.4'
      ? { commit: '8f3e923057', database: 'ok', version: '9.4.0-pre' }
      : { database: 'ok', version: '12.3.3', commit: '4bbdef05' };
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  return { status: 200, headers, body: JSON.stringify(body, null, 2) };
}
