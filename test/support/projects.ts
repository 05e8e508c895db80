/**
 * The parts of the tests that run apart from the unit and contract tests, by name: `npm run test:NAME`. Each
 * lists test files, and folders with a slash at the end. A file that no part lists is a unit or contract
 * test, which `npm test` runs.
 */
export const PARTS: Readonly<Record<string, readonly string[]>> = {
  /** Each starts the built program, or several of them. */
  processes: [
    'test/cli/',
    'test/containers.test.ts',
    'test/enablement.test.ts',
    'test/first-finding.test.ts',
    'test/heap.test.ts',
    'test/install.test.ts',
    'test/log-secrets.test.ts',
    'test/mcp/apps.test.ts',
    'test/mcp/http-abandoned.test.ts',
    'test/mcp/http-access.test.ts',
    'test/mcp/http-server.test.ts',
    'test/mcp/http-shutdown.test.ts',
    'test/mcp/oauth-flow.test.ts',
    'test/mcp/oauth-grafana.test.ts',
    'test/mcp/oauth-tokens.test.ts',
    'test/mcp/opening.test.ts',
    'test/mcp/operations.test.ts',
    'test/mcp/stdio.test.ts',
    'test/planted-secrets.test.ts',
    'test/platforms.test.ts',
    'test/setting-files.test.ts',
    'test/spans.test.ts',
    'test/start-up.test.ts',
    'test/trace-context.test.ts',
    'test/worker-answers.test.ts',
    'test/workers.test.ts',
  ],
  /** Stores, proxies and replicas fail in every way that is known. */
  faults: [
    'test/fault-injection.test.ts',
    'test/grafana-changes.test.ts',
    'test/mcp/http-cancel.test.ts',
    'test/mcp/http-faults.test.ts',
    'test/mcp/http-limits.test.ts',
    'test/outage.test.ts',
    'test/reduced.test.ts',
    'test/replicas.test.ts',
    'test/two-people.test.ts',
    'test/upstream-faults.test.ts',
  ],
  /** Input and clients that mean harm. */
  hostile: [
    'test/hostile/',
    'test/bombs.test.ts',
    'test/hostile-input.test.ts',
    'test/hostile-names.test.ts',
    'test/linear-time.test.ts',
  ],
  fuzz: ['test/fuzz/'],
  soak: ['test/soak/'],
  /** Whole incidents, asked and judged. */
  evaluation: [
    'test/evaluation/',
    'test/agreement/',
    'test/exact-at-size.test.ts',
    'test/long-windows.test.ts',
    'test/same-answers.test.ts',
  ],
  /** The page in a real browser, where there is one. */
  view: ['test/view/'],
  /** Real servers, where the environment names some. */
  live: ['test/live/'],
};

/** Tests that install or build something from a registry; each folder has a configuration of its own. */
export const INSTALLING: readonly string[] = [
  'test/clients/',
  'test/image/',
  'test/inspector/',
  'test/installed/',
];

/** The words that a test may carry in `tags`. */
export const TAGS = [
  {
    name: 'many-cases',
    description: 'Counts over thousands of random cases, seconds where code is instrumented.',
  },
];

/** The glob of an entry. */
export function toGlob(entry: string): string {
  return entry.endsWith('/') ? `${entry}**/*.test.ts` : entry;
}
