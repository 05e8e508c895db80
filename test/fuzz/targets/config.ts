import fc from 'fast-check';
import { parseConfigFile } from '../../../src/config/file/config-file.js';
import { readConfig } from '../../../src/config/read.js';
import { UsageError } from '../../../src/errors.js';
import { safeLines } from '../../../src/text/sanitise.js';
import { nastyText } from '../arbitraries.js';
import { expectClean } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

/** Time in which a file of this size is read or refused, milliseconds. */
const MAX_MS = 2_000;
const SECRET = 'planted-s3cr3t';
const ENV = { SECRET, EMPTY: '', ODD: 'a: b\n  - c' };

/** Pieces of configuration files, so that many are almost right. */
const pieces = fc.constantFrom(
  ...['stores:', '\n', '\n  ', '\n    ', 'a:', 'b: ', 'grafana: ', 'pyroscope: ', 'profiles: ', 'token: '],
  ...['https://g.example.com', 'http://h:4040', '{env: SECRET}', '{file: /dev/null}', '{file: .}', '- '],
  ...[`\${SECRET}`, `\${EMPTY}`, `\${ODD}`, `\${`, `$\${X}`, 'org-id: 1', 'http: 8080', 'log-level: info'],
  ...['own-code: [a, b]', `extra-headers: {X-A: \${SECRET}}`, '&x ', '*x', '<<: *x', '!!binary ', '!<!x> '],
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    ': ',
    '? ',
    '| ',
    '>-',
    '"',
    "'",
    '#',
    '%YAML 1.1',
    '---',
    '...',
    '\t',
    '\0',
    '\ufeff',
  ],
);

/** Files that are small and would be large: aliases of aliases, deep nesting, many keys, long texts. */
const bombs = fc.oneof(
  fc.integer({ min: 2, max: 40 }).map((depth) => {
    const lines = Array.from({ length: depth }, (_, at) => `k${at}: &a${at} [${`*a${at - 1},`.repeat(9)}]`);
    return `k: &a-1 x\n${lines.join('\n')}`;
  }),
  fc
    .tuple(fc.constantFrom('[', '{a: ', '- ', '? ', '"\\n'), fc.integer({ min: 1, max: 50_000 }))
    .map(([open, count]) => open.repeat(count)),
  fc.integer({ min: 1, max: 30_000 }).map((count) => {
    return `stores:\n${Array.from({ length: count }, (_, at) => `  s${at}: {}`).join('\n')}`;
  }),
  fc.integer({ min: 1, max: 300_000 }).map((count) => `http: ${'a'.repeat(count)}`),
  fc.integer({ min: 1, max: 60_000 }).map((count) => `own-code: [${'a,'.repeat(count)}]`),
);

export const CONFIG: readonly Target[] = [
  defineTarget('configuration files', 1_500, async () => ({
    input: fc.oneof(
      { weight: 6, arbitrary: fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')) },
      { weight: 1, arbitrary: bombs },
      { weight: 1, arbitrary: nastyText },
    ),
    async check(text) {
      const started = performance.now();
      try {
        const file = parseConfigFile(text, '/etc/config.yaml', ENV);
        readConfig([], ENV, file);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        // As the program prints it.
        expectClean(safeLines(`${error.message}\n${error.next}`));
        if (`${error.message}${error.next}`.includes(SECRET)) throw new Error('an error shows a secret');
        if (error.next === '') throw new Error('an error has no next step');
      }
      const ms = performance.now() - started;
      if (ms > MAX_MS) throw new Error(`a file of ${text.length} characters took ${Math.round(ms)} ms`);
    },
  })),
];
