import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { UpstreamError } from '../../src/errors.js';
import type { DashboardRef, DashboardStore } from '../../src/sources/grafana/dashboards.js';
import { fixture, NOW } from './ask.js';

const sourcesSchema = z.array(
  z.object({ uid: z.string(), name: z.string(), type: z.string(), jsonData: z.unknown() }),
);

/** The data sources of the Grafana that the dashboards in fixtures/dashboards/ come from. */
export const dashboardSources = sourcesSchema.parse(readJson('data-sources.json'));

/** Its library panels by uid, as the API answers them. */
export const libraryModels: ReadonlyMap<string, unknown> = new Map(
  readdirSync(fixture('dashboards', 'library')).map((name) => [
    name.replace(/\.json$/, ''),
    readJson(`library/${name}`),
  ]),
);

/** A dashboard of fixtures/dashboards/. */
export function dashboardModel(name: string): unknown {
  return readJson(`${name}.json`);
}

/** Names of the dashboards in fixtures/dashboards/. */
export const dashboardNames = readdirSync(fixture('dashboards'))
  .filter((name) => name.endsWith('.json') && !['expected.json', 'data-sources.json'].includes(name))
  .map((name) => name.replace(/\.json$/, ''))
  .sort();

const DAY = 86_400_000;
const titleSchema = z.looseObject({ title: z.string() });

/**
 * A Grafana with all those dashboards, each changed a day before the one before it. What it was asked is in
 * `calls`; the answers can be replaced one by one.
 */
export function dashboardStore(replaced: Partial<DashboardStore> = {}): DashboardStore & { calls: string[] } {
  const calls: string[] = [];
  const refs: DashboardRef[] = dashboardNames.map((name, index) => {
    const model = dashboardModel(name);
    const { title } = titleSchema.safeParse(model).data ?? { title: name };
    return {
      uid: name,
      title,
      url: `https://grafana.example.com/d/${name}`,
      folder: null,
      version: '1',
      updated: NOW - (index + 1) * DAY,
    };
  });
  const store: DashboardStore = {
    search: async (page, limit) => refs.slice((page - 1) * limit, page * limit),
    dashboard: async (uid) => ({ model: dashboardModel(uid), version: null, updated: null }),
    libraryPanel: async (uid) => {
      if (libraryModels.has(uid)) return libraryModels.get(uid);
      throw new UpstreamError('not_found', 'library element could not be found', { status: 404 });
    },
    dataSources: async () => dashboardSources,
    ...replaced,
  };
  return {
    calls,
    search(page, limit, signal) {
      calls.push(`search ${page}`);
      return store.search(page, limit, signal);
    },
    dashboard(uid, signal) {
      calls.push(`dashboard ${uid}`);
      return store.dashboard(uid, signal);
    },
    libraryPanel(uid, signal) {
      calls.push(`library panel ${uid}`);
      return store.libraryPanel(uid, signal);
    },
    dataSources(signal) {
      calls.push('data sources');
      return store.dataSources(signal);
    },
  };
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(fixture('dashboards', name), 'utf8'));
}
