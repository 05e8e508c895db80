import fc, { type Arbitrary } from 'fast-check';
import { inputJsonSchema } from '../../../src/mcp/input-schema.js';
import { ALIASES } from '../../../src/tools/arguments.js';
import { TOOLS } from '../../../src/tools/index.js';
import { askerIn, createEnvironment, demoSource } from '../../support/ask.js';
import { TOOL_CALLS } from '../../support/tool-arguments.js';
import { nastyJson, nastyNumber, nastyText, wrapped } from '../arbitraries.js';
import { expectAnswer } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

/** Values that lead further in than nonsense does. */
const TELLING: Readonly<Record<string, readonly unknown[]>> = {
  format: ['json', 'text'],
  from: ['2026-11-20T14:30:00Z', 'now-1h', 0, '2200-12-31T00:00:00Z', '1970-01-01T00:00:00Z'],
  to: ['2026-11-20T14:45:00Z', 'now', 1_795_185_000_000],
  limit: [1, 100, '5'],
  view: ['top', 'tree'],
  sort: ['self', 'total'],
  group_by: ['pod', 'constructor', '__proto__', '__profile_type__'],
  label: ['pod', 'constructor', '__proto__', '__profile_type__', '__name__'],
  selector: [
    'pod=~".+"',
    '__proto__="a"',
    'constructor=~"a"',
    'toString!="b"',
    '__profile_type__=~".*cpu.*"',
    '{}',
  ],
  baseline_selector: ['version="1"', '__proto__=~".*"'],
  focus: ['coupon', '(a*)*b', '.*'],
  ignore: ['runtime', '.*'],
};

function argumentArbitrary(name: string): Arbitrary<unknown> {
  const telling = TELLING[name];
  return fc.oneof(
    ...(telling === undefined ? [] : [{ weight: 6, arbitrary: fc.constantFrom(...telling) }]),
    { weight: 4, arbitrary: nastyText },
    { weight: 1, arbitrary: fc.constantFrom('none', 'null', 'Default', 'n/a', '[]', 0) },
    { weight: 1, arbitrary: nastyNumber },
    { weight: 1, arbitrary: nastyJson },
    { weight: 1, arbitrary: fc.constantFrom(100, 20_000, 200_000).map((depth) => ({ deep: depth })) },
  );
}

/** Depths stand for what is that deep, so that a counterexample can be printed. */
function grown(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const deep: unknown = Object.hasOwn(value, 'deep') ? Reflect.get(value, 'deep') : undefined;
  return typeof deep === 'number' ? wrapped('x', deep) : value;
}

/** A call that starts from one that works, and goes wrong in a few places. */
function callArbitrary(tool: (typeof TOOLS)[number]): Arbitrary<{ tool: string; args: object }> {
  const names = [...Object.keys(inputJsonSchema(tool).properties), ...ALIASES.keys()];
  const given = TOOL_CALLS[tool.name]?.arguments ?? {};
  const change = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .constantFrom(...names)
        .chain((name) => fc.tuple(fc.constant(name), argumentArbitrary(name))),
    },
    { weight: 1, arbitrary: fc.tuple(nastyText, nastyJson) },
  );
  return fc.tuple(fc.boolean(), fc.array(change, { minLength: 1, maxLength: 4 })).map(([whole, changes]) => ({
    tool: tool.name,
    args: Object.fromEntries([...(whole ? Object.entries(given) : []), ...changes]),
  }));
}

export const ARGUMENTS: readonly Target[] = [
  defineTarget('arguments of every tool', 700, async () => {
    const source = demoSource();
    const ask = askerIn(createEnvironment([source]));
    return {
      input: fc.oneof(...TOOLS.map(callArbitrary)),
      async check({ tool, args }) {
        const whole = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, grown(value)]));
        expectAnswer(await ask(tool, whole));
      },
      close: () => source.close(),
    };
  }),
];
