import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { UserError } from '../errors.js';
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
      'limit 0',
      { limit: 0 },
      '`limit` 0 is not valid: Too small: expected number to be >=1.\nNext: `limit` (1–100): Rows.',
    ],
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
      'some_tool has no argument "servce".\nNext: Did you mean `service`? Valid arguments: function, service, limit, depth, share, offset, format.',
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
  ])('%s', (_name, args, said) => {
    expect(refusal({ ...given, ...args })).toContain(said);
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
      expect(refusal({ ...neededBy(each), limit: 0 }, each)).toMatch(/\nNext: `limit` \(1–\d+\): /);
    },
  );
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
