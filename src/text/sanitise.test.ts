import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutLeft, cutRight, safeText } from './sanitise.js';

const char = (code: number) => String.fromCodePoint(code);
const [ESC, BEL, CSI] = [char(27), char(7), char(0x9b)];

describe('safeText', () => {
  test.each([
    ['a colour', `${ESC}[1;31mred${ESC}[0m`, 'red'],
    ['a cleared screen', `${ESC}[2J${ESC}[?25lx`, 'x'],
    ['an 8-bit sequence', `${CSI}31mred`, 'red'],
    ['a title', `${ESC}]0;owned${BEL}x`, 'x'],
    ['a link', `${ESC}]8;;http://evil${ESC}\\here${ESC}]8;;${ESC}\\`, 'here'],
    ['a sequence made by removing one', `${ESC}${ESC}[0m[31mx`, '[31mx'],
    ['a lone escape', `a${ESC}b`, 'a b'],
    ['line breaks', 'a\r\nNext: b\u2028c\u2029d\u0085e', 'a Next: b c d e'],
    ['NUL and DEL', 'a\0b\u007fc', 'a b c'],
    ['bidirectional marks', 'a\u202eb\u2066c\u2069d\u200fe\u061cf', 'a b c d e f'],
    ['zero-width marks', 'a\u200bb\u200dc\ufeffd\u2060e\u00adf\u180eg', 'a b c d e f g'],
    ['tag characters', `a${char(0xe0041)}${char(0xe0042)}b`, 'a b'],
    ['variation selectors', `a\ufe0f${char(0xe0101)}b`, 'a b'],
    ['white space', '  a \t b\u00a0\u3000c ', 'a b c'],
    ['lone surrogates', 'a\ud83db\ude00c', 'a\ufffdb\ufffdc'],
    ['names that are fine', 'pkg/été.(*T[int]).Run·1 日本 😀', 'pkg/été.(*T[int]).Run·1 日本 😀'],
  ])('%s', (_name, text, safe) => {
    expect(safeText(text)).toBe(safe);
  });

  test('is capped, at 2,000 characters where nothing else is said', () => {
    expect(safeText('x'.repeat(65_535))).toBe(`${'x'.repeat(1_999)}…`);
    expect(safeText('x'.repeat(2_000))).toBe('x'.repeat(2_000));
    expect(safeText('abcdef', 4)).toBe('abc…');
    expect(safeText('ab😀cd', 4)).toBe('ab…');
  });

  test('whatever comes in: one line, well-formed, capped, nothing unsafe, the same when done again', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(ESC, BEL, CSI, '[', ']', '0m', '\ud83d', '\ude00', '😀', ' ', '\u202e'),
    );
    fc.assert(
      fc.property(
        fc.array(unit).map((parts) => parts.join('')),
        fc.integer({ min: 1, max: 50 }),
        (text, maxLength) => {
          const safe = safeText(text, maxLength);
          expect(safe.length).toBeLessThanOrEqual(maxLength);
          expect(safe.isWellFormed()).toBe(true);
          expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(safeText(safe, maxLength)).toBe(safe);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('cutLeft', () => {
  test('keeps the end of a name, from a slash where one is near', () => {
    expect(cutLeft('short', 10)).toBe('short');
    expect(cutLeft('example.com/team/pkg.Func', 12)).toBe('…/pkg.Func');
    expect(cutLeft('a'.repeat(20), 8)).toBe(`…${'a'.repeat(7)}`);
    expect(cutLeft('aaaaaaaaaaaaaa/b', 10)).toBe('…aaaaaaa/b');
  });

  test('never cuts through a character', () => {
    expect(cutLeft('ab😀cd', 4)).toBe('…cd');
  });

  test('is bounded, well-formed and ends as the name does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (name, maxLength) => {
        const cut = cutLeft(name, maxLength);
        expect(cut.length).toBeLessThanOrEqual(maxLength);
        expect(cut.isWellFormed()).toBe(true);
        expect(name.endsWith(cut.replace(/^…/, '')) || name === cut).toBe(true);
      }),
    );
  });
});

test('cutRight is bounded, well-formed and begins as the text does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, maxLength) => {
      const cut = cutRight(text, maxLength);
      expect(cut.length).toBeLessThanOrEqual(maxLength);
      expect(cut.isWellFormed()).toBe(true);
      expect(text.startsWith(cut.replace(/…$/, '')) || text === cut).toBe(true);
    }),
  );
});
