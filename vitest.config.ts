import { defineConfig } from 'vitest/config';
import { INSTALLING, PARTS, TAGS, toGlob } from './test/support/projects.js';
import { announceSeed } from './test/support/seed.js';

const jsonReport = process.env.VITEST_JSON_REPORT;
announceSeed();

const apart = [...Object.values(PARTS).flat(), ...INSTALLING];

export default defineConfig({
  test: {
    // Long enough for a machine that is busy with other things.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000, interval: 20 } },
    setupFiles: ['test/support/setup.ts'],
    // The rows of a table of tests have names of this length: shown whole, a failure says which rule it is.
    chaiConfig: { truncateThreshold: 120 },
    tags: TAGS,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'view/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: apart.map(toGlob),
          // Loading all modules again for every file took more CPU time than the tests.
          isolate: false,
        },
      },
      ...Object.entries(PARTS).map(([name, entries]) => ({
        extends: true as const,
        test: { name, include: entries.map(toGlob) },
      })),
    ],
    ...(jsonReport ? { reporters: ['default', 'json'], outputFile: { json: jsonReport } } : {}),
  },
});
