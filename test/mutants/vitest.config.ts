import { defineConfig } from 'vitest/config';

// The unit tests of the rules that decide, and no others: every mutant runs those of them that reach it.
export default defineConfig({
  test: {
    include: [
      'src/{investigation,patterns,sign-in,profile/{compare,contrast,export,flame,forge,series}}/**/*.test.ts',
    ],
    testTimeout: 30_000,
    setupFiles: ['test/support/setup.ts'],
    // A mutant is judged by the inputs that the other mutants had.
    env: { FC_SEED: '1' },
  },
});
