import { LOG_FORMATS, LOG_LEVELS } from '../telemetry/log.js';
import { EXPORT_OPTIONS } from './export-options.js';
import { GATE_OPTIONS } from './gate-options.js';
import { OAUTH_OPTIONS } from './oauth/options.js';
import { REPORT_OPTIONS } from './report.js';
import { RIGHTS_OPTIONS } from './rights-options.js';

/** Kinds of places with profiles. */
export type StoreKind = 'grafana' | 'pyroscope' | 'files';

export interface Option {
  flag: string;
  /** Environment variable with the same meaning; the flag wins. */
  env: string | null;
  /** Placeholder in the help; null for a switch. */
  value: string | null;
  help: string;
  default?: string;
  isSecret?: true;
  /** Whether the flag may be given several times, and its variable may hold a list with commas. */
  isRepeatable?: true;
  /** The kind of store that it configures; such a setting may also stand in a store of `--config`. */
  store?: StoreKind;
  /** The only command that takes it; every command takes an option without one. */
  command?: 'gate' | 'report' | 'demo' | 'export';
}

/** The one option table: `--help`, parsing, the environment and the docs come from it. */
export const OPTIONS = {
  config: {
    flag: 'config',
    env: 'PYROSCOPE_MCP_CONFIG',
    value: 'FILE',
    help: 'YAML file with these settings, flags and variables win; it may name several Grafanas and Pyroscopes',
  },
  profiles: {
    flag: 'profiles',
    store: 'files',
    env: 'PROFILES_DIR',
    value: 'DIR',
    help: 'serve the profile files below this directory, or this file',
  },
  grafanaUrl: {
    flag: 'grafana-url',
    store: 'grafana',
    env: 'GRAFANA_URL',
    value: 'URL',
    help: 'find the Pyroscope data sources behind this Grafana; its sub-path is kept',
  },
  grafanaToken: {
    flag: 'grafana-token',
    store: 'grafana',
    env: 'GRAFANA_SERVICE_ACCOUNT_TOKEN',
    value: 'TOKEN',
    help: 'service account token of that Grafana; the role Viewer suffices',
    isSecret: true,
  },
  grafanaTokenFile: {
    flag: 'grafana-token-file',
    store: 'grafana',
    env: 'GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE',
    value: 'FILE',
    help: 'file with the service account token, read again with every request',
  },
  grafanaUsername: {
    flag: 'grafana-username',
    store: 'grafana',
    env: 'GRAFANA_USERNAME',
    value: 'USER',
    help: 'user of Grafana for basic authentication, instead of a token',
  },
  grafanaPassword: {
    flag: 'grafana-password',
    store: 'grafana',
    env: 'GRAFANA_PASSWORD',
    value: 'PASSWORD',
    help: 'password of that user of Grafana',
    isSecret: true,
  },
  grafanaOrg: {
    flag: 'grafana-org-id',
    store: 'grafana',
    env: 'GRAFANA_ORG_ID',
    value: 'ID',
    help: 'organisation of Grafana, sent as X-Grafana-Org-Id',
  },
  grafanaHeaders: {
    flag: 'grafana-extra-headers',
    store: 'grafana',
    env: 'GRAFANA_EXTRA_HEADERS',
    value: 'JSON',
    help: 'further headers as a JSON object, for an access proxy in front of Grafana',
    isSecret: true,
  },
  grafanaCaFile: {
    flag: 'grafana-ca-file',
    store: 'grafana',
    env: 'GRAFANA_CA_FILE',
    value: 'FILE',
    help: 'PEM file with further certificate authorities',
  },
  enabledSources: {
    flag: 'enabled-sources',
    store: 'grafana',
    env: 'PYROSCOPE_MCP_ENABLED_SOURCES',
    value: 'UIDS',
    help: 'exactly these data sources of Grafana are enabled; without it `sources enable` decides',
    isRepeatable: true,
  },
  stateDirectory: {
    flag: 'state-dir',
    env: 'PYROSCOPE_MCP_STATE_DIR',
    value: 'DIR',
    help: 'where it is kept which data sources are enabled; by default below XDG_STATE_HOME',
  },
  pyroscopeUrl: {
    flag: 'pyroscope-url',
    store: 'pyroscope',
    env: 'PYROSCOPE_URL',
    value: 'URL',
    help: 'query this Pyroscope server',
  },
  pyroscopeToken: {
    flag: 'pyroscope-token',
    store: 'pyroscope',
    env: 'PYROSCOPE_TOKEN',
    value: 'TOKEN',
    help: 'bearer token for that Pyroscope server',
    isSecret: true,
  },
  pyroscopeUsername: {
    flag: 'pyroscope-username',
    store: 'pyroscope',
    env: 'PYROSCOPE_USERNAME',
    value: 'USER',
    help: 'user of Pyroscope for basic authentication',
  },
  pyroscopePassword: {
    flag: 'pyroscope-password',
    store: 'pyroscope',
    env: 'PYROSCOPE_PASSWORD',
    value: 'PASSWORD',
    help: 'password of that user of Pyroscope',
    isSecret: true,
  },
  pyroscopeTenant: {
    flag: 'pyroscope-tenant-id',
    store: 'pyroscope',
    env: 'PYROSCOPE_TENANT_ID',
    value: 'ID',
    help: 'tenant of Pyroscope, sent as X-Scope-OrgID',
  },
  ownCode: {
    flag: 'own-code',
    env: 'PYROSCOPE_MCP_OWN_CODE',
    value: 'PATTERNS',
    help: 'RE2 patterns of names or files of functions that are your own code, where that is not told right',
    isRepeatable: true,
  },
  requestTimeout: {
    flag: 'request-timeout',
    env: 'PYROSCOPE_MCP_REQUEST_TIMEOUT',
    value: 'SECONDS',
    help: 'deadline of one request to a profile store',
    default: '30',
  },
  callTimeout: {
    flag: 'call-timeout',
    env: 'PYROSCOPE_MCP_CALL_TIMEOUT',
    value: 'SECONDS',
    help: 'deadline of one tool call',
    default: '45',
  },
  maxResponse: {
    flag: 'max-response',
    env: 'PYROSCOPE_MCP_MAX_RESPONSE',
    value: 'MIB',
    help: 'largest answer read from a profile store, inflated',
    default: '256',
  },
  cacheDir: {
    flag: 'cache-dir',
    env: 'PYROSCOPE_MCP_CACHE_DIR',
    value: 'DIR',
    help: "keep learned types, labels and services here, 'none' for nowhere (default: below the user's cache directory)",
  },
  cacheUrl: {
    flag: 'cache-url',
    env: 'PYROSCOPE_MCP_CACHE_URL',
    value: 'URL',
    help: 'keep them in this Redis or Valkey instead, for several replicas',
    isSecret: true,
  },
  noQueryMemory: {
    flag: 'no-query-memory',
    env: 'PYROSCOPE_MCP_NO_QUERY_MEMORY',
    value: null,
    help: 'do not remember which calls were followed up, which find_query_patterns would offer',
  },
  http: {
    flag: 'http',
    env: 'PYROSCOPE_MCP_HTTP',
    value: '[HOST:]PORT',
    help: 'serve MCP over HTTP at /mcp instead of stdio',
  },
  allowedHosts: {
    flag: 'allowed-hosts',
    env: 'PYROSCOPE_MCP_ALLOWED_HOSTS',
    value: 'NAMES',
    help: 'further host names accepted in the Host header',
    isRepeatable: true,
  },
  allowedOrigins: {
    flag: 'allowed-origins',
    env: 'PYROSCOPE_MCP_ALLOWED_ORIGINS',
    value: 'NAMES',
    help: 'further host names accepted in the Origin header',
    isRepeatable: true,
  },
  httpTokens: {
    flag: 'http-tokens',
    env: 'PYROSCOPE_MCP_HTTP_TOKENS',
    value: 'TOKENS',
    help: 'bearer tokens that callers over HTTP must name one of; several for rotation (one: openssl rand -hex 32)',
    isSecret: true,
    isRepeatable: true,
  },
  httpTokenFile: {
    flag: 'http-token-file',
    env: 'PYROSCOPE_MCP_HTTP_TOKEN_FILE',
    value: 'FILE',
    help: 'file with such tokens, one a line, # for comments; read again when it changes',
  },
  allowUnauthenticated: {
    flag: 'allow-unauthenticated',
    env: 'PYROSCOPE_MCP_ALLOW_UNAUTHENTICATED',
    value: null,
    help: 'serve beyond loopback without tokens, where something in front authenticates everybody',
  },
  ...OAUTH_OPTIONS,
  ...RIGHTS_OPTIONS,
  httpView: {
    flag: 'http-view',
    env: 'PYROSCOPE_MCP_HTTP_VIEW',
    value: null,
    help: 'show a person the pictures of an answer at /view?tool=investigate&service=…, behind the same tokens',
  },
  parallelCalls: {
    flag: 'parallel-calls',
    env: 'PYROSCOPE_MCP_PARALLEL_CALLS',
    value: 'NUMBER',
    help: 'tool calls over HTTP that run at once; further ones wait for up to 20 s, then are refused (503)',
    default: '8',
  },
  maxCalls: {
    flag: 'max-calls',
    env: 'PYROSCOPE_MCP_MAX_CALLS',
    value: 'NUMBER',
    help: 'tool calls over HTTP that run or wait, of all clients; further ones are refused (503)',
    default: '256',
  },
  maxCallsPerClient: {
    flag: 'max-calls-per-client',
    env: 'PYROSCOPE_MCP_MAX_CALLS_PER_CLIENT',
    value: 'NUMBER',
    help: 'tool calls that run or wait of one client (its token, else its address); further ones are refused (429)',
    default: '128',
  },
  maxCallsPerMinute: {
    flag: 'max-calls-per-minute',
    env: 'PYROSCOPE_MCP_MAX_CALLS_PER_MINUTE',
    value: 'NUMBER',
    help: 'tool calls of one client in a minute (429); without it as many as it likes',
  },
  shutdownGrace: {
    flag: 'shutdown-grace',
    env: 'PYROSCOPE_MCP_SHUTDOWN_GRACE',
    value: 'SECONDS',
    help: 'how long calls in flight over HTTP may take to end when the server is asked to stop',
    default: '25',
  },
  shutdownDelay: {
    flag: 'shutdown-delay',
    env: 'PYROSCOPE_MCP_SHUTDOWN_DELAY',
    value: 'SECONDS',
    help: 'how long before that requests are still accepted while /readyz says 503, for load balancers that poll it',
    default: '0',
  },
  logLevel: {
    flag: 'log-level',
    env: 'PYROSCOPE_MCP_LOG_LEVEL',
    value: 'LEVEL',
    help: `how much to log on stderr: ${LOG_LEVELS.join(', ')}`,
    default: 'warn',
  },
  logFormat: {
    flag: 'log-format',
    env: 'PYROSCOPE_MCP_LOG_FORMAT',
    value: 'FORMAT',
    help: `form of its lines: ${LOG_FORMATS.join(' or ')}; by default text on a terminal, else json`,
  },
  format: { flag: 'format', env: null, value: 'text|json', help: 'form of the answer of `call`' },
  help: { flag: 'help', env: null, value: null, help: 'print this help' },
  version: { flag: 'version', env: null, value: null, help: 'print the version' },
  ...GATE_OPTIONS,
  ...REPORT_OPTIONS,
  ...EXPORT_OPTIONS,
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;
