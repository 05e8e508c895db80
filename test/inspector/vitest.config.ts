import { defineConfig } from 'vitest/config';

const jsonReport = process.env.VITEST_JSON_REPORT;

/** Apart from the main suite: it fetches the MCP inspector, which is large. */
export default defineConfig({
  test: {
    include: ['test/inspector/**/*.test.ts'],
    // A session is three processes, one after the other for the most part.
    maxConcurrency: 3,
    reporters: ['verbose', ...(jsonReport ? ['json'] : [])],
    ...(jsonReport ? { outputFile: { json: jsonReport } } : {}),
  },
});
