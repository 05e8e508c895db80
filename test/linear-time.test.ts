import { describe, expect, test } from 'vitest';
import { parseDuration } from '../src/duration.js';
import { linkedQueries } from '../src/patterns/links.js';
import { normalise } from '../src/patterns/normalise.js';
import { readDashboardPage } from '../src/patterns/pages/dashboard-page.js';
import { readDrilldownPage } from '../src/patterns/pages/drilldown.js';
import { readExplorePanes } from '../src/patterns/pages/explore.js';
import { readPyroscopePage } from '../src/patterns/pages/pyroscope-page.js';
import { readVariableName, replaceVariables } from '../src/patterns/variables.js';
import { frameOwner } from '../src/profile/code/frames.js';
import { isIdleFrame } from '../src/profile/code/idle.js';
import { leafMeaning } from '../src/profile/code/leaf-meaning.js';
import { normaliseName } from '../src/profile/code/names.js';
import { estimatePatternSize } from '../src/profile/code/pattern-size.js';
import { readForge, readRef } from '../src/profile/forge/forge.js';
import { locateLine } from '../src/profile/forge/locate.js';
import { parseProfileType } from '../src/profile/types/types.js';
import { readPageTime } from '../src/query/from-link/page-time.js';
import { parseTime } from '../src/query/time.js';
import { publicAddress } from '../src/sources/grafana/address.js';
import { failureOfGrafana } from '../src/sources/grafana/failure.js';
import { failureOfAnswer } from '../src/sources/pyroscope/http/failure.js';
import { createRedactor } from '../src/telemetry/redact.js';
import { readTrace } from '../src/telemetry/trace.js';
import { safeText } from '../src/text/sanitise.js';

// Regular expressions of JavaScript backtrack: over text that others wrote each must take time in proportion
// to it. Eight times the text may take eight times as long, quadratic work takes 64 times; the border lies
// between them, and work of some milliseconds passes whatever its ratio.

const SHORT = 64 * 1_024;
const FACTOR = 8;
const BORDER = 40;
/** Quadratic work over half a megabyte takes minutes; a second is what a busy machine may add. */
const ALWAYS_FINE_MS = 1_000;

const SHOP = {
  forge: { kind: 'github', url: 'https://github.com/a/b', module: 'github.com/a/b' },
  root: 'x',
  ref: 'main',
} as const;
const redact = createRedactor(() => ['some-secret']);
const answer = (text: string) => ({
  status: 403,
  contentType: 'text/html',
  location: text,
  text,
  policy: '',
});
const plain = (text: string) => text;
const go = (file: string) => ({ name: 'main.run', file: `${file}.go`, startLine: 0, isSymbolised: true });

const READERS: readonly [string, (text: string) => unknown, readonly string[]][] = [
  [
    'the redaction of the log',
    redact,
    [
      'a-',
      'a+',
      'A.',
      'eyJeeeeeee-',
      'token-',
      'P-A',
      'cookie ',
      'cookie:\n',
      'bearer ',
      'a://',
      'a:b@',
      '://',
      'sig=',
    ],
  ],
  [
    'names of functions',
    normaliseName,
    [
      ...[
        'a.',
        '[...',
        '$$Lambda',
        '<a',
        '(',
        '::',
        'A_',
        ' ',
        ':(',
        ' (',
        '.js:',
        ' [clone .',
        '[a',
        '.pnpm/',
      ],
      ...['JS:* ', '.llvm.1', '::h0123456789abcdef', 'a[deadbeef1'],
    ],
  ],
  ['meanings of leaves', leafMeaning, ['a.', 'Wait', 'System.Threading.Wait.', '_']],
  [
    'files of functions',
    (text) => frameOwner(go(text)),
    ['/execroot/', '/external', 'v0/execroot/', '@', '/'],
  ],
  [
    'idle functions',
    (text) =>
      isIdleFrame({ name: `System.Threading.${text}`, file: '', startLine: 0, isSymbolised: true }, true),
    ['Wait', 'Wait.', 'Sleep!', '.'],
  ],
  [
    'addresses of repositories',
    (text) => [readForge(text), readForge(`https://github.com/${text}`), readRef(text)],
    ['a', '/', 'a/', '@', ':', '.git', 'a.', '-1-g'],
  ],
  [
    'lines of files',
    (text) =>
      ['x.go', '.py', '.rs', '.java', '.js'].map((end) =>
        locateLine({ function: `${text}.f`, file: `/${text.slice(0, 590)}${end}`, line: 1 }, SHOP),
      ),
    ['a', '/', 'a/', '@v1.0.0/', 'a.b/', '/pkg/mod/', '/src/', 'go1.2/', '/vendor/a.b/'],
  ],
  ['types', parseProfileType, ['cpu', 'cpu:', ':', 'a']],
  ['text to show', safeText, ['\u001b[', '\u001b]', '\u009b0', ' ', '\u202e']],
  ['times', (text) => tried(() => parseTime('from', text, 0)), ['now', 'now- ', '1', ' ', '1.']],
  ['durations', parseDuration, ['.', '1', '1h', '1.']],
  [
    'variables of dashboards',
    (text) => replaceVariables(text, plain),
    ['${a:', ':0]]${0:', '[[a', '$a', '${a.'],
  ],
  ['variables', readVariableName, [' ', '${a:', '[[a']],
  [
    'links of dashboards',
    (text) => linkedQueries(`/?query=${encodeURIComponent(text)}`),
    [':', ' ', '}:', 'a {'],
  ],
  [
    'pages of Profiles Drilldown',
    (text) => readDrilldownPage(new URLSearchParams({ 'var-filters': text, 'var-spanSelector': text })),
    ['|', ',', '#', '#dashboard', '__gfp__', 'a|=|', ' '],
  ],
  [
    'pages of Pyroscope',
    (text) =>
      ['', '{', 'a.cpu{'].map((start) =>
        readPyroscopePage('/', new URLSearchParams({ query: start + text })),
      ),
    [',a=', ',a="', '\\"', ' ', '{', '.', '.cpu', 'a', ',profile_type="'],
  ],
  [
    'pages of Explore',
    (text) => readExplorePanes(new URLSearchParams({ panes: text, left: text })),
    ['[', '{"a":', '%7B', ' ', '"'],
  ],
  [
    'variables of a link',
    (text) => readDashboardPage(new URLSearchParams(text)),
    ['var-a=b&', 'var-app=x&', '_', 'ds_'],
  ],
  ['times of a link', (text) => readPageTime(`now${text}`, 0, true), ['-1h', '/d', '-', '1', ' ']],
  [
    'selectors of dashboards',
    (text) => normalise(written(text), new Map()),
    ['\ue000', '{\ue000', ',', '{ ', '\ue000\ue001'],
  ],
  [
    'sizes of patterns',
    estimatePatternSize,
    ['[', '[:', '[[:', '(?', '(?P<', '\\x{', '\\p{', '{1', '\\Q', '-\\x', 'a{1000}'],
  ],
  ['addresses that Grafana names', (text) => publicAddress(`https://a/${text}x`), ['/', 'a/', '/d/']],
  [
    'errors of Grafana',
    (text) => failureOfGrafana(answer(text), plain),
    ['a', 'a.', '<title', 'permissions needed: a.'],
  ],
  [
    'errors of Pyroscope',
    (text) => failureOfAnswer(answer(text), plain),
    ['a', '<title>', '<', '{"message":'],
  ],
  ['state of a trace', (text) => readTrace(() => text), ['a,', ' ,', '=\t;!\t', 'a=b;']],
];

function tried(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return null;
  }
}

function written(selector: string) {
  return {
    sources: [],
    profileTypeId: '',
    selector,
    groupBy: [],
    titles: [selector],
    origin: 'panel' as const,
  };
}

function takeBest(times: number, work: () => unknown): number {
  const all = Array.from({ length: times }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return Math.min(...all);
}

describe.each(READERS)('%s', (_name, read, pieces) => {
  test.each(pieces)('%j', (piece) => {
    const text = (length: number) => `${piece.repeat(Math.ceil(length / piece.length))}\u0000`;
    const [short, long] = [text(SHORT), text(FACTOR * SHORT)];
    const slow = takeBest(2, () => read(long));
    if (slow < ALWAYS_FINE_MS) return;
    expect(slow / takeBest(3, () => read(short))).toBeLessThan(BORDER);
  });
});

test('blanks in the properties of baggage do not double the time', () => {
  const baggage = `k=v${';p=\t'.repeat(1_000)}\u0000`;
  expect(readTrace((name) => (name === 'baggage' ? baggage : undefined))).toEqual({});
  const valid = 'k=v;p= ;q;r = 1 ;s\t=2';
  expect(readTrace((name) => (name === 'baggage' ? valid : undefined))).toEqual({ baggage: valid });
});
