import { setImmediate } from 'node:timers/promises';
import type { TransferListItem } from 'node:worker_threads';
import { UpstreamError, UserError } from '../errors.js';
import type { Profile } from '../profile/model.js';
import type { JobTable, ThreadOutcome } from './job.js';
import type { Threads } from './threads.js';

/**
 * From this size on a pprof message, inflated, is decoded in a thread: some 25 to 50 ms of work, where 8 MB
 * take 110 to 180 ms of processor time (bench/README.md).
 */
export const HEAVY_BYTES = 2 * 2 ** 20;
/** From this number of frames in all stacks on profiles are looked at in a thread: some 50 ms. */
const HEAVY_FRAMES = 1_000_000;

/** Runs a job of a table by its name, with the arguments and the result of that job. */
export type Offload<Jobs extends JobTable> = <Name extends keyof Jobs>(
  name: Name,
  args: Parameters<Jobs[Name]>,
  options: OffloadOptions,
) => Promise<Awaited<ReturnType<Jobs[Name]>>>;

interface OffloadOptions {
  /** Whether the job would hold up the event loop for too long. */
  isHeavy: boolean;
  signal: AbortSignal;
  transfer?: readonly TransferListItem[];
}

/** The jobs of a program, and how an outcome that came from a thread becomes a result or an error again. */
export interface JobModule<Jobs extends JobTable> {
  JOBS: Jobs;
  readOutcome(outcome: ThreadOutcome): unknown;
}

/** Whether looking at some profiles together would hold up everybody else. */
export function isHeavyWork(...profiles: readonly Pick<Profile, 'stackFrames'>[]): boolean {
  return profiles.reduce((sum, { stackFrames }) => sum + stackFrames.length, 0) >= HEAVY_FRAMES;
}

/**
 * Runs pure jobs: heavy ones in a thread, so that the event loop goes on, others here. Jobs and threads are
 * loaded with the first use.
 *
 * @param load imports the jobs
 * @param worker the compiled worker; null runs every job here (the sources themselves are run without a
 *   worker)
 */
export function createOffload<Jobs extends JobTable>(
  load: () => Promise<JobModule<Jobs>>,
  worker: URL | null,
  start: (worker: URL) => Promise<Threads> = startThreads,
): Offload<Jobs> {
  let pool: Promise<Threads> | undefined;
  // To import a module that is loaded takes a tenth of a small job.
  let loaded: JobModule<Jobs> | undefined;
  return async <Name extends keyof Jobs>(
    name: Name,
    args: Parameters<Jobs[Name]>,
    { isHeavy, signal, transfer = [] }: OffloadOptions,
  ): Promise<Awaited<ReturnType<Jobs[Name]>>> => {
    loaded ??= await load();
    const { JOBS, readOutcome } = loaded;
    signal.throwIfAborted();
    if (!isHeavy || worker === null) {
      // A union of functions cannot be called with the arguments of one of them.
      const job = JOBS[name] as (...args: Parameters<Jobs[Name]>) => ReturnType<Jobs[Name]>;
      await ownTurn();
      signal.throwIfAborted();
      return await job(...args);
    }
    pool ??= start(worker);
    const threads = await pool;
    const outcome = await threads.run({ name, args }, { transfer, signal }).catch(explain);
    // The worker sends nothing but outcomes, and a job returns what its type says.
    return readOutcome(outcome as ThreadOutcome) as Awaited<ReturnType<Jobs[Name]>>;
  };
}

let lastTurn: Promise<void> = Promise.resolve();

/**
 * Waits for a turn of the event loop in which no other job begins. Answers that arrive together would
 * otherwise be processed one after the other while all other work waits.
 */
function ownTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate());
  return lastTurn;
}

async function startThreads(worker: URL): Promise<Threads> {
  const { createThreads } = await import('./threads.js');
  return createThreads(worker);
}

/** @throws UpstreamError `too_large` or UserError for a thread that died, what was thrown otherwise */
function explain(error: unknown): never {
  if (!(error instanceof Error) || error.name !== 'ThreadError' || !('reason' in error)) throw error;
  if (error.reason === 'out_of_memory') {
    throw new UpstreamError('too_large', 'reading the profile takes more memory than one call may have', {
      cause: error,
    });
  }
  throw new UserError(
    error.reason === 'crashed'
      ? 'The thread that read the profile stopped.'
      : 'Too many large profiles are being read at the same time.',
    'Ask once more in some seconds; if it happens again, ask for a shorter window or one pod and tell the operator.',
  );
}
