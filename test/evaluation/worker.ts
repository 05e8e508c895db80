import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { ALL_KINDS } from './generator/case.js';
import { judgeJob } from './jobs.js';

// Judges generated cases one after the other in a thread of its own; posts what came out of each.

const jobs = z.array(z.object({ kind: z.enum(ALL_KINDS), seed: z.number() })).parse(workerData);
for (const job of jobs) parentPort?.postMessage(await judgeJob(job));
