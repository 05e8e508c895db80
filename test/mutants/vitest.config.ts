import { defineConfig } from 'vitest/config';

// Unit tests of the code, and no others: every mutant runs those of them that reach it.
export default defineConfig({
  test: {
    // MUTANTS_TESTS leaves out slow ones while tests for a single file are written.
    include: (
      process.env.MUTANTS_TESTS ??
      'src/{investigation,patterns,sign-in,profile/{compare,contrast,export,flame,forge,series}}/**/*.test.ts'
    ).split(' '),
    testTimeout: 30_000,
    setupFiles: ['test/support/setup.ts'],
    // A mutant is judged by the inputs that the other mutants had.
    env: { FC_SEED: '1' },
  },
});
