import { type PoolOptions, type PoolWorker, ThreadsPoolWorker, type WorkerRequest } from 'vitest/node';

/** A thread is replaced after so many runs: each leaves listeners in it. */
const MAX_RUNS = 300;

type Callback = (value: unknown) => void;

interface WarmThread {
  worker: ThreadsPoolWorker;
  runs: number;
}

let waiting: WarmThread | undefined;

/**
 * A worker whose thread outlives the run of a mutant, with the modules that it has loaded: starting a thread
 * and loading them takes longer than most tests. A variable switches a mutant on, so no module has to be
 * loaded again for it.
 */
export class KeptWorker implements PoolWorker {
  readonly name = 'kept';
  private readonly options: PoolOptions;
  private warm: WarmThread | undefined;
  private isStarted = false;
  private isRunning = false;
  private listeners: { event: string; callback: Callback }[] = [];

  constructor(options: PoolOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    if (waiting) {
      this.warm = waiting;
      this.isStarted = true;
      waiting = undefined;
      return;
    }
    this.warm = { worker: new ThreadsPoolWorker(this.options), runs: 0 };
    await this.warm.worker.start();
  }

  on(event: string, callback: Callback): void {
    this.listeners.push({ event, callback });
    this.thread.on(event, callback);
  }

  off(event: string, callback: Callback): void {
    this.listeners = this.listeners.filter((listener) => listener.callback !== callback);
    this.thread.off(event, callback);
  }

  send(message: WorkerRequest): void {
    const type = 'type' in message ? message.type : undefined;
    if (type === 'start' && this.isStarted) this.answer('started');
    else if (type === 'stop' && this.canBeKept()) this.answer('stopped');
    else {
      this.prepare(message);
      this.thread.send(message);
    }
  }

  private prepare(message: WorkerRequest): void {
    if (
      'type' in message &&
      message.type === 'run' &&
      'context' in message &&
      'files' in message.context &&
      this.warm
    ) {
      this.warm.runs++;
      this.isRunning = true;
      // The thread knows the settings of its first run: these are the tests of this one.
      const { testNamePattern } = this.options.project.config;
      for (const file of message.context.files) file.testNamePattern = testNamePattern;
    }
  }

  async stop(): Promise<void> {
    if (!this.warm) return;
    if (!this.canBeKept() || waiting) return this.warm.worker.stop();
    for (const { event, callback } of this.listeners) this.warm.worker.off(event, callback);
    waiting = this.warm;
    this.warm = undefined;
  }

  deserialize(data: unknown): unknown {
    if (typeof data === 'object' && data !== null && 'type' in data && data.type === 'testfileFinished')
      this.isRunning = false;
    return data;
  }

  private get thread(): ThreadsPoolWorker {
    if (!this.warm) throw new Error('The thread was not started, or has been handed on.');
    return this.warm.worker;
  }

  private canBeKept(): boolean {
    return this.warm !== undefined && this.warm.runs < MAX_RUNS && !this.isRunning;
  }

  private answer(type: 'started' | 'stopped'): void {
    const response = { type, __vitest_worker_response__: true };
    for (const { event, callback } of this.listeners) if (event === 'message') callback(response);
  }
}
