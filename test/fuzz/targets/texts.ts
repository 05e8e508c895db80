import fc from 'fast-check';
import { UserError } from '../../../src/errors.js';
import { describeFailure } from '../../../src/mcp/failures.js';
import { compilePattern } from '../../../src/profile/code/filter.js';
import { frameOwner } from '../../../src/profile/code/frames.js';
import { leafMeaning } from '../../../src/profile/code/leaf-meaning.js';
import { normaliseName } from '../../../src/profile/code/names.js';
import { writeLineUrl } from '../../../src/profile/forge/forge.js';
import { locateLine } from '../../../src/profile/forge/locate.js';
import { parseProfileType } from '../../../src/profile/types/types.js';
import { type LinkedQuestion, readLink } from '../../../src/query/from-link/question.js';
import { parseTime } from '../../../src/query/time.js';
import { failureOfGrafana } from '../../../src/sources/grafana/failure.js';
import { matcherTest } from '../../../src/sources/matching.js';
import { failureOfAnswer } from '../../../src/sources/pyroscope/http/failure.js';
import { findSourceCode } from '../../../src/sources/repository.js';
import { formatSelector, parseSelector } from '../../../src/sources/selector.js';
import { findNearest } from '../../../src/text/nearest.js';
import { safeText } from '../../../src/text/sanitise.js';
import { NOW } from '../../support/ask.js';
import { changedJson, jsonChanges, jsonText, nastyJson, nastyText } from '../arbitraries.js';
import { answersOrRefuses, expectAnswer, expectClean } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

/** Pieces of selectors, so that many are almost right. */
const selectorText = fc
  .array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom(
          '{',
          '}',
          ',',
          '=',
          '!=',
          '=~',
          '!~',
          '"',
          "'",
          '`',
          '\\',
          ' ',
          'pod',
          'a.b',
        ),
      },
      { weight: 1, arbitrary: nastyText },
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));

/** Pieces of regular expressions, nested and repeated. */
const patternText = fc.oneof(
  nastyText,
  fc
    .array(
      fc.constantFrom(
        '(',
        ')',
        '[',
        ']',
        '|',
        '*',
        '+',
        '?',
        '{2}',
        '{1000}',
        '{0,999}',
        '.',
        '^',
        '$',
        '\\',
        'a',
        '\\pL',
        '\\x{10ffff}',
        '(?i)',
        '(?P<n>',
        '[^',
        '-',
        '😀',
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('(', '[', '(?:', 'a|', '(a{9})', '\\', '(.*'), fc.nat(20_000))
    .map(([piece, times]) => piece.repeat(times)),
);

const longName = fc
  .tuple(
    fc.constantFrom(
      'a.',
      'a/',
      '[',
      'a[...',
      '$$Lambda',
      '$$Lambda/0x',
      'A_',
      '::',
      '(',
      ' ',
      'lib.so',
      '/usr/lib/',
      '<',
      '\u202e',
    ),
    fc.nat(70_000),
    nastyText,
  )
  .map(([piece, times, end]) => `${piece.repeat(Math.floor(times / piece.length))}${end}`);
const anyName = fc.oneof(nastyText, longName);

/** Bodies of error answers: JSON, JSON in JSON, pages, and what is none of them. */
const errorText = fc.oneof(
  nastyText,
  anyName,
  fc.tuple(nastyText, nastyText).map(([code, message]) => JSON.stringify({ code, message })),
  fc
    .tuple(nastyText, anyName)
    .map(([messageId, message]) => JSON.stringify({ messageId, message, accessErrorId: messageId })),
  nastyText.map((message) =>
    JSON.stringify({ message: JSON.stringify({ message: JSON.stringify({ message }) }) }),
  ),
  fc
    .tuple(jsonChanges, nastyText)
    .map(([changes, text]) =>
      jsonText(changedJson({ code: 'unknown', message: text, details: [{ type: text }] }, changes)),
    ),
  fc
    .tuple(
      fc.constantFrom('<title', '<html><title>', '{"message":', 'a.', 'permissions needed: ', 'a:b'),
      fc.nat(60_000),
    )
    .map(([piece, times]) => piece.repeat(Math.floor(times / piece.length))),
  nastyJson.map(jsonText),
);

/** Pieces of addresses of pages with profiles, so that many are almost right. */
const linkText = fc
  .tuple(
    fc.constantFrom(
      ...[
        'http://127.0.0.1:4040/?',
        'http://localhost:4040/comparison?',
        'https://grafana.example.com/explore?',
      ],
      ...[
        'https://grafana.example.com/a/grafana-pyroscope-app/explore?',
        'https://grafana.example.com/d/a/b?',
      ],
      ...[
        'https://evil.example/explore?',
        'https://user:pw@grafana.example.com/goto/',
        '<http://127.0.0.1:4040/?',
      ],
    ),
    fc.array(
      fc.tuple(
        fc.constantFrom(
          ...[
            'panes',
            'left',
            'right',
            'query',
            'leftQuery',
            'rightFrom',
            'from',
            'to',
            'until',
            'var-serviceName',
          ],
          ...['var-filters', 'var-spanSelector', 'var-app', 'diffFrom', 'diffTo', 'diffFrom-2', 'diffTo-2'],
          ...['explorationType', 'orgId', 'timezone', 'var-profileMetricId', 'var-dataSource'],
        ),
        fc.oneof(
          nastyText,
          selectorText,
          fc.constantFrom(
            'now-1h',
            'now',
            'now/d',
            '1763652030000',
            'diff-flame-graph',
            'a|=|b',
            'a|=__gfp__|b|c',
          ),
          fc.tuple(jsonChanges, nastyText).map(([changes, text]) =>
            jsonText(
              changedJson(
                {
                  a: {
                    datasource: 'a',
                    queries: [
                      {
                        profileTypeId: 'a:b:c:d:e',
                        labelSelector: text,
                        spanSelector: [text],
                        groupBy: [text],
                      },
                    ],
                    range: { from: 'now-1h', to: 'now' },
                    panelsState: { trace: { spanId: text } },
                  },
                },
                changes,
              ),
            ),
          ),
        ),
      ),
      { maxLength: 6 },
    ),
    fc.constantFrom('', '>', '#x'),
  )
  .map(([page, parameters, end]) => {
    const written = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`);
    return `${page}${written.join('&')}${end}`;
  });

const PAGE_ADDRESSES = [
  { url: 'http://127.0.0.1:4040', pages: 'pyroscope', store: null, source: 'pyroscope', orgId: null },
  { url: 'https://grafana.example.com', pages: 'grafana', store: null, source: null, orgId: 1 },
] as const;

export const TEXTS: readonly Target[] = [
  defineTarget('links to pages with profiles', 1_500, async () => ({
    input: fc.oneof({ weight: 4, arbitrary: linkText }, { weight: 1, arbitrary: nastyText }),
    async check(text) {
      let question: LinkedQuestion | null = null;
      try {
        question = readLink(text, PAGE_ADDRESSES, NOW);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expectAnswer({ text: describeFailure(error), isError: true });
      }
      if (question === null) return;
      for (const side of [question, question.baseline]) {
        if (side === null) continue;
        parseSelector(formatSelector(side.matchers));
        if (side.window !== null) new Date(side.window.from).toISOString();
      }
      expectClean([...question.unused, ...question.notes].join(''));
    },
  })),
  defineTarget('selectors', 1_500, async () => ({
    input: fc.oneof(selectorText, nastyText, patternText),
    async check(text) {
      const matchers = await answersOrRefuses(() => parseSelector(text));
      if (matchers === null) return;
      const again = parseSelector(formatSelector(matchers));
      if (JSON.stringify(again) !== JSON.stringify(matchers)) throw new Error('a selector does not survive');
      await answersOrRefuses(() => matchers.map((matcher) => matcherTest(matcher)('a'.repeat(5_000))));
    },
  })),
  defineTarget('regular expressions', 600, async () => ({
    input: fc.tuple(patternText, anyName),
    async check([pattern, name]) {
      await answersOrRefuses(() => compilePattern(pattern)(name));
      await answersOrRefuses(() => matcherTest({ name: 'a', op: '=~', value: pattern })(name));
    },
  })),
  defineTarget('times', 1_500, async () => ({
    input: fc.oneof(
      nastyText,
      fc
        .array(
          fc.constantFrom('now', '-', '1', '9', 'h', 'w', 'ms', '.', 'T', ':', 'Z', '+', '2026-11-20', ' '),
          { maxLength: 12 },
        )
        .map((parts) => parts.join('')),
      fc.date({ noInvalidDate: false }).map(String),
      fc.bigInt().map(String),
    ),
    async check(text) {
      const time = await answersOrRefuses(() => parseTime('from', text, NOW));
      if (time !== null) new Date(time).toISOString();
    },
  })),
  defineTarget('repositories and lines of files', 1_000, async () => ({
    input: fc.record({
      address: fc.oneof(
        nastyText,
        nastyText.map((text) => `https://github.com/${text}`),
        fc.webUrl(),
      ),
      ref: fc.oneof(fc.constant('main'), nastyText),
      root: fc.oneof(fc.constant(''), nastyText),
      name: anyName,
      file: fc.tuple(
        fc.constantFrom(
          '',
          '/app/',
          '/go/pkg/mod/',
          'github.com/a/b@v1.0.0/',
          '/rustc/',
          '/x/registry/src/a/b-1.0.0/',
        ),
        anyName,
        fc.constantFrom('', '.go', '.py', '.rs', '.java', '.cs', '.ts'),
      ),
    }),
    check({ address, ref, root, name, file }) {
      const labels = { service_repository: address, service_git_ref: ref, service_root_path: root };
      const code = findSourceCode([{ labels, profiles: 1 }]);
      const known = findSourceCode([
        { labels: { ...labels, service_repository: 'github.com/a/b' }, profiles: 1 },
      ]);
      for (const place of [...(code?.places ?? []), ...(known?.places ?? [])]) {
        const line = locateLine({ function: name, file: file.join(''), line: 7 }, place);
        const url = line === null ? null : writeLineUrl(line);
        if (url === null) continue;
        expectClean(url);
        const { protocol, username, password, href } = new URL(url);
        if (!/^https?:$/.test(protocol) || username !== '' || password !== '')
          throw new Error(`unsafe: ${url}`);
        if (href !== url) throw new Error(`${url} is read as ${href}`);
      }
    },
  })),
  defineTarget('names of functions, labels and types', 500, async () => ({
    input: fc.tuple(anyName, anyName),
    check([name, file]) {
      expectClean(safeText(normaliseName(name)));
      frameOwner({ name, file, startLine: 0, isSymbolised: true });
      frameOwner({ name, file: `${file}.go`, startLine: 0, isSymbolised: true });
      frameOwner({ name, file: `${file}.rb`, startLine: 0, isSymbolised: true });
      frameOwner({ name, file: `${file}.cc`, startLine: 0, isSymbolised: true });
      frameOwner({ name, file: '', startLine: 0, isSymbolised: true });
      leafMeaning(name);
      findNearest(name, [file, name]);
      parseProfileType(name);
    },
  })),
  defineTarget('error answers of Pyroscope and Grafana', 800, async () => ({
    input: fc.record({
      status: fc.oneof(
        fc.constantFrom(300, 302, 400, 401, 403, 404, 406, 429, 500, 502, 503, 504),
        fc.integer({ min: 100, max: 999 }),
      ),
      contentType: fc.oneof(fc.constantFrom('application/json', 'text/html', 'text/plain', ''), nastyText),
      location: fc.oneof(fc.constant(''), fc.webUrl(), nastyText),
      text: errorText,
      policy: fc.constantFrom('', 'sandbox'),
    }),
    check(answer) {
      const plain = (text: string) => text;
      for (const failure of [failureOfAnswer(answer, plain), failureOfGrafana(answer, plain)]) {
        if (failure !== null) expectAnswer({ text: describeFailure(failure), isError: true });
      }
    },
  })),
];
