import { defineConfig } from 'vitest/config';

const jsonReport = process.env.VITEST_JSON_REPORT;

/** Apart from the main suite: it fetches the MCP inspector, which is large. */
export default defineConfig({
  test: {
    include: ['test/inspector/**/*.test.ts'],
    reporters: ['verbose', ...(jsonReport ? ['json'] : [])],
    ...(jsonReport ? { outputFile: { json: jsonReport } } : {}),
  },
});
