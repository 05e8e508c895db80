import { describe, expect, test } from 'vitest';
import { buildPattern } from '../../test/support/pattern.js';
import type { QueryPattern } from './pattern.js';
import { selectPatterns } from './select.js';

const SIGNAL = new AbortController().signal;
const PATTERN = buildPattern({ profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds' });
const named = (title: string): QueryPattern => ({ ...PATTERN, titles: [title] });
const PATTERNS = [named('Kafka lag by broker'), named('Kafka heap'), named('Checkout CPU')];

describe('selectPatterns', () => {
  test.each([
    ['all of the words', 'kafka lag', ['Kafka lag by broker'], 'all'],
    ['no words', null, PATTERNS.map(({ titles }) => titles[0]), 'all'],
    ['words without a letter', ' -- ', PATTERNS.map(({ titles }) => titles[0]), 'all'],
    ['some of the words', 'kafka consumer', ['Kafka lag by broker', 'Kafka heap'], 'some'],
    ['none of the words', 'redis evictions', [], 'none'],
  ])('%s', async (_name, words, titles, held) => {
    const selection = await selectPatterns(PATTERNS, { words, service: null }, SIGNAL);
    expect(selection.selected.map((pattern) => pattern.titles[0])).toEqual(titles);
    expect(selection.matched).toBe(held);
  });

  test('no pattern at all holds no word', async () => {
    expect(await selectPatterns([], { words: 'kafka', service: null }, SIGNAL)).toEqual({
      selected: [],
      matched: 'none',
    });
  });
});
