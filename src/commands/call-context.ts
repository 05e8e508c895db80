import type { Config } from '../config/read.js';
import { EARLY, SOON } from '../mcp/call.js';
import { progressText, type ToolContext } from '../query/context.js';
import type { Environment, Io } from './environment.js';

/** Opens the context of a question that a command asks itself; its deadline begins now. */
export function openCallContext(
  { context }: Pick<Environment, 'context'>,
  { callTimeoutMs }: Pick<Config, 'callTimeoutMs'>,
  io: Io,
): ToolContext {
  return {
    ...context,
    signal: AbortSignal.timeout(callTimeoutMs),
    early: AbortSignal.timeout(EARLY * callTimeoutMs),
    soon: AbortSignal.timeout(SOON * callTimeoutMs),
    ...(io.progress === undefined ? {} : { progress: (...made) => io.progress?.(progressText(...made)) }),
  };
}
