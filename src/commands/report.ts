import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../config/read.js';
import { UserError } from '../errors.js';
import { callWithPicture } from '../mcp/pictures/call.js';
import { readView } from '../mcp/pictures/view-file.js';
import { progressText } from '../query/context.js';
import type { Picture } from '../report/picture/format.js';
import { fillPage, nameAnswer } from '../report/picture/page.js';
import { drawSvg } from '../report/picture/svg.js';
import type { Log } from '../telemetry/log.js';
import { safeText } from '../text/sanitise.js';
import { formatTime, formatValue } from '../text/units.js';
import { TOOLS } from '../tools/index.js';
import { createEnvironment, type Io } from './environment.js';
import { failure } from './finding.js';
import { checkOutputFile, writeOutputFile } from './output-file.js';

/** A question for a picture. */
interface Question {
  tool: string;
  arguments: Readonly<Record<string, unknown>>;
}

/**
 * Answers a question and writes the answer with its pictures to one file.
 *
 * @returns the exit code: 0 written, 1 where the request failed or the file cannot be written
 */
export async function report(config: Config, log: Log, io: Io): Promise<number> {
  const { report: settings } = config;
  if (settings === null) throw new Error('the options of report are not read');
  const { output, isSvg, mayReplace } = settings;
  try {
    // Before the store is asked: a name that cannot be written ends the command at once.
    await checkOutputFile(output, mayReplace);
    const picture = await ask(config, settings, log, io);
    if (picture === null) return 1;
    const text = isSvg ? writeSvg(picture) : await writePage(picture);
    await writeOutputFile(output, text, mayReplace);
    io.out(
      `Wrote ${safeText(output, 300)} (${formatValue(Buffer.byteLength(text), 'bytes')}): ${sumUp(picture)}`,
    );
    return 0;
  } catch (error) {
    const { text, fix } = failure(error, new AbortController().signal);
    io.err(`${text}\nNext: ${fix}`);
    return 1;
  }
}

/** Writes the page of a question to a new folder below that for temporary files, and opens it. */
export async function openReport(config: Config, question: Question, log: Log, io: Io): Promise<number> {
  const picture = await ask(config, question, log, io);
  if (picture === null) return 1;
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'pyroscope-mcp-')), 'report.html');
  await writeOutputFile(file, await writePage(picture), false);
  io.out(`Wrote ${file}: ${sumUp(picture)}`);
  const [command, args] = findOpener();
  const child = spawn(command, [...args, file], { stdio: 'ignore', detached: true });
  // Without a browser the file can still be opened by hand.
  child.on('error', () =>
    io.err(`No program to open it was found (${command}): open the file in a browser.`),
  );
  child.unref();
  return 0;
}

/** The picture of a question; null where the call failed, which is told. */
async function ask(config: Config, question: Question, log: Log, io: Io): Promise<Picture | null> {
  const tool = TOOLS.find(({ name }) => name === question.tool);
  if (tool === undefined) throw new Error(`there is no tool ${question.tool}`);
  const environment = await createEnvironment(config, log);
  try {
    const result = await callWithPicture(
      tool,
      question.arguments,
      { ...environment, log: { ...log, warn: log.info } },
      new AbortController().signal,
      io.progress && ((...step) => io.progress?.(progressText(...step))),
    );
    io.progress?.(null);
    if ('picture' in result) return result.picture;
    io.err(result.failure);
    return null;
  } finally {
    await environment.context.sources.close();
  }
}

async function writePage(picture: Picture): Promise<string> {
  return fillPage(await readView(), picture);
}

/** @throws UserError where the answer has no flame graph */
function writeSvg(picture: Picture): string {
  const [flame] = picture.flames;
  if (flame === undefined) {
    throw new UserError(
      'This answer has no flame graph to draw.',
      'Ask about one service and a window with profiles, or leave --svg out for the page.',
    );
  }
  const [, after] = flame.windows;
  return drawSvg(flame, `${nameAnswer(picture)}: ${flame.type.alias}, ${writeMinutes(after)}`);
}

/** A window to the minute; its end has a date where that is another one. */
function writeMinutes({ from, to }: { from: number; to: number }): string {
  const [start, end] = [formatTime(from).slice(0, 16), formatTime(to).slice(0, 16)];
  return `${start}Z to ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}Z`;
}

/** The first line of the answer. */
function sumUp({ text }: Picture): string {
  return safeText(text.split('\n', 1)[0] ?? '', 200);
}

function findOpener(): readonly [string, readonly string[]] {
  if (process.platform === 'darwin') return ['open', []];
  return process.platform === 'win32' ? ['cmd', ['/c', 'start', '']] : ['xdg-open', []];
}
