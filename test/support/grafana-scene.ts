import { afterEach } from 'vitest';
import { askerIn, createEnvironment, INCIDENT_WINDOW } from './ask.js';
import { createSources, dataSource, type Scene, startSmallGrafana } from './small-grafana.js';

// A Grafana that a test changes, the data sources behind it, and an agent that asks about them.

export const SIGNAL = new AbortController().signal;
export const SUMMARY = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };

export const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

export async function scene(more: Partial<Scene>, options: Parameters<typeof createSources>[1] = {}) {
  const grafana = await startSmallGrafana(more);
  closers.push(grafana.close);
  const again = (other: Parameters<typeof createSources>[1] = {}) => {
    const sources = createSources(grafana, { ...options, ...other });
    closers.push(() => sources.close());
    return sources;
  };
  const sources = again();
  const log: string[] = [];
  const environment = createEnvironment([], log, sources);
  return { grafana, sources, again, log, environment, ask: askerIn(environment) };
}

export const TWO = { sources: [dataSource(1, 'first', { isDefault: true }), dataSource(2, 'second')] };
