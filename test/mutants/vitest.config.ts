import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { TAGS } from '../support/projects.js';
import { KeptWorker } from './kept-worker.js';

/** Runs the quick files first: the first test that fails ends the run of a mutant. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const getDuration = ({ project, moduleId }: TestSpecification): number => {
      const path = moduleId.slice(project.config.root.length);
      return this.ctx.cache.getFileTestResults(`${project.name}:${path}`)?.duration ?? 0;
    };
    return [...files].sort((a, b) => getDuration(a) - getDuration(b));
  }
}

// Unit tests of the code, and no others: every mutant runs those of them that reach it.
export default defineConfig({
  plugins: [
    {
      name: 'kept-worker',
      // Stryker asks for another pool than this one.
      configureVitest({ project }) {
        project.config.pool = 'kept';
        project.config.poolRunner = {
          name: 'kept',
          createPoolWorker: (options) => new KeptWorker(options),
        };
      },
    },
  ],
  test: {
    // run.mjs names the tests of a part.
    include: (
      process.env.MUTANTS_TESTS ??
      'src/{investigation,patterns,sign-in,profile/{compare,contrast,export,flame,forge,series}}/**/*.test.ts'
    ).split(' '),
    testTimeout: 30_000,
    setupFiles: ['test/support/setup.ts', 'test/mutants/no-mutant.ts'],
    tags: TAGS,
    // MUTANTS_SLOW=1 lets the slow ones notice what the others did not.
    ...(process.env.MUTANTS_SLOW ? {} : { tagsFilter: ['!many-cases'] }),
    isolate: false,
    sequence: { sequencer: QuickFirst },
    // A mutant is judged by the inputs that the other mutants had.
    env: { FC_SEED: '1', FC_CASES: '15' },
  },
});
