import { expect, test } from 'vitest';
import { pprofBytes } from '../../../test/support/profiles.js';
import { decodePprof } from './pprof.js';

const SPAN = '00f067aa0ba902b7';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const read = (...labels: Record<string, string>[]) =>
  decodePprof(
    pprofBytes({ stacks: labels.map((own) => ({ frames: ['main'], values: [1], labels: own })) }),
    undefined,
    { labels: true },
  ).labels;

test('samples name their requests, and these are no labels of a series', () => {
  const labels = read(
    { span_id: SPAN, trace_id: TRACE, endpoint: '/pay' },
    {},
    { span_id: SPAN.toUpperCase(), trace_id: TRACE },
  );
  expect(labels?.requests?.list).toEqual([{ span: SPAN, trace: TRACE }]);
  expect([...(labels?.requests?.ofSample ?? [])]).toEqual([1, 0, 1]);
  expect(labels?.sets).toEqual([[], [['endpoint', '/pay']]]);
  expect([...(labels?.ofSample ?? [])]).toEqual([1, 0, 0]);
  expect(labels?.dropped).toEqual([]);
});

test.each([
  ['the older name of a span', { profile_id: SPAN }, [{ span: SPAN, trace: '' }]],
  ['both names', { profile_id: 'a'.repeat(16), span_id: SPAN }, [{ span: SPAN, trace: '' }]],
  ['a trace without a span', { trace_id: TRACE }, [{ span: '', trace: TRACE }]],
  ['an id of another form', { span_id: '12', trace_id: 'x' }, undefined],
  ['the empty id', { span_id: '0'.repeat(16), trace_id: '0'.repeat(32) }, undefined],
])('%s', (_, labels, list) => {
  expect(read(labels)?.requests?.list).toEqual(list);
});

test('a span for every sample takes no room among the labels', () => {
  const spans = Array.from({ length: 1_000 }, (_, at) => ({
    span_id: (at + 1).toString(16).padStart(16, '0'),
    tenant: at % 2 ? 'a' : 'b',
  }));
  const labels = read(...spans);
  expect(labels?.requests?.list).toHaveLength(1_000);
  expect(labels?.sets).toEqual([[['tenant', 'b']], [['tenant', 'a']]]);
  expect(labels?.dropped).toEqual([]);
});
