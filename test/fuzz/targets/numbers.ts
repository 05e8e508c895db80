import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc, { type Arbitrary } from 'fast-check';
import { inputJsonSchema } from '../../../src/mcp/input-schema.js';
import { filterStacks, isHeavyFilter } from '../../../src/profile/code/filter.js';
import { createFilesSource } from '../../../src/sources/files/source.js';
import type { ProfileSource } from '../../../src/sources/source.js';
import { TOOLS } from '../../../src/tools/index.js';
import { askerIn, createEnvironment, demoSource, INCIDENT_WINDOW } from '../../support/ask.js';
import { profileFrom } from '../../support/contrast.js';
import { pprofBytes } from '../../support/profiles.js';
import { TOOL_CALLS } from '../../support/tool-arguments.js';
import { answersOrRefuses, expectAnswer } from '../promise.js';
import { countSteps, type MAX_COMPILED, type Steps } from '../steps.js';
import { defineTarget, type Target } from '../target.js';

// How many there are of what a caller may give any number of, and how large what is taken may be.

/** Steps that a filter may take on the event loop: each name is compared as it is and as answers show it. */
export const MAX_FILTERING = 2 * 200_000;

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

interface Call {
  tool: string;
  args: object;
}

function callArbitrary(tool: (typeof TOOLS)[number]): Arbitrary<Call> {
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

/** Pieces of a pattern, and the steps that each compiles to at least. */
const piece = fc.constantFrom<readonly [string, number]>(
  ['a{100}', 100],
  ['.{0,200}', 200],
  ['(?:[a-z0-9-]{9}){9}', 81],
  ['(?:web-1|eu.*|checkout)', 15],
  ['[^a]?', 2],
);

/** A pattern that RE2 takes, of steps about as many as these or fewer. */
function patternArbitrary(maxSteps: number): Arbitrary<string> {
  const steps = fc.oneof(
    ...[1, 2 / 3, 1 / 20].map((part) => fc.integer({ min: 1, max: Math.floor(part * maxSteps) })),
  );
  return fc.tuple(piece, steps).map(([[text, size], steps]) => text.repeat(Math.ceil(steps / size)));
}

/** Conditions whose patterns come to a little, to about as much as is taken, or to some times of it. */
const fullSelector = fc
  .array(
    fc.record({
      name: fc.constantFrom('pod', 'pod', 'region', 'nothing'),
      op: fc.constantFrom('=~', '!~', '!~'),
      value: patternArbitrary(4_500),
    }),
    { minLength: 1, maxLength: 2 },
  )
  .map((all) => all.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join());

const ARGUMENTS: Readonly<Record<keyof typeof MAX_COMPILED, Arbitrary<string>>> = {
  selector: fullSelector,
  baseline_selector: fullSelector,
  focus: patternArbitrary(4_000),
  ignore: patternArbitrary(4_000),
};

/** A call that is well formed, and that is answered unless its patterns are too large. */
export const fullCall: Arbitrary<Call> = fc.oneof(
  ...TOOLS.flatMap((tool) => {
    const names = Object.keys(Object(inputJsonSchema(tool).properties));
    const patterns = Object.entries(ARGUMENTS).filter(([name]) => names.includes(name));
    if (patterns.length === 0) return [];
    return fc
      .record(Object.fromEntries(patterns), { requiredKeys: [] })
      .map((args) => ({ tool: tool.name, args: { ...TOOL_CALLS[tool.name]?.arguments, ...args } }));
  }),
);

/** Profiles of instances with short and with long names. */
export function instancesSource(): ProfileSource {
  const directory = mkdtempSync(path.join(tmpdir(), 'numbers-'));
  const types = ['samples/count', 'cpu/nanoseconds'];
  const stacks = [{ frames: ['main', 'coupon.loadPattern'], values: [1, 10_000_000] }];
  writeFileSync(path.join(directory, 'a.pb'), pprofBytes({ types, periodType: 'cpu/nanoseconds', stacks }));
  const profiles = [4, 40, 150, 600].flatMap((length) =>
    [INCIDENT_WINDOW.from, INCIDENT_WINDOW.to].map((time) => {
      const labels = { service_name: 'checkout-api', pod: 'web-1'.padEnd(length, 'a'), region: 'eu' };
      return { file: 'a.pb', time, duration_s: 10, type_name: 'process_cpu', labels };
    }),
  );
  writeFileSync(path.join(directory, 'profiles.json'), JSON.stringify({ profiles }));
  const source = createFilesSource({ directory });
  return {
    ...source,
    async close() {
      await source.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A filter, and the names of the functions that it is compared with. */
export const filtering = fc.record({
  filter: fc.record({ focus: ARGUMENTS.focus, ignore: ARGUMENTS.ignore }, { requiredKeys: [] }),
  // Answers show names without type arguments: both are compared.
  names: fc
    .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 10 }))
    .map(([count, length]) => Array.from({ length: count }, (_, at) => `${'step'.repeat(length)}${at}[...]`)),
});

type Filtering = typeof filtering extends Arbitrary<infer Value> ? Value : never;

/**
 * Applies a filter that is light enough for the event loop, and counts its steps; others run in a thread.
 * @throws Error where there are too many
 */
export async function filterLightly({ filter, names }: Filtering): Promise<Steps> {
  const profile = profileFrom(Object.fromEntries(names.map((name) => [name, 1])));
  const steps = await countSteps(filter, () =>
    answersOrRefuses(() => (isHeavyFilter(profile, filter) ? null : filterStacks(profile, filter))),
  );
  if (steps.filtering > MAX_FILTERING) throw new Error(`filters of ${steps.filtering} steps`);
  return steps;
}

function defineCalls(name: string, runs: number, input: Arbitrary<Call>, open: () => ProfileSource): Target {
  return defineTarget(name, runs, async () => {
    const source = open();
    const ask = askerIn(createEnvironment([source]));
    return {
      input,
      async check({ tool, args }) {
        await countSteps(args, async () => expectAnswer(await ask(tool, args)));
      },
      close: () => source.close(),
    };
  });
}

export const NUMBERS: readonly Target[] = [
  defineCalls(
    'numbers of conditions, expressions, words, keys and repetitions',
    400,
    fc.oneof(...TOOLS.map(callArbitrary)),
    demoSource,
  ),
  defineCalls('patterns about as large as are taken', 400, fullCall, instancesSource),
  defineTarget('filters about as large as the event loop takes', 400, async () => ({
    input: filtering,
    check: filterLightly,
  })),
];
