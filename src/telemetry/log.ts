import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import { safeLines } from '../text/sanitise.js';
import { createRedactor } from './redact.js';
import { callFields } from './trace.js';

/** Levels of the log, the quietest first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Fields of a line in addition to its message, named in snake_case. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log of a process. Messages are constant words; what varies goes into fields. */
export interface Log {
  error(message: string, cause?: unknown, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** `json`, the default: one object a line; `text` for people. */
  format?: LogFormat;
  /** Secrets that no line may show. */
  secrets?: () => readonly string[];
}

/**
 * Creates a log that writes lines to stderr: in stdio mode stdout belongs to the protocol. Every line names
 * its call and trace. Secrets and characters that act on a terminal are taken out.
 *
 * @param write takes whole lines; must be done when it returns, since the process may end right after
 */
export function createLog(level: LogLevel, write: (line: string) => void, options: LogOptions = {}): Log {
  const { format = 'json', secrets = () => [] } = options;
  const redact = createRedactor(secrets);
  let logger: Logger | undefined;
  const line = (at: LogLevel, message: string, fields: LogFields) => {
    if (LOG_LEVELS.indexOf(at) > LOG_LEVELS.indexOf(level)) return;
    const put = (text: string) => write(safeLines(text));
    logger ??= openLogger(level, format === 'json' ? put : (json) => put(readable(json)));
    logger[at](redact({ ...callFields(), ...fields }), String(redact(message)));
  };
  return {
    error: (message, cause, fields) =>
      line('error', message, { ...fields, ...(cause === undefined ? {} : { err: cause }) }),
    warn: (message, fields = {}) => line('warn', message, fields),
    info: (message, fields = {}) => line('info', message, fields),
    debug: (message, fields = {}) => line('debug', message, fields),
  };
}

/** Loads the library with the first line: most processes write none, and start-up counts. */
function openLogger(level: LogLevel, write: (line: string) => void): Logger {
  // `require` of a CommonJS module has no type; the package's own is the one it has.
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are plain objects by now.
      serializers: { err: (error: unknown) => error },
    },
    { write },
  );
}

/**
 * Formats a line for people: time, level, message and fields; the text of an error and its origin follow
 * below.
 */
function readable(json: string): string {
  const entry: unknown = JSON.parse(json);
  const { time, level, msg, err, ...fields } = Object(entry) as Record<string, unknown>;
  const stack: unknown = typeof err === 'object' && err !== null ? Reflect.get(err, 'stack') : undefined;
  const words = Object.entries(fields).map(([name, value]) => `${name}=${word(value)}`);
  const below = err === undefined ? '' : `\n  ${String(stack ?? word(err)).replaceAll('\n', '\n  ')}`;
  return `${time} ${level} ${[oneLine(String(msg)), ...words].join(' ')}${below}\n`;
}

function word(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
