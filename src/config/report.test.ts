import { expect, test } from 'vitest';
import { UsageError } from '../errors.js';
import { readConfig } from './read.js';

const report = (...argv: string[]) => readConfig(['report', ...argv], {}).report;

test.each([
  ['investigate', 'investigate'],
  ['compare', 'compare_profiles'],
  ['summarize', 'summarize_profile'],
  ['timeline', 'get_timeline'],
  ['query', 'query_profile'],
  ['compare_profiles', 'compare_profiles'],
])('report %s asks %s', (word, tool) => {
  expect(report(word, '--output', 'a.html')?.tool).toBe(tool);
});

test('arguments are pairs, or one JSON object', () => {
  expect(report('investigate', 'service=shop', 'selector=env="a=b"', '--output', 'a.html')).toEqual({
    tool: 'investigate',
    arguments: { service: 'shop', selector: 'env="a=b"' },
    output: 'a.html',
    isSvg: false,
    mayReplace: false,
  });
  expect(report('summarize', '{"limit":3}', '--svg', '--force', '--output', 'a.svg')).toMatchObject({
    arguments: { limit: 3 },
    isSvg: true,
    mayReplace: true,
  });
});

test('only its own command reads the options', () => {
  expect(readConfig(['call', 'investigate'], {}).report).toBeNull();
  expect(readConfig(['report', '--help'], {})).toMatchObject({ help: true, report: null });
  expect(readConfig(['demo', '--open'], {}).opensReport).toBe(true);
  expect(readConfig(['demo'], {}).opensReport).toBe(false);
});

test.each([
  [[], 'report needs a question.'],
  [['inspect_function'], 'report cannot draw "inspect_function".'],
  [['investigate'], 'report needs --output FILE.'],
  [['investigate', 'shop', '--output', 'a'], '"shop" is not name=value.'],
  [['investigate', '=shop', '--output', 'a'], '"=shop" is not name=value.'],
  [['investigate', 'a=1', 'a=2', '--output', 'a'], 'The argument "a" is given twice.'],
  [['investigate', '{"a":', '--output', 'a'], '"{\\"a\\":" is not a JSON object.'],
])('report %j is a mistake: %s', (argv, message) => {
  expect(() => report(...argv)).toThrow(UsageError);
  expect(() => report(...argv)).toThrow(message);
});
