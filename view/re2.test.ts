import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { compilePattern, PatternProblem } from './re2.js';

describe('search by RE2', () => {
  const names = ['main.main', 'net/http.(*conn).serve', 'Shop::cart', 'a', '', 'AB\nc', 'naïve_ß', '0x1f'];

  test.each([
    ['serve$'],
    ['^main'],
    ['^$'],
    ['(?i)SHOP|MAIN'],
    ['(?:conn|cart)'],
    ['(?P<name>ma)in'],
    ['[a-c]{2,}'],
    ['[^a-z]{3}'],
    ['\\(\\*conn\\)'],
    ['\\bcart\\b'],
    ['\\B.\\B'],
    ['a.c'],
    ['A..'],
    ['(a|b|c)*main'],
    ['x{0}main'],
    ['(ma){1,2}?in'],
    ['[]a]'],
    ['[a\\]-]'],
    ['\\d\\w\\s'],
    ['\\A0x[[0-9a-f]+\\z'],
    ['{a'],
    ['ï|ß'],
    ['a||b'],
    ['()'],
  ])('%s finds what RE2 finds', (pattern) => {
    const reference = RE2JS.compile(pattern);
    const find = compilePattern(pattern);
    expect(names.filter(find)).toEqual(names.filter((name) => reference.matcher(name).find()));
  });

  test('random patterns find what RE2 finds', () => {
    const atom = fc.oneof(
      fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\b', '^', '$', '\\.'),
      fc.constantFrom('(?:a|b)', '(ab)', '(?:)', '(a|)'),
    );
    const piece = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{0,}'))
      .map(([of, times]) => (/^(?:\\b|\^|\$)$/.test(of) ? of : `${of}${times}`));
    const pattern = fc
      .array(piece, { maxLength: 6 })
      .chain((parts) => fc.constantFrom(parts.join(''), `${parts.join('|')}`, `(?i)${parts.join('')}`));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '.', ' '), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (source, name) => {
        expect(compilePattern(source)(name)).toBe(RE2JS.compile(source).matcher(name).find());
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['(?=a)', /groups with \?/],
    ['(a', /not closed/],
    ['a)', /not opened/],
    ['[a', /not closed/],
    ['*a', /nothing to repeat/],
    ['\\1', /not taken/],
    ['\\pL', /not taken/],
    ['[[:alpha:]]', /not taken/],
    ['[b-a]', /backwards/],
    ['a{3,1}', /ends before/],
    ['((a{100}){100}){100}', /too large/],
    [`${'('.repeat(200)}a${')'.repeat(200)}`, /too many groups/],
  ])('%s is refused with the reason', (pattern, reason) => {
    expect(() => compilePattern(pattern)).toThrow(PatternProblem);
    expect(() => compilePattern(pattern)).toThrow(reason);
  });

  // A backtracking engine would not come back.
  test('a pattern on which a backtracking engine hangs is answered', () => {
    const find = compilePattern('(?:a+)+(?:a+)+(?:a|aa)+$b');
    expect(find('a'.repeat(10_000))).toBe(false);
  });
});
