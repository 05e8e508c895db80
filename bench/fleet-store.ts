import { generateFleet } from '../test/evaluation/generator/fleet-case.js';
import { startPyroscopeServer } from '../test/support/pyroscope-server.js';

// The test Pyroscope over a generated fleet, in a process of its own. Started by fleet.ts with the number of
// services; sends its address and the window of the incident, then its counts for every message that it gets.

/** Place and contents of the store. */
export interface FleetStore {
  url: string;
  from: number;
  to: number;
  types: number;
}

/** Requests on the wire since the last time. */
export interface FleetStoreCounts {
  requests: number;
  mostInFlight: number;
}

const [services = ''] = process.argv.slice(2);
const { source, windows } = await generateFleet('calm', 1, Number(services));
const store = await startPyroscopeServer(source);
const query = { matchers: [], window: windows.incident };
const types = await source.labelValues('__profile_type__', query, new AbortController().signal);

process.on('message', () => {
  const counts: FleetStoreCounts = {
    requests: store.requests.count(),
    mostInFlight: store.requests.mostInFlight(),
  };
  store.requests.clear();
  process.send?.(counts);
});
process.on('disconnect', () => process.exit());
const { from, to } = windows.incident;
process.send?.({ url: store.url, from, to, types: types.length } satisfies FleetStore);
