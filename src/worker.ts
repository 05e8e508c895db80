import { parentPort } from 'node:worker_threads';
import { answerJob, type JOBS } from './jobs.js';
import type { JobRequest } from './work/job.js';

// A thread of the pool: one job after the other.
parentPort?.on('message', async (request: JobRequest<keyof typeof JOBS>) =>
  parentPort?.postMessage(await answerJob(request)),
);
