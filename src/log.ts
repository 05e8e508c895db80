/** Levels of the log, the quietest first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Log {
  error(message: string, cause?: unknown): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** Writes lines to stderr: in stdio mode stdout belongs to the protocol. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const enabled = (wanted: LogLevel) => LOG_LEVELS.indexOf(wanted) <= LOG_LEVELS.indexOf(level);
  const line = (at: LogLevel, message: string) => {
    if (enabled(at)) write(`${new Date().toISOString()} ${at} ${message}\n`);
  };
  return {
    error: (message, cause) =>
      line('error', cause instanceof Error ? `${message}: ${cause.stack ?? cause.message}` : message),
    warn: (message) => line('warn', message),
    info: (message) => line('info', message),
    debug: (message) => line('debug', message),
  };
}
