import { Worker } from 'node:worker_threads';

/**
 * Spreads jobs over threads; the outcomes come in the order of the jobs.
 *
 * @param script gets its jobs as `workerData` and posts one outcome for each, in their order
 */
export async function spread<Job, Outcome>(
  script: URL,
  jobs: readonly Job[],
  threads: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let done = 0;
  const work = Array.from({ length: threads }, async (_, thread) => {
    const places = jobs.flatMap((_, at) => (at % threads === thread ? [at] : []));
    const worker = new Worker(script, { workerData: places.map((at) => jobs[at]) });
    let next = 0;
    worker.on('message', (outcome: Outcome) => {
      outcomes[places[next++] ?? 0] = outcome;
      if (++done % 500 === 0) process.stderr.write(`${done} of ${jobs.length}\n`);
    });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`thread ended with ${code}`)),
      );
    });
  });
  await Promise.all(work);
  return outcomes;
}
