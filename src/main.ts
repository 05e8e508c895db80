#!/usr/bin/env node
import { keepCompiledCode } from './commands/code-cache.js';
import { type Config, loadConfig } from './config/read.js';
import { UsageError } from './errors.js';
import { createLog, type LogLevel } from './telemetry/log.js';
import { secretsNow } from './telemetry/secrets.js';
import { safeLines } from './text/sanitise.js';

const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** Runs the command that the arguments name and gives the exit code; null while a server goes on serving. */
async function main(): Promise<number | null> {
  let config: Config;
  try {
    config = await loadConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(safeLines(`pyroscope-mcp: ${error.message} ${error.next}\n`));
    return EXIT.usage;
  }
  const openLog = (level: LogLevel) =>
    createLog(level, (line) => process.stderr.write(line), {
      format: config.logFormat ?? (process.stderr.isTTY ? 'text' : 'json'),
      secrets: secretsNow(config.secrets, config.secretFiles),
    });
  const log = openLog(config.logLevel);
  if (config.command !== null) process.stdout.on('error', stopQuietly);
  // A limit on the size of files (`ulimit -f`) is an error of the write. Without a listener of ours the
  // library that writes files takes this signal for the end of the process.
  process.on('SIGXFSZ', () => {});
  // A log without a reader does not end the server: the line is lost, and so will be the next.
  process.stderr.on('error', () => {});
  const io = {
    out: (text: string) => process.stdout.write(safeLines(`${text}\n`)),
    ...(process.stdout.isTTY ? { answer: showAnswer } : {}),
    err: (text: string) => process.stderr.write(safeLines(`${text}\n`)),
    ...(process.stderr.isTTY ? { progress: showProgress } : {}),
    ...(config.rights.hasAuditLog ? { audit: openLog('info') } : {}),
  };
  keepCompiledCode(config, process.env);
  if (config.help) return (await import('./commands/help.js')).printHelp(io);
  if (config.version) return (await import('./commands/help.js')).printVersion(io);
  switch (config.command) {
    case null:
      await (await import('./commands/serve.js')).serve(config, log, io);
      return null;
    case 'call':
      return (await import('./commands/call.js')).call(config, log, io);
    case 'sources':
      return (await import('./commands/sources.js')).sources(config, io);
    case 'doctor':
      return (await import('./commands/doctor.js')).doctor(config, io);
    case 'gate':
      return (await import('./commands/gate.js')).gate(config, log, io);
    case 'export':
      return (await import('./commands/export.js')).exportCommand(config, log, io);
    case 'demo':
      return (await import('./commands/demo.js')).demo(config, log, io);
    case 'report':
      return (await import('./commands/report.js')).report(config, log, io);
    default:
      io.err(await (await import('./commands/help.js')).explainUnknownCommand(config.command));
      return EXIT.usage;
  }
}

/** An answer on a terminal: wrapped, and bold unless that is unwanted (https://no-color.org). */
async function showAnswer(text: string): Promise<void> {
  const { forTerminal } = await import('./text/terminal.js');
  const isBold = (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb';
  process.stdout.write(`${forTerminal(text, process.stdout.columns, isBold)}\n`);
}

/** Writes progress over the same line of the terminal. */
function showProgress(text: string | null): void {
  process.stderr.write(text === null ? '\r\x1b[K' : `\r${text} …`);
}

/** The reader of the output has gone (`… | head`): no output can reach it. */
function stopQuietly(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? EXIT.fine : EXIT.failed);
}

main().then(
  (code) => {
    if (code !== null) process.exitCode = code;
  },
  (error: unknown) => {
    const failure = error instanceof Error ? error : new Error(String(error));
    const next = 'next' in failure && typeof failure.next === 'string' ? ` ${failure.next}` : '';
    process.stderr.write(safeLines(`pyroscope-mcp: ${failure.message}${next}\n`));
    process.exitCode = failure instanceof UsageError ? EXIT.usage : EXIT.failed;
  },
);
