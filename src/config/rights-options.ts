import type { Option } from './options.js';

/** How the server treats requests that bring a Grafana credential of their own, and those that do not. */
export const CALLER_CREDENTIALS = ['required', 'optional'] as const;
export type CallerCredentials = (typeof CALLER_CREDENTIALS)[number];

/** The options that decide what callers may ask, and with whose credential. */
export const RIGHTS_OPTIONS = {
  allowedSources: {
    flag: 'allowed-sources',
    env: 'PYROSCOPE_MCP_ALLOWED_SOURCES',
    value: 'NAMES',
    help: 'names or uids of the sources that may be asked; the others do not exist for any caller',
    isRepeatable: true,
  },
  enforcedMatchers: {
    flag: 'enforced-matchers',
    env: 'PYROSCOPE_MCP_ENFORCED_MATCHERS',
    value: 'SELECTOR',
    help: 'matchers that every query carries, such as {namespace="team-a"}; no caller sees other profiles',
  },
  callerCredentials: {
    flag: 'caller-credentials',
    env: 'PYROSCOPE_MCP_CALLER_CREDENTIALS',
    value: CALLER_CREDENTIALS.join('|'),
    help: "ask Grafana with the credential of each request (X-Grafana-Service-Account-Token) instead of the server's own; one without it is refused, or with `optional` gets the server's own",
  },
  forwardHeaders: {
    flag: 'forward-headers',
    env: 'PYROSCOPE_MCP_FORWARD_HEADERS',
    value: 'NAMES',
    help: 'headers by which a gateway proves to Grafana who a request is from, such as cookie or X-Id-Token; with --caller-credentials they are its credential, too',
    isRepeatable: true,
  },
  gatewayHeaders: {
    flag: 'gateway-headers',
    env: 'PYROSCOPE_MCP_GATEWAY_HEADERS',
    value: 'NAMES',
    help: "names of GRAFANA_EXTRA_HEADERS that go with callers' credentials as well: those of an access proxy, never a credential of Grafana itself",
    isRepeatable: true,
  },
  auditLog: {
    flag: 'audit-log',
    env: 'PYROSCOPE_MCP_AUDIT_LOG',
    value: null,
    help: 'log a line for each call at every log level: who called which tool, which sources it asked, how it ended',
  },
} as const satisfies Record<string, Option>;
