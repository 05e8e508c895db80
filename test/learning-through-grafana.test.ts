import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEnvironment } from '../src/commands/environment.js';
import { readConfig } from '../src/config/read.js';
import { createLog } from '../src/telemetry/log.js';
import { askerIn } from './support/ask.js';
import { dashboardModel, dashboardNames, dashboardSources, libraryModels } from './support/dashboards.js';
import { json } from './support/recorded-grafana.js';
import { CPU, type Scene, startSmallGrafana } from './support/small-grafana.js';

// With a Grafana URL and a token, the team's queries are learned from dashboards through the real client.

const SECRET = 'glsa_planted_0123456789';
const HEAP = 'memory:inuse_space:bytes:space:bytes';

/** The Grafana of fixtures/dashboards/; its Pyroscope holds CPU and heap of checkout-api. */
async function grafana() {
  const override: Scene['override'] = (requestPath, response) => {
    const dashboard = /^\/api\/dashboards\/uid\/([^/?]+)$/.exec(requestPath)?.[1];
    const panel = /^\/api\/library-elements\/([^/?]+)$/.exec(requestPath)?.[1];
    if (requestPath.startsWith('/api/search')) {
      json(
        response,
        dashboardNames.map((uid) => ({ uid, title: `Board ${uid}`, type: 'dash-db', url: `/d/${uid}/x` })),
      );
    } else if (dashboard !== undefined) {
      const meta = { version: 3, updated: '2026-11-20T10:00:00Z', apiVersion: 'v1beta1' };
      json(response, { dashboard: dashboardModel(dashboard), meta });
    } else if (panel !== undefined && libraryModels.has(panel)) {
      json(response, libraryModels.get(panel));
    } else if (requestPath.endsWith('/Series')) {
      const labels = (type: string) => [
        { name: 'service_name', value: 'checkout-api' },
        { name: '__profile_type__', value: type },
      ];
      json(response, { labelsSet: [CPU, HEAP].map((type) => ({ labels: labels(type) })) });
    } else return false;
    return true;
  };
  const sources = dashboardSources.map((source, index) => ({ ...source, id: index + 1 }));
  const started = await startSmallGrafana({ sources, override });
  onTestFinished(started.close);
  return started;
}

async function started(url: string, directory: string, log: string[] = []) {
  const config = readConfig(
    [
      ...['--grafana-url', url, '--grafana-token', SECRET],
      ...['--enabled-sources', 'pyro-prod-eu', '--cache-dir', directory],
    ],
    {},
  );
  const environment = await createEnvironment(
    config,
    createLog('debug', (line) => log.push(line)),
  );
  onTestFinished(() => environment.context.sources.close());
  return { environment, ask: askerIn(environment) };
}

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'learned-'));
  onTestFinished(() => rm(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

test('the patterns of every dashboard, checked against the enabled source only', async () => {
  const { url, seen, queries } = await grafana();
  const log: string[] = [];
  const { ask } = await started(url, await directory(), log);
  const { text, isError } = await ask('find_query_patterns', { limit: 50 });
  expect(isError).toBe(false);
  expect(text).toMatch(/^\d+ query patterns from 15 dashboards, the most used first; source Pyroscope prod/);
  expect(text).toContain('summarize_profile {"service":"checkout-api","profile_type":"inuse"}');
  expect(text).toContain('out of date: ');
  expect(queries().every((requestPath) => requestPath.includes('/proxy/uid/pyro-prod-eu/'))).toBe(true);
  expect(new Set(seen.map(({ method }) => method))).toEqual(new Set(['GET', 'POST']));
  expect(`${text}${log.join()}`).not.toContain(SECRET);
});

test('after a restart no dashboard is read again', async () => {
  const { url, seen } = await grafana();
  const where = await directory();
  const first = await (await started(url, where)).ask('find_query_patterns');
  seen.length = 0;
  const second = await (await started(url, where)).ask('find_query_patterns');
  expect(second.text).toBe(first.text);
  expect(seen.filter(({ path: requestPath }) => requestPath.includes('/dashboards/'))).toEqual([]);
  expect(seen.filter(({ path: requestPath }) => requestPath.includes('/proxy/'))).toEqual([]);
  const files = (await readdir(where, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  expect(files.length).toBeGreaterThan(2);
  for (const { name, parentPath } of files) {
    expect(`${name} ${await readFile(path.join(parentPath, name), 'utf8')}`).not.toContain(SECRET);
  }
});

test('a server begins to learn before it is asked', async () => {
  const { url, seen } = await grafana();
  const { environment } = await started(url, await directory());
  environment.learn();
  const read = () =>
    seen.filter(({ path: requestPath }) => requestPath.startsWith('/api/dashboards/uid/')).length;
  await expect.poll(read).toBe(15);
});
