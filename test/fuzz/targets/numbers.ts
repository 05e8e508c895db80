import { AsyncLocalStorage } from 'node:async_hooks';
import fc, { type Arbitrary } from 'fast-check';
import { RE2JS } from 're2js';

import { inputJsonSchema } from '../../../src/mcp/input-schema.js';
import { estimatePatternSize } from '../../../src/profile/code/pattern-size.js';
import { TOOLS } from '../../../src/tools/index.js';
import { askerIn, createEnvironment, demoSource } from '../../support/ask.js';
import { TOOL_CALLS } from '../../support/tool-arguments.js';
import { expectAnswer } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

// How many there are of what a caller may give any number of. Work is counted, not timed: steps that regular
// expressions compile to, and steps of what they are compared with.

/** Steps that one call may compile: two selectors of 3,000 steps, two filters of 2,000. */
const MAX_COMPILED = 10_000;
/** Steps that one comparison on the event loop may take. */
const MAX_COMPARISON = 200_000;

const count = fc.oneof(
  { weight: 3, arbitrary: fc.nat(60) },
  { weight: 2, arbitrary: fc.nat(3_000) },
  { weight: 1, arbitrary: fc.nat(100_000) },
);

/** Pieces of regular expressions, each repeated so many times; nested as often. */
const expression = fc
  .record({
    piece: fc.constantFrom(
      ...[
        'a{1000}',
        '.{0,999}',
        '((a{10}){10}){10}',
        '\\pL',
        '[\\pL\\pN]',
        '(?i)[Ā-\\x{1e900}]',
        'web-1|',
        '(',
        '(|a)*',
      ],
      ...[
        '\\Qa',
        '[^a]',
        'a?',
        '.*',
        '(?P<n>x)',
        '\\pL{900}',
        '(?i)\\W',
        '[[:alpha:]]',
        '^$',
        'checkout-1.*|',
      ],
    ),
    times: count,
    depth: fc.nat(20),
  })
  .map(({ piece, times, depth }) => {
    const whole = piece.repeat(Math.min(times, Math.ceil(30_000 / piece.length)));
    return `${'(?:'.repeat(depth)}${whole}${'){2}'.repeat(depth)}`;
  });

const matcher = fc
  .record({
    name: fc.constantFrom('pod', 'service_name', 'version', '__profile_type__', 'nothing'),
    op: fc.constantFrom('=~', '!~', '=', '!='),
    value: expression,
  })
  .map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`);

const selector = fc.oneof(
  fc
    .tuple(matcher, count)
    .map(([part, times]) =>
      Array.from({ length: Math.min(times, Math.ceil(200_000 / part.length)) }, () => part).join(),
    ),
  fc.array(matcher, { maxLength: 8 }).map((all) => all.join()),
);

const words = fc
  .tuple(fc.constantFrom('cpu ', 'a ', 'checkout.', '\u0301', 'a-', '- '), count)
  .map(([word, times]) => word.repeat(times));

function argumentArbitrary(name: string): Arbitrary<unknown> {
  if (name.endsWith('selector')) return selector;
  if (name === 'focus' || name === 'ignore') return expression;
  return fc.oneof(
    { weight: 3, arbitrary: words },
    {
      weight: 1,
      arbitrary: fc
        .tuple(words, fc.nat(2_000))
        .map(([word, times]) => Array.from({ length: times }, () => word)),
    },
  );
}

function callArbitrary(tool: (typeof TOOLS)[number]): Arbitrary<{ tool: string; args: object }> {
  const names = Object.keys(Object(inputJsonSchema(tool).properties));
  const given = TOOL_CALLS[tool.name]?.arguments ?? {};
  const change = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .constantFrom(...names)
        .chain((name) => fc.tuple(fc.constant(name), argumentArbitrary(name))),
    },
    { weight: 1, arbitrary: fc.tuple(words, words) },
  );
  const keys = fc
    .tuple(fc.constantFrom('service', 'key', '__proto__'), fc.nat(20_000))
    .map(([key, times]) => Object.fromEntries(Array.from({ length: times }, (_, at) => [`${key}${at}`, at])));
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .array(change, { minLength: 1, maxLength: 3 })
        .map((changes) => ({ tool: tool.name, args: { ...given, ...Object.fromEntries(changes) } })),
    },
    { weight: 1, arbitrary: keys.map((args) => ({ tool: tool.name, args })) },
  );
}

interface Steps {
  compiled: number;
  comparison: number;
}

/** Steps of the work that is done: other work, or such that goes on after its time, counts nothing. */
const counting = new AsyncLocalStorage<Steps>();

const { compile } = RE2JS;
const { testExact, test } = RE2JS.prototype;
RE2JS.compile = (pattern, flags) => {
  const steps = counting.getStore();
  if (steps !== undefined) {
    // Before it is compiled: a hang would tell nothing.
    steps.compiled += estimatePatternSize(pattern);
    if (steps.compiled > MAX_COMPILED) throw new Error(`compiles patterns of ${steps.compiled} steps`);
  }
  return compile.call(RE2JS, pattern, flags);
};
RE2JS.prototype.testExact = function (this: RE2JS, value) {
  measureComparison(this, value);
  return testExact.call(this, value);
};
RE2JS.prototype.test = function (this: RE2JS, value) {
  measureComparison(this, value);
  return test.call(this, value);
};

function measureComparison(regex: RE2JS, value: unknown): void {
  const steps = counting.getStore();
  if (steps === undefined) return;
  steps.comparison = Math.max(steps.comparison, regex.programSize() * String(value).length);
}

/** Steps of all patterns compiled, and of the longest comparison, while some work is done. */
async function countingSteps(work: () => Promise<unknown>): Promise<Steps> {
  const steps: Steps = { compiled: 0, comparison: 0 };
  await counting.run(steps, work);
  return steps;
}

export const NUMBERS: readonly Target[] = [
  defineTarget('numbers of conditions, expressions, words, keys and repetitions', 400, async () => {
    const source = demoSource();
    const ask = askerIn(createEnvironment([source]));
    return {
      input: fc.oneof(...TOOLS.map(callArbitrary)),
      async check({ tool, args }) {
        const { comparison } = await countingSteps(async () => expectAnswer(await ask(tool, args)));
        if (comparison > MAX_COMPARISON) throw new Error(`a comparison of ${comparison} steps`);
      },
      close: () => source.close(),
    };
  }),
];
