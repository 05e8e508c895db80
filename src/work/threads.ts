import { availableParallelism } from 'node:os';
import { type TransferListItem, Worker } from 'node:worker_threads';

/** More threads than cores only make each other slower. */
const MAX_THREADS = Math.min(4, availableParallelism());
/** Tasks that wait hold their data: more than this many at once, and the next is refused. */
const MAX_WAITING = 256;
/** Time after which an idle thread ends and gives its memory back, milliseconds. */
const IDLE_MS = 20_000;
/** Objects of one thread; the typed arrays of a profile lie outside. */
const HEAP_MIB = 1_024;

/** The thread of a task ended before the task did. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError';
  readonly reason: 'crashed' | 'out_of_memory' | 'too_many_waiting';

  constructor(reason: ThreadError['reason'], cause?: unknown) {
    super(`a worker thread ${reason.replaceAll('_', ' ')}`, { cause });
    this.reason = reason;
  }
}

/** Threads that run one task each at a time; started when they are needed, gone when they are not. */
export interface Threads {
  /**
   * Sends a message to a thread and waits for its answer. An abort ends the thread, whatever it is doing.
   * @throws ThreadError, or the signal's reason
   */
  run(
    message: unknown,
    options: { transfer: readonly TransferListItem[]; signal: AbortSignal },
  ): Promise<unknown>;
  /** Number of threads that live. */
  size(): number;
}

interface Task {
  message: unknown;
  transfer: readonly TransferListItem[];
  /** Settles the task once; whatever comes afterwards is dropped. */
  settle(outcome: { answer: unknown } | { error: unknown }): void;
}

interface Thread {
  worker: Worker;
  task: Task | null;
  idle: NodeJS.Timeout | undefined;
}

/**
 * A small pool over `node:worker_threads`: the libraries looked at either bring native packages for every
 * platform or leave tasks waiting for ever once a thread was aborted. No thread keeps the process alive.
 *
 * @param entry the worker's compiled file
 */
export function createThreads(entry: URL, heapMib = HEAP_MIB): Threads {
  const threads = new Set<Thread>();
  const waiting: Task[] = [];

  const start = (): Thread => {
    const worker = new Worker(entry, {
      resourceLimits: { maxOldGenerationSizeMb: heapMib },
      execArgv: [],
      // Standard output belongs to the protocol, whatever a library prints.
      stdout: true,
    });
    const thread: Thread = { worker, task: null, idle: undefined };
    threads.add(thread);
    worker.on('message', (answer: unknown) => {
      const { task } = thread;
      thread.task = null;
      task?.settle({ answer });
      rest(thread);
      next();
    });
    worker.on('error', (error) => removeThread(thread, error));
    worker.on('exit', () => removeThread(thread, undefined));
    return thread;
  };

  const rest = (thread: Thread) => {
    thread.worker.unref();
    thread.idle = setTimeout(() => stop(thread), IDLE_MS).unref();
  };

  const stop = (thread: Thread) => {
    threads.delete(thread);
    clearTimeout(thread.idle);
    void thread.worker.terminate();
  };

  const removeThread = (thread: Thread, error: unknown) => {
    threads.delete(thread);
    clearTimeout(thread.idle);
    const { task } = thread;
    thread.task = null;
    task?.settle({ error: new ThreadError(isOutOfMemory(error) ? 'out_of_memory' : 'crashed', error) });
    next();
  };

  const next = () => {
    while (waiting.length > 0) {
      const free = [...threads].find(({ task }) => task === null);
      const thread = free ?? (threads.size < MAX_THREADS ? start() : undefined);
      const task = thread === undefined ? undefined : waiting.shift();
      if (thread === undefined || task === undefined) return;
      clearTimeout(thread.idle);
      thread.task = task;
      thread.worker.ref();
      thread.worker.postMessage(task.message, task.transfer);
    }
  };

  return {
    run: (message, { transfer, signal }) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        if (waiting.length >= MAX_WAITING) throw new ThreadError('too_many_waiting');
        const task: Task = {
          message,
          transfer,
          settle(outcome) {
            signal.removeEventListener('abort', abort);
            if ('error' in outcome) reject(outcome.error);
            else resolve(outcome.answer);
          },
        };
        const abort = () => {
          task.settle({ error: signal.reason });
          const queued = waiting.indexOf(task);
          if (queued >= 0) waiting.splice(queued, 1);
          for (const thread of threads) {
            if (thread.task !== task) continue;
            thread.task = null;
            stop(thread);
          }
          next();
        };
        signal.addEventListener('abort', abort, { once: true });
        waiting.push(task);
        next();
      }),
    size: () => threads.size,
  };
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
