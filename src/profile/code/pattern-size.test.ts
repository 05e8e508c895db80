import fc from 'fast-check';
import { RE2JS, RE2JSException } from 're2js';
import { describe, expect, test } from 'vitest';
import { estimatePatternSize } from './pattern-size.js';

/** Instructions that a pattern compiles to; null where RE2 refuses it. */
function programSize(pattern: string): number | null {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL).programSize();
  } catch (error) {
    if (error instanceof RE2JSException) return null;
    throw error;
  }
}

describe('estimatePatternSize', () => {
  test.each([
    ['coupon', 10],
    ['.*Checkout.*', 20],
    ['runtime\\.|syscall', 25],
    ['a{1000}', 1_010],
    ['.{0,999}', 2_010],
    ['(?:a?b?c?d?){0,200}', 4_500],
    ['((a{30}){30})', 1_200],
  ])('%s is at least its program and at most %i', (pattern, maxSize) => {
    const size = estimatePatternSize(pattern);
    expect(size).toBeGreaterThanOrEqual(programSize(pattern) ?? 0);
    expect(size).toBeLessThanOrEqual(maxSize);
  });

  test.each([
    ['repetitions', 'a{1000}'.repeat(9)],
    ['nested repetitions', '((a{10}){10}){10}'.repeat(9)],
    ['a repetition behind a quotation', '\\Qab)(\\E{1000}'.repeat(9)],
    ['a group whose end is quoted', '(?:\\Q)\\Ea{9}){999}'],
    ['a group whose end stands in a class', '(?:[)]a{9}){999}'],
    ['Unicode classes in brackets', `[${'\\pL'.repeat(3_000)}]`],
    ['Unicode classes without case', `(?i)${'\\pL'.repeat(300)}`],
    ['repeated Unicode classes', '\\pL{900}'],
    ['wide ranges without case', `(?i)${'[Ā-\\x{1e900}]'.repeat(10)}`],
    ['many characters', 'ab|'.repeat(3_000)],
    ['many groups', `${'('.repeat(2_000)}${')'.repeat(2_000)}`],
  ])('%s are large', (_name, pattern) => {
    expect(estimatePatternSize(pattern)).toBeGreaterThan(5_000);
  });

  test('is never below the size of the program, whatever the pattern', () => {
    const piece = fc.constantFrom(
      ...['a', 'b', '.', '(', ')', '(?:', '(?i)', '(?P<n>', '|', '*', '+', '?', '*?', '{3}', '{2,}', '{0,7}'],
      ...[
        '{2,5}',
        '[a-z]',
        '[^]]',
        '[[:alpha:]]',
        '[)]',
        '[\\]]',
        '\\pL',
        '\\p{Greek}',
        '\\Q(',
        '\\E',
        '\\x{41}',
      ],
      ...[
        '\\x41',
        '\\w',
        '\\W',
        '\\b',
        '^',
        '$',
        '{',
        '}',
        'é',
        '😀',
        '\\\\',
        '\\(',
        '\\101',
        '{,5}',
        '(?s-i:',
      ],
    );
    const balanced = fc.letrec<{ part: string }>((tie) => ({
      part: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('a', '.', '[a-c]', '\\d', '\\Q)\\E', '[(]', ''),
        fc.tuple(tie('part'), tie('part')).map(([left, right]) => `${left}${right}`),
        fc.tuple(tie('part'), tie('part')).map(([left, right]) => `(?:${left}|${right})`),
        fc
          .tuple(tie('part'), fc.constantFrom('*', '+', '?', '{3}', '{0,4}', '{2,}', '{0}'))
          .map(([part, times]) => `(${part})${times}`),
      ),
    })).part;
    const pattern = fc.oneof(
      fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join('')),
      balanced,
    );
    fc.assert(
      fc.property(pattern, (text) => {
        const size = estimatePatternSize(text);
        // Larger ones are not compiled by the product either.
        if (size > 20_000) return;
        expect(size).toBeGreaterThanOrEqual(programSize(text) ?? 0);
      }),
      { numRuns: 3_000, examples: [['a{3}(?i){2,5}'], ['(?:abcdef)\\Q\\E{9}']] },
    );
  });
});
