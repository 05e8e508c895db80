import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../errors.js';
import { matcherTest } from './matching.js';
import { formatSelector, parseSelector, sameMatchers } from './selector.js';
import type { Matcher } from './source.js';

const eq = (name: string, value: string): Matcher => ({ name, op: '=', value });

function refusal(text: string): { message: string; next: string } {
  try {
    parseSelector(text);
  } catch (error) {
    if (error instanceof UserError) return { message: error.message, next: error.next };
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('parseSelector', () => {
  test.each<[string, Matcher[]]>([
    ['', []],
    ['  ', []],
    ['{}', []],
    ['{ }', []],
    ['{service_name="edge"}', [eq('service_name', 'edge')]],
    ['service_name="edge"', [eq('service_name', 'edge')]],
    [' { service_name = "edge" , } ', [eq('service_name', 'edge')]],
    ['pod="a",', [eq('pod', 'a')]],
    ["{a='x y',b=`z\\d`}", [eq('a', 'x y'), eq('b', 'z\\d')]],
    ['{"k8s.node.name"="n"}', [eq('k8s.node.name', 'n')]],
    ['{k8s.node.name="n",région="eu-ouest"}', [eq('k8s.node.name', 'n'), eq('région', 'eu-ouest')]],
    ['{a="{b=\\"c\\",}"}', [eq('a', '{b="c",}')]],
    ['{a="\\u00e9\\x41\\101\\n\\t\\\\ \\U0001F600"}', [eq('a', 'éAA\n\t\\ 😀')]],
    ['{a="\\xc3\\xa9"}', [eq('a', 'é')]],
    ['{a=""}', [eq('a', '')]],
    [
      '{a="x",b!="y",c=~"r.*|s",d!~"t"}',
      [
        eq('a', 'x'),
        { name: 'b', op: '!=', value: 'y' },
        { name: 'c', op: '=~', value: 'r.*|s' },
        { name: 'd', op: '!~', value: 't' },
      ],
    ],
  ])('reads %s', (text, isExpected) => {
    expect(parseSelector(text)).toEqual(isExpected);
  });

  test.each([
    ['{service_name=edge}', 'at character 15, expected a value in double quotes', '{service_name="edge"}'],
    [
      'service_name=edge, pod=a-1',
      'at character 14, expected a value in double quotes',
      '{service_name="edge",pod="a-1"}',
    ],
    ['{service_name="edge"', 'at character 21, expected } at the end', '{service_name="edge"}'],
    [
      '{service_name="edge}',
      'at character 21, expected " to end the text that starts at character 15',
      '{service_name="edge"}',
    ],
    ['{a=="x"}', 'at character 4, expected a value in double quotes', '{a="x"}'],
    ['service_name:edge', 'at character 18, expected one of =, !=, =~, !~', '{service_name="edge"}'],
    ['checkout-api', 'at character 13, expected one of =, !=, =~, !~', '{service_name="checkout-api"}'],
    ['{path=~"/v\\d+"}', 'at character 11, expected an escape', '{path=~"/v\\\\d+"}'],
  ])('refuses %s with the position and what was meant', (text, position, expected) => {
    const { message, next } = refusal(text);
    expect(message).toContain(text);
    expect(message).toContain(position);
    expect(next).toBe(`If you meant ${expected}, use that.`);
    expect(formatSelector(parseSelector(expected))).toBe(expected);
  });

  test.each([
    ['{a="x" b="y"}', 'at character 8, expected a comma or }'],
    ['{a="x"} or', 'at character 9, expected nothing after the closing }'],
    ['a="x"}', 'at character 6, expected a { at the start to go with this }'],
    ['{="x"}', 'at character 2, expected a label name'],
    ['{""="x"}', 'at character 2, expected a label name'],
    ['{,}', 'at character 2, expected a label name'],
    ['{a>"x"}', 'expected one of =, !=, =~, !~'],
    ['{a="\\xff"}', 'at character 4, expected text whose escaped bytes are UTF-8'],
    ['{a="\\ud800"}', 'at character 5, expected an escape'],
  ])('refuses %s', (text, position) => {
    expect(refusal(text).message).toContain(position);
  });

  test('refuses a profile name before the braces and says where it belongs', () => {
    expect(refusal('process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="x"}')).toEqual({
      message:
        'A selector holds label conditions only, but process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="x"} starts with a profile name.',
      next: 'Give the name apart: {"profile_type":"process_cpu:cpu:nanoseconds:cpu:nanoseconds","selector":"{service_name=\\"x\\"}"}.',
    });
  });

  test('refuses what is not RE2', () => {
    expect(refusal('{pod=~"("}').message).toBe(
      'The regular expression in pod=~"(" is not valid RE2: error parsing regexp: missing closing ): `(`.',
    );
    expect(refusal('{pod=~"a(?=b)"}').next).toContain('no lookaround');
    expect(parseSelector('{pod="("}')).toEqual([eq('pod', '(')]);
  });
});

describe('formatSelector', () => {
  test('quotes names that the server refuses bare, and escapes values', () => {
    expect(formatSelector([])).toBe('{}');
    expect(
      formatSelector([
        eq('service_name', 'a"b\\c'),
        eq('k8s.pod', 'x\ny'),
        eq('région', '\u0000\ufffd'),
        eq('9', ''),
      ]),
    ).toBe('{service_name="a\\"b\\\\c","k8s.pod"="x\\ny","région"="\\u0000\\ufffd","9"=""}');
  });

  test('is read back as it was', () => {
    const text = fc.string({ unit: 'binary' });
    const matcher = fc.oneof(
      fc.record({ name: text.filter((name) => name !== ''), op: fc.constantFrom('=', '!='), value: text }),
      fc.record({
        name: fc.constantFrom('a', 'k8s.node.name', 'région'),
        op: fc.constantFrom('=~', '!~'),
        value: fc.constantFrom('a.*', 'x|y', '[^"]+\\d', ''),
      }),
    );
    fc.assert(
      fc.property(fc.array(matcher), (matchers) => {
        expect(parseSelector(formatSelector(matchers))).toEqual(matchers);
      }),
    );
  });
});

describe('matcherTest', () => {
  test.each<[Matcher['op'], string, string | undefined, boolean]>([
    ['=', 'a', 'a', true],
    ['=', 'a', undefined, false],
    ['=', '', undefined, true],
    ['!=', 'a', undefined, true],
    ['!=', '', undefined, false],
    ['=~', 'a', 'ab', false],
    ['=~', 'a|ab', 'ab', true],
    ['=~', 'a.b', 'a\nb', true],
    ['=~', '', undefined, true],
    ['=~', '.+', undefined, false],
    ['=~', '.*', undefined, true],
    ['!~', 'a.*', 'abc', false],
    ['!~', 'a', 'ab', true],
    ['!~', '.+', undefined, true],
  ])('x%s%j on %j is %s', (op, value, label, expected) => {
    expect(matcherTest({ name: 'x', op, value })(label)).toBe(expected);
  });

  test('refuses a regular expression that is not RE2', () => {
    expect(() => matcherTest({ name: 'x', op: '!~', value: '(' })).toThrow(UserError);
  });
});

describe('sameMatchers', () => {
  const pod = { name: 'pod', op: '=', value: 'a' } as const;
  const region = { name: 'region', op: '!=', value: 'eu' } as const;

  test('goes by the conditions, not by their order or the objects', () => {
    expect(sameMatchers([], [])).toBe(true);
    expect(sameMatchers([pod, region], [{ ...region }, { ...pod }])).toBe(true);
    expect(sameMatchers([pod, pod], [pod])).toBe(true);
  });

  test.each([
    { ...pod, name: 'pods' },
    { ...pod, op: '=~' as const },
    { ...pod, value: 'b' },
  ])('%o is another', (other) => {
    expect(sameMatchers([pod], [other])).toBe(false);
    expect(sameMatchers([pod], [pod, other])).toBe(false);
    expect(sameMatchers([], [other])).toBe(false);
  });
});
