import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createGrafanaClient, type GrafanaOptions } from '../../src/sources/grafana/client.js';
import { createEnablementFile } from '../../src/sources/grafana/enablement.js';
import { createGrafanaSources, type GrafanaSources } from '../../src/sources/grafana/sources.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { fixture, NOW } from './ask.js';
import { json, type Stub, startStub } from './recorded-grafana.js';

export const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
export const PYROSCOPE = 'grafana-pyroscope-datasource';

/** Content and behaviour of a test's Grafana; may be changed while it runs. */
export interface Scene {
  sources: { id: number; uid: string; name: string; type: string; [more: string]: unknown }[];
  settings: Record<string, unknown>;
  permissions: Record<string, readonly string[]>;
  version: string;
  /** Answers a path before anything else does; false leaves it alone. */
  override: (path: string, response: ServerResponse) => boolean;
}

export interface SmallGrafana extends Stub {
  scene: Scene;
  /** Paths of the requests that went through the data source proxy. */
  queries(): string[];
}

export function dataSource(id: number, uid: string, more: Record<string, unknown> = {}) {
  return { id, uid, orgId: 1, name: `name-${uid}`, type: PYROSCOPE, isDefault: false, jsonData: {}, ...more };
}

/**
 * A Grafana whose data sources all lead to one Pyroscope that holds a real CPU profile of the demo incident.
 */
export async function startSmallGrafana(scene: Partial<Scene> = {}): Promise<SmallGrafana> {
  const full: Scene = {
    sources: [],
    settings: {},
    permissions: { 'datasources:read': ['datasources:*'], 'datasources:query': ['datasources:*'] },
    version: '12.3.3',
    override: () => false,
    ...scene,
  };
  full.sources = structuredClone(full.sources);
  const stub = await startStub(routes(full));
  return {
    ...stub,
    scene: full,
    queries: () =>
      stub.seen
        .map(({ path: requestPath }) => requestPath)
        .filter((requestPath) => requestPath.includes('/proxy/')),
  };
}

function routes(scene: Scene): RequestListener {
  return (request, response) => {
    const requestPath = request.url ?? '';
    if (scene.override(requestPath, response)) return;
    const proxied = /^\/api\/datasources\/proxy\/(?:uid\/([^/]+)|(\d+))(\/.*)$/.exec(requestPath);
    if (proxied !== null) {
      const [, uid, id, rpc = ''] = proxied;
      const wanted = decodeURIComponent(uid ?? '');
      const isKnown = scene.sources.some((source) => source.uid === wanted || String(source.id) === id);
      if (isKnown) pyroscope(rpc, response);
      else json(response, { message: 'Unable to find datasource', traceID: '' }, 404);
    } else if (requestPath === '/api/datasources') json(response, scene.sources);
    else if (requestPath === '/api/frontend/settings') json(response, scene.settings);
    else if (requestPath === '/api/health') json(response, { database: 'ok', version: scene.version });
    else if (requestPath === '/api/org') json(response, { id: 1, name: 'Main Org.' });
    else if (requestPath === '/api/user') json(response, { id: 0, login: 'sa-1-viewer', orgId: 1 });
    else if (requestPath.startsWith('/api/access-control/')) json(response, scene.permissions);
    else if (requestPath.startsWith('/api/search'))
      json(response, [{ uid: 'd1', title: 'D 1', url: '/d/d1/d-1' }]);
    else if (/^\/api\/datasources\/uid\/[^/]+\/health$/.test(requestPath)) {
      json(response, { status: 'OK', message: 'Data source is working' });
    } else json(response, { message: 'Not found' }, 404);
  };
}

function pyroscope(rpc: string, response: ServerResponse): void {
  response.setHeader('content-security-policy', 'sandbox');
  const method = rpc.split('/').at(-1);
  if (method === 'SelectMergeProfile') {
    response.writeHead(200, { 'content-type': 'application/proto' }).end(profile());
  } else if (method === 'LabelValues') json(response, { names: [CPU] });
  else if (method === 'LabelNames') json(response, { names: ['pod', 'service_name'] });
  else if (method === 'SelectHeatmap') {
    const slots = [{ timestamp: String(NOW), counts: [2] }];
    json(response, { series: [{ labels: [{ name: 'pod', value: 'a' }], slots }] });
  } else if (method === 'GetProfileStats') {
    json(response, { dataIngested: true, oldestProfileTime: '1000', newestProfileTime: String(NOW) });
  } else if (method === 'GetFeatureFlags') {
    json(response, { featureFlags: [{ name: 'v2StorageLayer', enabled: true }] });
  } else json(response, {});
}

function profile(): Buffer {
  const directory = fixture('demo', 'profiles');
  const [file = ''] = readdirSync(directory).filter((name) => name.includes('process_cpu'));
  return gunzipSync(readFileSync(path.join(directory, file)));
}

/** The sources behind a Grafana, with a state file of their own. */
export function createSources(
  { url }: { url: string },
  more: Partial<GrafanaOptions> & {
    declared?: readonly string[] | null;
    stateFile?: string;
    now?: () => number;
    remembering?: (source: ProfileSource) => ProfileSource;
  } = {},
): GrafanaSources & { stateFile: string } {
  const { declared = null, stateFile = freshStateFile(), now, remembering, ...options } = more;
  const sources = createGrafanaSources({
    client: createGrafanaClient({ url, token: 'glsa_planted_0123456789', ...options }),
    orgId: options.orgId ?? null,
    enablement: createEnablementFile(stateFile),
    declared,
    ...(now === undefined ? {} : { now }),
    ...(remembering === undefined ? {} : { wrapSource: remembering }),
  });
  return Object.assign(sources, { stateFile });
}

function freshStateFile(): string {
  return path.join(mkdtempSync(path.join(tmpdir(), 'state-')), 'sources.json');
}
