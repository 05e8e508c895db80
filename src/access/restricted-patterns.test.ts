import { describe, expect, test } from 'vitest';
import { buildPattern } from '../../test/support/pattern.js';
import type { Learned, PatternBook } from '../patterns/book.js';
import type { QueryPattern } from '../patterns/pattern.js';
import type { Matcher } from '../sources/source.js';
import { restrictPatterns } from './restricted-patterns.js';

const SIGNAL = new AbortController().signal;
const ALPHA: Matcher = { name: 'namespace', op: '=', value: 'alpha' };

function equals(name: string, value: string): Matcher {
  return { name, op: '=', value };
}

function pattern(matchers: readonly Matcher[], more: Partial<QueryPattern> = {}): QueryPattern {
  return buildPattern({ sourceUid: 'one', matchers, ...more });
}

function createBook(patterns: readonly QueryPattern[]): PatternBook {
  const learned: Learned = { patterns, serviceLabels: [], progress: null, isScanning: false, failure: null };
  return { learned: () => learned, read: async () => learned, close() {} };
}

async function shown(
  pattern: QueryPattern,
  enforced: readonly Matcher[] = [ALPHA],
): Promise<QueryPattern | null> {
  const services = new Map([['one', new Set(['alpha-api', 'shared'])]]);
  const book = restrictPatterns(createBook([pattern]), enforced, async () => ({ services }));
  const [found = null] = (await book.read(SIGNAL, 0)).patterns;
  return found;
}

describe('patterns that a caller sees', () => {
  test.each<[string, QueryPattern]>([
    ['one that carries the enforced matcher', pattern([ALPHA])],
    ['one that carries it and more', pattern([ALPHA, { name: 'pod', op: '=~', value: 'a.*' }])],
    ['one of a visible service', pattern([equals('service_name', 'alpha-api')])],
    ['one of a visible service and the enforced matcher', pattern([ALPHA, equals('service_name', 'shared')])],
    ['one without a source', pattern([equals('service_name', 'alpha-api')], { sourceUid: null })],
  ])('are %s', async (_name, one) => {
    expect(await shown(one)).toEqual(one);
  });

  test.each<[string, QueryPattern]>([
    ['one without a condition', pattern([])],
    ['one of another service', pattern([equals('service_name', 'beta-api')])],
    ['one of another namespace', pattern([equals('namespace', 'beta')])],
    [
      'a visible service in another namespace',
      pattern([equals('namespace', 'beta'), equals('service_name', 'shared')]),
    ],
    [
      'a visible service with a foreign pod',
      pattern([equals('service_name', 'shared'), equals('pod', 'beta-pod')]),
    ],
    ['one that only looks like the enforced matcher', pattern([{ ...ALPHA, op: '!=' }])],
    ['a pattern of services', pattern([{ name: 'service_name', op: '=~', value: 'alpha-api|beta-api' }])],
    ['one of another source', pattern([ALPHA], { sourceUid: 'two' })],
  ])('are not %s', async (_name, one) => {
    expect(await shown(one)).toBeNull();
  });

  test('hold no value of a variable but visible services', async () => {
    const one = pattern([ALPHA], {
      current: { service_name: 'beta-api', namespace: 'beta' },
      valueNames: [
        { label: 'service_name', value: 'beta-api', word: 'Beta' },
        { label: 'service_name', value: 'alpha-api', word: 'Alpha' },
        { label: 'region', value: 'beta-region', word: 'Region' },
      ],
    });
    expect(await shown(one)).toEqual({
      ...one,
      current: {},
      valueNames: [{ label: 'service_name', value: 'alpha-api', word: 'Alpha' }],
    });
  });

  test('of a source that is seen whole are shown as they are', async () => {
    const one = pattern([], { current: { service_name: 'any' } });
    expect(await shown(one, [])).toEqual(one);
    expect(await shown({ ...one, sourceUid: 'two' }, [])).toBeNull();
    expect(await shown({ ...one, sourceUid: null }, [])).toBeNull();
  });

  test('before anything is known there are none of a service', () => {
    const book = restrictPatterns(
      createBook([pattern([equals('service_name', 'alpha-api')]), pattern([ALPHA])]),
      [ALPHA],
      () => Promise.reject(new Error('not now')),
    );
    expect(book.learned().patterns).toEqual([]);
  });
});
