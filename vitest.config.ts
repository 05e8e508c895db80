import { defineConfig } from 'vitest/config';

const jsonReport = process.env.VITEST_JSON_REPORT;

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/inspector/**', 'test/installed/**', 'test/clients/**'],
    testTimeout: 30_000,
    // The rows of a table of tests have names of this length: shown whole, a failure says which rule it is.
    chaiConfig: { truncateThreshold: 120 },
    ...(jsonReport ? { reporters: ['default', 'json'], outputFile: { json: jsonReport } } : {}),
  },
});
