import { parentPort } from 'node:worker_threads';
import { answerJob, type JobRequest } from './jobs.js';

// A thread of the pool: one job after the other.
parentPort?.on('message', async (request: JobRequest) => parentPort?.postMessage(await answerJob(request)));
