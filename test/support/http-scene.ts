import { afterAll, afterEach, onTestFinished } from 'vitest';
import { type HttpOptions, serveOverHttp } from '../../src/mcp/http/serve.js';
import { createPyroscopeSource } from '../../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from './ask.js';
import { ON_LOOPBACK } from './http.js';
import { readSamples } from './metrics.js';
import { startPyroscopeServer } from './pyroscope-server.js';

/** Longer than any test may take: a test that waits for it fails. */
export const LONG_MS = 600_000;
/** Arguments of a call that asks the store for a profile. */
export const SUMMARY = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };

/**
 * Starts a store for all tests of a file and gives what starts servers over it. After each test its servers
 * are closed, and the faults and the request log of the store are cleared; after the last one the store is
 * closed.
 */
export async function startHttpScene() {
  const store = await startPyroscopeServer(demoSource());
  const source = createPyroscopeSource({ name: 'store', uid: 'store', url: store.url });
  afterAll(async () => {
    await source.close();
    await store.close();
  });
  afterEach(() => {
    store.faults.clear();
    store.requests.clear();
  });

  return {
    store,
    /** Number of requests that the store works on; clears its log. */
    inFlight(): number {
      store.requests.clear();
      return store.requests.mostInFlight();
    },
    /** Serves the tools over HTTP, over the store or another source, without a deadline of calls. */
    async serve(options: Partial<HttpOptions> = {}, served: ProfileSource = source) {
      const metrics = createMetrics(['summarize_profile']);
      const environment = { ...createEnvironment([served]), meter: metrics.meter, deadlineMs: LONG_MS };
      const server = await serveOverHttp(async () => environment, environment.log, {
        ...ON_LOOPBACK,
        shutdown: { delayMs: 0, graceMs: 0 },
        meter: metrics.meter,
        ...options,
      });
      let closing: Promise<void> | undefined;
      const close = () => {
        closing ??= server.close();
        return closing;
      };
      onTestFinished(close);
      return {
        url: server.url,
        close,
        /** Samples of the metric `pyroscope_mcp_NAME` by their labels. */
        counted: async (name: string) => readSamples(await metrics.render(), `pyroscope_mcp_${name}`),
      };
    },
  };
}
