import { describe, expect, test } from 'vitest';
import { forTerminal } from './terminal.js';

const ESC = '\u001b';
const bold = (text: string) => `${ESC}[1m${text}${ESC}[22m`;

describe('forTerminal', () => {
  test.each([
    [
      'the verdict',
      'Verdict: LEAK (leak): inuse 1 -> 9 MiB.',
      `${bold('Verdict: LEAK (leak)')}: inuse 1 -> 9 MiB.`,
    ],
    ['a verdict so far', 'Verdict so far: LEAK (leak): x.', `${bold('Verdict so far: LEAK (leak)')}: x.`],
    ['a number', '1. shop.price grew: 0% -> 9%', `${bold('1.')} shop.price grew: 0% -> 9%`],
    ['a word', 'Since: between 14:28:05Z and 14:31Z.', `${bold('Since')}: between 14:28:05Z and 14:31Z.`],
    ['nothing of a plain row', 'no row of ours', 'no row of ours'],
    ['nothing of a ready call', 'Next: investigate {"service":"a"}', 'Next: investigate {"service":"a"}'],
    ['an empty row', '', ''],
  ])('%s is bold', (_name, row, expected) => {
    expect(forTerminal(row, 100, true)).toBe(expected);
  });

  test('rows are wrapped at words, calls and links are not', () => {
    const long = `Path: ${Array.from({ length: 9 }, (_, at) => `checkout.step${at}`).join(' > ')}`;
    const call = `Next: inspect_function {"service":"${'a'.repeat(80)} b c"}`;
    const link = `Open in Grafana: https://g/${'x'.repeat(80)} y`;
    const lines = forTerminal([long, call, link].join('\n'), 60, false).split('\n');
    expect(lines.slice(-2)).toEqual([call, link]);
    expect(lines.slice(0, -2).every((line) => line.length <= 60)).toBe(true);
    expect(lines[1]).toMatch(/^ {3}\S/);
    expect(
      lines
        .slice(0, -2)
        .map((line) => line.trim())
        .join(' '),
    ).toBe(long);
  });

  test('a word that is too wide stays whole, and a narrow terminal is not cut to pieces', () => {
    const name = 'x'.repeat(70);
    expect(forTerminal(`a ${name} b`, 60, false)).toBe(`a\n   ${name}\n   b`);
    expect(forTerminal('a b c d e f', 5, false)).toBe('a b c d e f');
  });

  test('leading words that are wrapped are bold to their end', () => {
    const row = 'Verdict: LOAD INCREASE, no change of code found (load_increase): cpu.';
    const text = forTerminal(row, 40, true);
    expect(text.replaceAll(/\s+/g, ' ')).toBe(
      `${bold('Verdict: LOAD INCREASE, no change of code found (load_increase)')}: cpu.`,
    );
  });

  test('nothing in a name acts on the terminal', () => {
    const text = forTerminal(`Note: ${ESC}[31mred${ESC}[0m \u202e`, 80, true);
    const rest = text.replace(bold('Note'), 'Note');
    expect([...rest].filter((char) => char === ESC || char === '\u202e')).toEqual([]);
  });
});
