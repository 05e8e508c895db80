import fc from 'fast-check';
import { afterAll, vi } from 'vitest';

// Runs before every test file.

const seed = Number(process.env.FC_SEED);
if (!Number.isInteger(seed)) throw new Error('FC_SEED is not set: vitest.config.ts sets it.');
// Fewer cases where every test runs for every mutant.
const cases = Number(process.env.FC_CASES);
fc.configureGlobal({ seed, ...(cases > 0 ? { numRuns: cases } : {}) });

// Files share a process: what one replaced must not meet the next.
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
