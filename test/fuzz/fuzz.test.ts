import { describe, expect, test } from 'vitest';
import { TARGETS } from './targets/index.js';

// A few seconds of what `npm run fuzz` does for as long as it is told to.

/** Milliseconds after which a target tries no further input. */
const LIMIT_MS = 5_000;

describe('an answer or a clear refusal, and nothing else', () => {
  test.each(TARGETS.map((target) => ({ name: target.name, target })))(
    '$name',
    async ({ target }) => {
      const { fuzz, close } = await target.open();
      try {
        const { failure, runs } = await fuzz({ runs: target.runs, limitMs: LIMIT_MS });
        expect(failure).toBeNull();
        expect(runs).toBeGreaterThan(0);
      } finally {
        await close();
      }
    },
    60_000,
  );
});
