import { expect, test } from 'vitest';
import type { Exemplar } from '../sources/source.js';
import { uniteSpans } from './exemplars.js';

const exemplar = (
  spanId: string,
  time: number,
  value: number,
  labels: Record<string, string> = {},
): Exemplar => ({
  time,
  value,
  labels,
  profileId: null,
  spanId,
  traceId: null,
});

test('the parts of a span are one row, and the heaviest span comes first', () => {
  const rows = uniteSpans([
    exemplar('b', 300, 60, { pod: 'web-1' }),
    exemplar('a', 100, 50, { pod: 'web-0' }),
    { ...exemplar('a', 500, 30, { pod: 'web-0', span_name: 'POST /pay' }), traceId: 't' },
    exemplar('a', 200, 5, { pod: 'web-0' }),
  ]);
  expect(rows).toEqual([
    {
      from: 100,
      to: 500,
      value: 85,
      profiles: 3,
      instance: 'web-0',
      operation: 'POST /pay',
      profileId: null,
      spanId: 'a',
      traceId: 't',
    },
    {
      from: 300,
      to: 300,
      value: 60,
      profiles: 1,
      instance: 'web-1',
      operation: null,
      profileId: null,
      spanId: 'b',
      traceId: null,
    },
  ]);
});
