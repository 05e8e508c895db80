import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import { UsageError } from '../errors.js';
import { PROGRAM } from '../program.js';
import { withoutSecrets } from '../sources/grafana/address.js';
import type { ProxySettings } from '../sources/pyroscope/http/connections.js';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../telemetry/log.js';
import { secretsIn, secretsOfProxy } from '../telemetry/secrets.js';
import { ASKED, isUnfilled } from './asked.js';
import { type ExportSettings, readExport } from './export.js';
import type { ConfigFile } from './file/config-file.js';
import { type GateSettings, readGate } from './gate.js';
import { readProxy } from './grafana.js';
import { type HttpSettings, isSwitchedOn, readHttpSettings } from './http.js';
import { type OAuthSettings, readOAuth } from './oauth/read.js';
import { OPTIONS, type Option, type OptionName } from './options.js';
import { type ReportSettings, readReport } from './report.js';
import { type RightsSettings, readRightsSettings } from './rights.js';
import { readNamedStores, readSingleStores, type Store } from './stores.js';
import { readChoice, splitList, withHelpHint } from './usage.js';

/** Seconds: a day. Timers above 2^31 ms fire at once. */
const MAX_TIMEOUT = 86_400;

/** Everything that the process is told from outside, checked. */
export interface Config {
  command: string | null;
  operands: readonly string[];
  /** Servers and directories that profiles are read from, the default first. */
  stores: readonly Store[];
  stateDirectory: string | null;
  /** The proxies of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY); null where none is set. */
  proxy: ProxySettings | null;
  /** RE2 patterns of the team's own code, as they were given. */
  ownCode: readonly string[];
  requestTimeoutMs: number;
  callTimeoutMs: number;
  maxResponseBytes: number;
  cache: {
    /** 'none' for nowhere, null for the default. */
    directory: string | null;
    /** `redis:` or `rediss:`, with credentials in it. */
    url: string | null;
  };
  /** Whether queries of our own that were followed up are remembered. */
  remembersQueries: boolean;
  http: { host: string; port: number } | null;
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
  httpSettings: HttpSettings;
  /** How callers over HTTP sign in; null where they do not. */
  oauth: OAuthSettings | null;
  rights: RightsSettings;
  logLevel: LogLevel;
  /** Null: what suits the place that the lines go to. */
  logFormat: LogFormat | null;
  /** Secrets that the log must never show, and the files that hold more of them. */
  secrets: readonly string[];
  secretFiles: readonly string[];
  format: 'text' | 'json' | null;
  /** Settings of the command `gate`; null for every other. */
  gate: GateSettings | null;
  /** Settings of the command `report`; null for every other. */
  report: ReportSettings | null;
  /** Whether `demo` shows its report in the browser. */
  opensReport: boolean;
  /** Settings of the command `export`; null for every other. */
  export: ExportSettings | null;
  help: boolean;
  version: boolean;
}

/** Environment variables by name. */
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads command line, environment and the configuration file that they name. Its code is loaded only where
 * one is named.
 * @throws UsageError
 */
export async function loadConfig(argv: readonly string[], env: Variables): Promise<Config> {
  const { values } = parseFlags(argv, findCommand(argv));
  const file = values[OPTIONS.config.flag] ?? env[OPTIONS.config.env] ?? '';
  const isWanted = values[OPTIONS.help.flag] !== true && values[OPTIONS.version.flag] !== true;
  if (typeof file !== 'string' || file === '' || !isWanted) return readConfig(argv, env);
  const { readConfigFile } = await import('./file/config-file.js');
  return readConfig(argv, env, readConfigFile(file, env));
}

/**
 * Reads the settings: the command line wins over the environment, which wins over the file.
 * @param argv arguments after the program's name
 * @throws UsageError that names the option, the value and what is valid
 */
export function readConfig(argv: readonly string[], env: Variables, file?: ConfigFile): Config {
  const fromFile = new Set<OptionName>();
  try {
    return readChecked(argv, env, { file: file ?? null, fromFile });
  } catch (error) {
    if (!(error instanceof UsageError) || file === undefined) throw error;
    throw file.explain(error, (name) => fromFile.has(name));
  }
}

/** @param fromFile gets the names of the settings that the file decides */
function readChecked(
  argv: readonly string[],
  env: Variables,
  { file, fromFile }: { file: ConfigFile | null; fromFile: Set<OptionName> },
): Config {
  const command = findCommand(argv);
  const { values, positionals } = parseFlags(argv, command);
  const text = (name: OptionName): string | null => {
    const option: Option = OPTIONS[name];
    const flagValue = belongsTo(option, command) ? values[option.flag] : undefined;
    const fromFlag = Array.isArray(flagValue)
      ? flagValue.join(',')
      : flagValue === undefined
        ? undefined
        : String(flagValue);
    if (fromFlag === '')
      throw new UsageError(`--${option.flag} is empty.`, 'Give it a value or leave it out.');
    const given = fromFlag ?? readVariable(name, env);
    if (given !== undefined && file !== null && file.stores !== null && option.store !== undefined) {
      const isFlag = fromFlag !== undefined;
      if (isFlag || !file.variables.has(option.env ?? ''))
        throw file.refuseSingle(isFlag ? `--${option.flag}` : `The variable ${option.env}`);
      return null;
    }
    const fileValue = given === undefined ? (file?.text(name) ?? null) : null;
    if (fileValue !== null) fromFile.add(name);
    return given ?? fileValue ?? option.default ?? null;
  };
  const list = (name: OptionName) => splitList(text(name) ?? '');
  const isOn = (name: OptionName) => belongsTo(OPTIONS[name], command) && values[OPTIONS[name].flag] === true;
  const operands = positionals.slice(1);
  checkOperands(command, operands);
  const proxy = withHelpHint(() => readProxy(env));
  // The reading refuses each setting of a single store next to the stores of a file.
  if (file !== null && file.stores !== null) listNames(({ store }) => store !== undefined).forEach(text);
  const stores = file?.stores == null ? readSingleStores(text) : readNamedStores(file.stores);
  const scopes = [text, ...(file?.stores ?? []).map((store) => store.text)];
  const wantsHelp = values[OPTIONS.help.flag] === true;
  return {
    command,
    operands,
    stores,
    stateDirectory: text('stateDirectory'),
    proxy,
    ownCode: list('ownCode'),
    requestTimeoutMs: positive('requestTimeout', text('requestTimeout'), MAX_TIMEOUT) * 1000,
    callTimeoutMs: positive('callTimeout', text('callTimeout'), MAX_TIMEOUT) * 1000,
    maxResponseBytes: positive('maxResponse', text('maxResponse')) * 2 ** 20,
    cache: { directory: text('cacheDir'), url: readCacheUrl(text('cacheUrl')) },
    http: readAddress(text('http')),
    remembersQueries: !withHelpHint(() => isSwitchedOn('noQueryMemory', text('noQueryMemory'))),
    allowedHosts: list('allowedHosts'),
    allowedOrigins: list('allowedOrigins'),
    httpSettings: withHelpHint(() => readHttpSettings(text)),
    oauth: withHelpHint(() => readOAuth(text, list, stores)),
    rights: withHelpHint(() => readRightsSettings(text, list, stores)),
    logLevel: readChoice('logLevel', text('logLevel'), LOG_LEVELS) ?? 'warn',
    logFormat: readChoice('logFormat', text('logFormat'), LOG_FORMATS),
    secrets: [...scopes.flatMap(readSecrets), ...secretsOfProxy(proxy)],
    secretFiles: scopes.flatMap(listSecretFiles),
    format: readChoice('format', text('format'), ['text', 'json'] as const),
    gate: command === 'gate' && !wantsHelp ? readGate(text, list) : null,
    report: command === 'report' && !wantsHelp ? readReport(operands, text, isOn) : null,
    opensReport: isOn('demoOpen'),
    export: command === 'export' && !wantsHelp ? readExport(text, isOn) : null,
    help: wantsHelp,
    version: values[OPTIONS.version.flag] === true,
  };
}

/** Value of an option's variable; undefined where it is unset, empty, or a client's placeholder. */
function readVariable(
  name: OptionName,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const variable = OPTIONS[name].env;
  const value = variable === null ? undefined : env[variable];
  if (variable === null || value === undefined || value === '') return undefined;
  return name in ASKED && isUnfilled(value, variable) ? undefined : value;
}

/** Maximum number of operands of each command; commands that are missing check theirs themselves. */
const MAX_OPERANDS: Readonly<Record<string, number>> = { call: 2, doctor: 0, demo: 0, gate: 0, export: 0 };

/** Refuses operands that no command takes. Often they are JSON that the shell has taken apart. */
function checkOperands(command: string | null, operands: readonly string[]): void {
  const unexpected = command === null ? undefined : operands[MAX_OPERANDS[command] ?? operands.length];
  if (unexpected === undefined) return;
  throw new UsageError(
    `${command} does not take ${JSON.stringify(unexpected.slice(0, 100))}.`,
    command === 'call'
      ? `Its arguments are one JSON object, in quotes: ${PROGRAM} call TOOL '{"service":"checkout-api"}'.`
      : `See \`${PROGRAM} --help\`.`,
  );
}

/** Every secret of the option table, and what is made of user and password. */
function readSecrets(text: (name: OptionName) => string | null): string[] {
  const single = listNames(({ isSecret }) => isSecret === true).flatMap((name) => text(name) ?? []);
  const basic = [
    [text('grafanaUsername'), text('grafanaPassword')],
    [text('pyroscopeUsername'), text('pyroscopePassword')],
  ].flatMap(([user, password]) => (password === null ? [] : [`${user ?? ''}:${password}`]));
  return secretsIn([...single, ...basic]);
}

/** Files that hold secrets and are read again. */
function listSecretFiles(text: (name: OptionName) => string | null): string[] {
  return listNames(({ flag }) => /-(?:token|secret)-file$/.test(flag)).flatMap((name) => text(name) ?? []);
}

/** Names of the options of a kind. */
function listNames(test: (option: Option) => boolean): OptionName[] {
  // The keys of the table are the names by definition; Object.keys only knows that they are texts.
  return (Object.keys(OPTIONS) as OptionName[]).filter((name) => test(OPTIONS[name]));
}

/** The command, which decides what some flags mean: the first word that belongs to no flag. */
function findCommand(argv: readonly string[]): string | null {
  const options = listFlags(null);
  const { positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: false });
  return positionals[0] ?? null;
}

/** Whether a command takes an option. An option of its own replaces a common one of the same flag. */
function belongsTo(option: Option, command: string | null): boolean {
  if (option.command !== undefined) return option.command === command;
  const isReplaced = ({ flag, command: owner }: Option) =>
    flag === option.flag && owner !== undefined && owner === command;
  return !Object.values<Option>(OPTIONS).some(isReplaced);
}

/** The flags of a command, as `parseArgs` takes them. */
function listFlags(command: string | null) {
  return Object.fromEntries(
    Object.values<Option>(OPTIONS)
      .filter((option) => belongsTo(option, command))
      .map(({ flag, value, isRepeatable }) => [
        flag,
        value === null
          ? { type: 'boolean' as const }
          : { type: 'string' as const, multiple: isRepeatable ?? false },
      ]),
  );
}

function parseFlags(argv: readonly string[], command: string | null) {
  const options = listFlags(command);
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message.split(/\. |\.?\n/)[0] : 'cannot be read';
    throw new UsageError(`Command line: ${message}.`, `See \`${PROGRAM} --help\`.`);
  }
}

/** Valkey speaks the protocol of Redis. */
function readCacheUrl(url: string | null): string | null {
  if (url === null) return null;
  const asRedis = url.trim().replace(/^valkey(s?):/i, 'redis$1:');
  if (!/^rediss?:$/.test(URL.canParse(asRedis) ? new URL(asRedis).protocol : '')) {
    throw new UsageError(
      `PYROSCOPE_MCP_CACHE_URL ${JSON.stringify(withoutSecrets(url))} is not a Redis or Valkey URL.`,
      'Example: redis://cache.internal:6379/0, rediss:// for TLS',
    );
  }
  return asRedis;
}

function readAddress(address: string | null): Config['http'] {
  if (address === null) return null;
  const match = /^(?:\[([^\]]*)\]:|([^\s:[\]/@]+):)?(\d{1,5})$/.exec(address.trim());
  const [, ipv6, name, digits] = match ?? [];
  const port = Number(digits);
  if (match === null || port > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) {
    throw new UsageError(
      `--http ${JSON.stringify(address)} is not [HOST:]PORT.`,
      'Example: --http 8080, --http 127.0.0.1:8080 or --http [::1]:8080',
    );
  }
  return { host: ipv6 ?? name ?? '127.0.0.1', port };
}

function positive(name: OptionName, value: string | null, max = Number.MAX_SAFE_INTEGER): number {
  const option: Option = OPTIONS[name];
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) {
    throw new UsageError(
      `--${option.flag} ${JSON.stringify(value)} is not a positive number.`,
      `Default: ${option.default}.`,
    );
  }
  if (number > max) {
    throw new UsageError(
      `--${option.flag} ${JSON.stringify(value)} is over the largest value, ${max}.`,
      `Default: ${option.default}.`,
    );
  }
  return number;
}
