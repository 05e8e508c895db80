import { createFilesSource } from '../src/sources/files/source.js';
import { startGrafanaServer, VIEWER_TOKEN } from '../test/support/grafana-server.js';
import { startPyroscopeServer } from '../test/support/pyroscope-server.js';
import { path } from './measure.js';

// A Grafana in a process of its own, with numbers of data sources and dashboards as started by learning.ts;
// all data sources of type Pyroscope lead to a Pyroscope that holds the demo incident. Prints its address and
// a token.

const [sources = 0, dashboards = 0] = process.argv.slice(2).map(Number);
/** Number of panels that ask for profiles, of the ten panels of a dashboard. */
const PANELS = 10;
const PROFILE_PANELS = 3;

const pyroscope = await startPyroscopeServer(createFilesSource({ directory: path('fixtures/demo') }));
const grafana = await startGrafanaServer({
  dataSources: Array.from({ length: sources }, (_, index) => ({
    uid: `source${index}`,
    name: `Source ${index}`,
    url: pyroscope.url,
    // Every fifth one is of another kind.
    ...(index % 5 === 4 ? { type: 'prometheus' } : {}),
    isDefault: index === 0,
  })),
  dashboards: Array.from({ length: dashboards }, (_, index) => ({
    dashboard: { uid: `board${index}`, title: `Board ${index}`, panels: buildPanels(index) },
    version: 1,
    updated: new Date(Date.UTC(2026, 0, 1) + index * 3_600_000).toISOString(),
  })),
});

function buildPanels(board: number) {
  return Array.from({ length: PANELS }, (_, index) => {
    const datasource = {
      type: 'grafana-pyroscope-datasource',
      uid: `source${(board % sources) - ((board % sources) % 5)}`,
    };
    if (index >= PROFILE_PANELS)
      return {
        title: `Rate ${index}`,
        datasource: { type: 'prometheus', uid: 'source4' },
        targets: [{ expr: `rate(requests_total{board="${board}"}[5m])` }],
      };
    const labelSelector =
      index === 0 ? '{service_name="checkout-api"}' : `{service_name="service-${board % 200}"}`;
    return {
      title: `Flame ${board % 200} ${index}`,
      datasource,
      targets: [
        { profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds', labelSelector, groupBy: ['pod'] },
      ],
    };
  });
}

process.stdout.write(`${JSON.stringify({ url: grafana.url, token: VIEWER_TOKEN })}\n`);
