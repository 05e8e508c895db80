import type { Faults } from './wire/faults.js';
import { VIEWER_TOKEN } from './wire/grafana-auth.js';
import { answerGrafana, routeName } from './wire/grafana-routes.js';
import type { GrafanaSetup, GrafanaState } from './wire/grafana-state.js';
import { type Requests, startLoopback } from './wire/loopback.js';

export { VIEWER_TOKEN } from './wire/grafana-auth.js';
/** Content and set-up of a Grafana; a field that is left out is empty, or as a fresh 12.3 has it. */
export type GrafanaServerOptions = Partial<GrafanaState> & Partial<GrafanaSetup>;

export interface TestGrafana {
  /** With the sub-path, without a trailing slash. */
  url: string;
  /** Requests on the wire; names are routes (`GET /api/dashboards/uid/:uid`) or `proxy SelectSeries`. */
  requests: Requests;
  faults: Faults;
  /** Content of the Grafana; may be changed while it runs. */
  state: GrafanaState;
  close(): Promise<void>;
}

/**
 * A Grafana on loopback: the routes around its data sources that a client uses to find and query them and to
 * read dashboards, in the behaviour of version 9.4 or 12.3 where the two differ. Data sources lead to real
 * URLs, usually of `startPyroscopeServer`. What was checked against real exchanges is listed in
 * `grafana-server.test.ts`.
 *
 * The Kubernetes-like API of dashboards (12.3) is written after its documentation: no exchange of it was
 * recorded.
 *
 * Without `tokens` there is one, {@link VIEWER_TOKEN}.
 */
export async function startGrafanaServer(options: GrafanaServerOptions = {}): Promise<TestGrafana> {
  const state: GrafanaState = {
    dataSources: options.dataSources ?? [],
    dashboards: options.dashboards ?? [],
    libraryPanels: options.libraryPanels ?? [],
    tokens: options.tokens ?? [{ key: VIEWER_TOKEN }],
    users: options.users ?? [],
    anonymous: options.anonymous ?? false,
    apps: options.apps ?? {},
    ...(options.signIn === undefined ? {} : { signIn: options.signIn }),
  };
  const { subPath = '' } = options;
  const setup: GrafanaSetup = {
    version: options.version ?? '12.3',
    subPath,
    appUrl: '',
    proxyTimeoutMs: options.proxyTimeoutMs ?? 30_000,
  };
  const server = await startLoopback({
    getName: (method, path) => routeName(method, path, subPath),
    answer: (seen) => answerGrafana(seen, state, setup),
  });
  setup.appUrl = options.appUrl ?? `${server.url}${subPath}/`;
  return { ...server, url: `${server.url}${subPath}`, state };
}
