import { basicHeader, type GrafanaDataSource, type GrafanaSetup } from './grafana-state.js';

// Requests that the data source plugin inside Grafana answers itself: health, and the lists for its query
// editor.

const HOUR = 3_600_000;
/** The plugin's own clock for its health check: a window in 1970. */
const HEALTH_WINDOW = { start: 1, end: 2 };

/** `GET /api/datasources/uid/:uid/health`: asks the store for its profile types of a window without data. */
export async function checkHealth(
  source: GrafanaDataSource,
  { version }: GrafanaSetup,
): Promise<{ status: number; body: object }> {
  const problem = await ask(source, 'ProfileTypes', HEALTH_WINDOW).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (problem === null) return { status: 200, body: { message: 'Data source is working', status: 'OK' } };
  const prefix = version === '9.4' ? '' : 'received error from client while getting profile types: ';
  return { status: 400, body: { message: `${prefix}${problem}`, status: 'ERROR' } };
}

/** `GET …/resources/:name`; null where the plugin fails. */
export async function callResource(
  source: GrafanaDataSource,
  name: string,
  query: URLSearchParams,
  { version }: GrafanaSetup,
): Promise<object[] | string[] | null> {
  const now = Date.now();
  const range = {
    start: Number(query.get('start') ?? now - HOUR),
    end: Number(query.get('end') ?? now + HOUR),
  };
  const selector = query.get('query');
  try {
    if (name === 'profileTypes') {
      const answer = await ask(source, 'ProfileTypes', range);
      return readList(answer, 'profileTypes').map((type) => ({
        id: String(Reflect.get(Object(type), 'ID')),
        label: `${Reflect.get(Object(type), 'name')} - ${Reflect.get(Object(type), 'sampleType')}`,
      }));
    }
    if (version === '9.4' || selector === null) return null;
    const matchers = [selector.slice(selector.indexOf('{'))];
    if (name === 'labelNames') {
      const answer = await ask(source, 'LabelNames', { ...range, matchers });
      return readList(answer, 'names')
        .map(String)
        .filter((label) => !/^__.*__$/.test(label));
    }
    if (name === 'labelValues') {
      const answer = await ask(source, 'LabelValues', { ...range, matchers, name: query.get('label') ?? '' });
      return readList(answer, 'names').map(String);
    }
  } catch {
    return null;
  }
  return null;
}

/** @throws Error in the words of the plugin's client */
async function ask(
  { url, basicAuth, headers = {} }: GrafanaDataSource,
  method: string,
  body: object,
): Promise<unknown> {
  const base = (/^https?:\/\//.test(url) ? url : `http://${url}`).replace(/\/$/, '');
  const response = await fetch(`${base}/querier.v1.QuerierService/${method}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(basicAuth === undefined ? {} : { authorization: basicHeader(basicAuth) }),
      ...headers,
    },
    body: JSON.stringify(body),
  }).catch(() => {
    const { host } = new URL(base);
    throw new Error(`unavailable: dial tcp ${host}: connect: connection refused`);
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  const { code = 'unknown', message = response.statusText } = parsed(text);
  throw new Error(`${code}: ${message}`);
}

function parsed(text: string): { code?: string; message?: string } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function readList(answer: unknown, name: string): unknown[] {
  const list: unknown = Reflect.get(Object(answer), name);
  return Array.isArray(list) ? list : [];
}
