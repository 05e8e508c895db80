import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { UserError } from '../errors.js';
import { ALIASES, MAY_BE_NAMES } from '../tools/arguments.js';
import type { Tool } from '../tools/define.js';
import { TOOLS } from '../tools/index.js';
import { checkArguments } from './check-arguments.js';

const tool: Tool = {
  name: 'some_tool',
  title: 'Some tool',
  description: 'A tool.',
  input: z.strictObject({
    function: z.string().describe('Name of a function'),
    service: z.string().optional().describe('Exact service_name'),
    limit: z.int().min(1).max(100).default(10).describe('Rows'),
    from: z.string().optional().describe('Start'),
    to: z.string().optional().describe('End'),
    depth: z.int().min(0).optional().describe('Frames'),
    share: z.number().max(1).optional(),
    offset: z.int().optional().describe('First row'),
    format: z.enum(['text', 'json']).default('text'),
  }),
  run: async () => ({ data: {}, text: [], lists: [] }),
};

function refusal(args: unknown, of: Tool = tool): string {
  try {
    checkArguments(of, args);
  } catch (error) {
    if (error instanceof UserError) return `${error.message}\nNext: ${error.next}`;
    throw error;
  }
  return 'taken';
}

/** A value for each argument that a tool cannot do without. */
function neededBy({ input }: Tool): Record<string, string> {
  const shape: Readonly<Record<string, z.ZodType>> = input.shape;
  const names = Object.keys(shape).filter((name) => shape[name]?.safeParse(undefined).success === false);
  return Object.fromEntries(names.map((name) => [name, 'x']));
}

describe('taken', () => {
  const defaults = { function: 'f', limit: 10, format: 'text' };
  test.each([
    ['defaults are filled in', { function: 'f' }, {}],
    ['a number as text', { function: 'f', limit: ' 3 ' }, { limit: 3 }],
    ['a fraction as text', { function: 'f', share: '-0.5' }, { share: -0.5 }],
    ['text as a number', { function: 'f', service: 7 }, { service: '7' }],
    ['null', { function: 'f', service: null, limit: null, format: null, depth: null }, {}],
    ['empty text', { function: 'f', service: '', limit: '', format: '' }, {}],
    ['an empty list or object', { function: 'f', service: [], limit: {}, format: [] }, {}],
    ['white space', { function: 'f', depth: ' ', format: '\n' }, {}],
    ['a limit of nothing', { function: 'f', limit: 0 }, {}],
    ['a limit below nothing, as text', { function: 'f', limit: '-1' }, {}],
    ['zero where zero can be meant', { function: 'f', depth: 0, share: 0 }, { depth: 0, share: 0 }],
    ['start for from', { function: 'f', start: 'now-2h', end: 'now' }, { from: 'now-2h', to: 'now' }],
    ['from_ for from', { function: 'f', from_: 'now-2h', to_: 'now' }, { from: 'now-2h', to: 'now' }],
    [
      'start_time for from, as a number',
      { function: 'f', start_time: 1_795_185_000_000, end_time: 'now' },
      { from: '1795185000000', to: 'now' },
    ],
    ['the same time under both names', { function: 'f', from: 5, start: ' 5 ' }, { from: '5' }],
    ['an alias left out beside the name', { function: 'f', from: 'now-1h', start: null }, { from: 'now-1h' }],
    [
      'the name left out beside an alias',
      { function: 'f', from: 'None', start: 'now-1h' },
      { from: 'now-1h' },
    ],
    ['the bounds', { function: 'f', limit: 100, depth: 0, share: 1 }, { limit: 100, depth: 0, share: 1 }],
  ])('%s', (_name, args, more) => {
    expect(checkArguments(tool, args)).toEqual({ ...defaults, ...more });
  });

  test.each(TOOLS.map((each) => [each.name, each] as const))(
    '%s: no arguments, null and an object of nulls are the same',
    (_name, each) => {
      const nulls = Object.fromEntries(Object.keys(each.input.shape).map((name) => [name, null]));
      const needed = neededBy(each);
      const none = checkArguments(each, needed);
      expect(checkArguments(each, { ...nulls, ...needed })).toEqual(none);
      if (Object.keys(needed).length > 0) return;
      expect(checkArguments(each, undefined)).toEqual(none);
      expect(checkArguments(each, null)).toEqual(none);
    },
  );
});

describe('refused', () => {
  const given = { function: 'f' };
  test.each([
    [
      'limit as text',
      { limit: '101' },
      '`limit` "101" is not valid: Too big: expected number to be <=100.\nNext: `limit` (1–100): Rows.',
    ],
    ['a fraction', { limit: 1.5 }, 'Next: `limit` (1–100): Rows.'],
    ['a lower bound only', { depth: -1 }, 'Next: `depth` (at least 0): Frames.'],
    ['an upper bound only', { share: 2 }, 'Next: `share` (at most 1): a number.'],
    ['no bounds', { offset: 'x' }, 'Next: `offset`: First row.'],
    ['a word that is not one of them', { format: 'yaml' }, 'Next: `format`: one of text, json.'],
    [
      'a list for text',
      { service: ['a'] },
      '`service` ["a"] is not valid: Invalid input: expected string, received array.\nNext: `service`: Exact service_name.',
    ],
    [
      'a name that is nearly right',
      { servce: 'a' },
      'some_tool has no argument "servce".\nNext: Did you mean `service`? Valid arguments: function, service, limit, from, to, depth, share, offset, format.',
    ],
    [
      'a name of the object prototype',
      { constructor: 'a' },
      'some_tool has no argument "constructor".\nNext: Valid arguments: ',
    ],
    [
      'a required argument as null',
      { function: null },
      'some_tool needs the argument `function`.\nNext: `function`: Name of a function.',
    ],
    ['a required argument as empty text', { function: '' }, 'some_tool needs the argument `function`.'],
    ['a required argument as an empty list', { function: [] }, 'some_tool needs the argument `function`.'],
    [
      'two times for one',
      { from: 'now-2h', start: 'now-1h' },
      'some_tool got `from` "now-2h" and `start` "now-1h", which mean the same argument.\nNext: Give it once, as `from`.',
    ],
    [
      'two aliases for one',
      { end: 'now', end_time: 'now-1h' },
      'some_tool got `end` "now" and `end_time` "now-1h", which mean the same argument.\nNext: Give it once, as `to`.',
    ],
    [
      'a wrong value under an alias',
      { start: { a: 1 } },
      '`start` {"a":1} is not valid: Invalid input: expected string, received object.\nNext: `from`: Start.',
    ],
    [
      'an alias of an argument that the tool has not',
      { baseline_start: 'now' },
      'has no argument "baseline_start"',
    ],
  ])('%s', (_name, args, expected) => {
    expect(refusal({ ...given, ...args })).toContain(expected);
  });

  test('a required argument left out', () => {
    expect(refusal({})).toBe(
      'some_tool needs the argument `function`.\nNext: `function`: Name of a function.',
    );
  });

  test.each([[[]], ['x'], [5], [true]])('arguments that are no object: %j', (args) => {
    expect(refusal(args)).toMatch(
      /^The arguments of some_tool must be a JSON object\.\nNext: Valid arguments: /,
    );
  });

  test('long names and values are quoted in part', () => {
    expect(refusal({ ['😀'.repeat(5_000)]: 1 }).length).toBeLessThan(300);
    expect(refusal({ function: ['x'.repeat(5_000)] }).length).toBeLessThan(300);
  });

  test.each(TOOLS.filter((each) => 'limit' in each.input.shape).map((each) => [each.name, each] as const))(
    '%s states the range of its limit',
    (_name, each) => {
      expect(refusal({ ...neededBy(each), limit: 'many' }, each)).toMatch(/\nNext: `limit` \(1–\d+\): /);
    },
  );
});

describe('words for "left out"', () => {
  const WORDS = [
    'null',
    'None',
    'NONE',
    'undefined',
    'default',
    'n/a',
    ' N/A ',
    'nil',
    'unset',
    'auto',
    '[]',
    '{}',
  ];
  const describeShape = ({ input }: Tool) => Object.entries<z.ZodType>(input.shape);
  const argumentsOfAll = new Set(TOOLS.flatMap(({ input }) => Object.keys(input.shape)));

  test.each(WORDS)('%j leaves out all that cannot be called so', (word) => {
    for (const each of TOOLS) {
      const needed = neededBy(each);
      const words = Object.fromEntries(
        describeShape(each).flatMap(([name]) =>
          MAY_BE_NAMES.has(name) || name in needed ? [] : [[name, word]],
        ),
      );
      expect(checkArguments(each, { ...needed, ...words })).toEqual(checkArguments(each, needed));
    }
  });

  test.each(WORDS)('%j stays where something may be called so', (word) => {
    for (const each of TOOLS) {
      const names = describeShape(each).flatMap(([name]) => (MAY_BE_NAMES.has(name) ? [[name, word]] : []));
      const args = { ...neededBy(each), ...Object.fromEntries(names) };
      expect(checkArguments(each, args)).toMatchObject(Object.fromEntries(names));
    }
  });

  test.each(WORDS)('%j for what a tool cannot do without is missing', (word) => {
    for (const each of TOOLS) {
      const needed = Object.keys(neededBy(each)).filter((name) => !MAY_BE_NAMES.has(name));
      if (needed.length === 0) continue;
      const message = refusal(
        { ...neededBy(each), ...Object.fromEntries(needed.map((name) => [name, word])) },
        each,
      );
      for (const name of needed) expect(message).toMatch(new RegExp(`needs the arguments?.* \`${name}\``));
    }
  });

  test('a value of the schema is never taken for such a word', () => {
    const odd: Tool = { ...tool, input: z.strictObject({ mode: z.enum(['auto', 'none']).optional() }) };
    expect(checkArguments(odd, { mode: 'none' })).toEqual({ mode: 'none' });
  });

  // A new argument with free text must be put into MAY_BE_NAMES, or into this list, by somebody who thought
  // about it.
  test('every argument with free text is known to hold names or not', () => {
    const never = [
      'selector',
      'url',
      'baseline_selector',
      'symptom',
      'from',
      'to',
      'baseline_from',
      'baseline_to',
      'span_id',
      'trace_id',
      'profile_id',
    ];
    const free = [...argumentsOfAll].filter((name) =>
      TOOLS.some(({ input }) => input.shape[name]?.safeParse('any text').success),
    );
    expect(free.sort()).toEqual([...never, ...MAY_BE_NAMES].sort());
  });

  test('every alias is the name of no argument and means one', () => {
    for (const [alias, name] of ALIASES) {
      expect(argumentsOfAll.has(alias)).toBe(false);
      expect(argumentsOfAll.has(name)).toBe(true);
    }
  });
});

test('any JSON is taken or refused in words', () => {
  const name = fc.oneof(fc.constantFrom(...Object.keys(tool.input.shape), '__proto__'), fc.string());
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(name, fc.jsonValue())), (args) => {
      expect(refusal(args)).toMatch(/^taken$|\nNext: ./);
    }),
    { numRuns: 500 },
  );
});
