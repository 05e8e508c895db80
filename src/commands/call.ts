import type { Config } from '../config/read.js';
import { UsageError } from '../errors.js';
import { callTool } from '../mcp/call.js';
import { PROGRAM } from '../program.js';
import { type Progress, progressText } from '../query/context.js';
import type { Log } from '../telemetry/log.js';
import { TOOLS } from '../tools/index.js';
import { createEnvironment, type Io } from './environment.js';
import { keepGarbageSmall } from './heap.js';

/**
 * Runs one tool as a client would and prints its answer; errors go to stderr with exit code 1.
 * @throws UsageError
 */
export async function call(config: Config, log: Log, io: Io): Promise<number> {
  const [name, json = '{}'] = config.operands;
  const tool = TOOLS.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    throw new UsageError(
      name === undefined ? 'call needs the name of a tool.' : `There is no tool ${JSON.stringify(name)}.`,
      `Tools: ${TOOLS.map((candidate) => candidate.name).join(', ')}.`,
    );
  }
  const args = parseJson(json);
  keepGarbageSmall();
  const environment = await createEnvironment(config, log);
  try {
    const callArgs: Record<string, unknown> =
      config.format === null ? args : { ...args, format: config.format };
    const { signal } = new AbortController();
    const tell = io.progress;
    const progress: Progress | undefined = tell && ((...step) => tell(progressText(...step)));
    // The failure is printed below, so the log leaves it out.
    const quiet = { ...environment, log: { ...log, warn: log.info } };
    const { text, isError } = await callTool(tool, callArgs, quiet, signal, progress);
    io.progress?.(null);
    if (isError) io.err(text);
    else if (callArgs.format === 'json' || io.answer === undefined) io.out(text);
    else await io.answer(text);
    return isError ? 1 : 0;
  } finally {
    await environment.context.sources.close();
  }
}

function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // falls through to the one error below
  }
  throw new UsageError(
    `The arguments ${JSON.stringify(text.slice(0, 100))} are not a JSON object.`,
    `Example: ${PROGRAM} call summarize_profile '{"service":"checkout-api"}'`,
  );
}
