import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { KINDS } from '../generator/case.js';
import { judgeJob, PAIRS } from './jobs.js';

// Judges pairs one after the other in a thread of its own; posts what came out of each.

const jobs = z
  .array(z.object({ kind: z.enum(KINDS), pair: z.enum(PAIRS), seed: z.number() }))
  .parse(workerData);
for (const job of jobs) parentPort?.postMessage(await judgeJob(job));
