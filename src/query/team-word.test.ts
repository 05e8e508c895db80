import { describe, expect, test } from 'vitest';
import { createEnvironment, NOW } from '../../test/support/ask.js';
import { buildPattern } from '../../test/support/pattern.js';
import { schemaSource } from '../../test/support/schema-source.js';
import type { PatternBook } from '../patterns/book.js';
import type { QueryPattern } from '../patterns/pattern.js';
import { withTeamsWord } from './team-word.js';

/** A query of one service that the team calls by the title over it. */
function pattern(
  title: string,
  label: string,
  value: string,
  more: Partial<QueryPattern> = {},
): QueryPattern {
  return buildPattern({ matchers: [{ name: label, op: '=', value }], titles: [title], valid: true, ...more });
}

interface Team {
  patterns: readonly QueryPattern[];
  /** Values that exist, by label. */
  exist: Readonly<Record<string, readonly string[]>>;
}

/** Resolves a word to a service, or to the matchers in its place. */
async function resolved(word: string | null, { patterns, exist }: Team) {
  const source = schemaSource({
    labelNames: async () => Object.keys(exist),
    labelValues: async (name) => [...(exist[name] ?? [])],
  });
  const learned = { patterns, serviceLabels: [], progress: null, isScanning: false, failure: null };
  const book: PatternBook = { learned: () => learned, read: async () => learned, close() {} };
  const { context } = createEnvironment([source], [], undefined, () => book);
  const window = { from: NOW - 900_000, to: NOW };
  const question = { source, service: word, matchers: [], window, profileType: null, only: null };
  const { request, notes } = await withTeamsWord(question, {
    ...context,
    signal: new AbortController().signal,
  });
  return { service: request.service, matchers: request.matchers, notes };
}

const untouched = (service: string | null) => ({ service, matchers: [], notes: [] });
const PAYMENTS = pattern('Payments', 'service_name', 'pay-v2');
/** Most queries are by `app`, so that this is the label by which the team tells services apart. */
const PAYMENTS_BY_APP = pattern('Payments', 'app', 'billing', { score: 5 });

describe("a service by the team's word", () => {
  test('is the one service that the word leads to', async () => {
    const resolution = await resolved('payments', {
      patterns: [PAYMENTS],
      exist: { service_name: ['pay-v2'] },
    });
    expect(resolution).toEqual({
      service: 'pay-v2',
      matchers: [],
      notes: ['No service is called "payments"; on its dashboards the team calls pay-v2 so.'],
    });
  });

  test("is the one value of the team's own label, as a matcher", async () => {
    const team = { patterns: [PAYMENTS_BY_APP], exist: { service_name: ['x'], app: ['billing'] } };
    expect(await resolved('payments', team)).toMatchObject({
      service: null,
      matchers: [{ name: 'app', op: '=', value: 'billing' }],
    });
  });

  test("is the value of the team's own label that is called exactly so", async () => {
    const team = { patterns: [PAYMENTS_BY_APP], exist: { service_name: ['x'], app: ['billing'] } };
    expect(await resolved('billing', team)).toMatchObject({
      service: null,
      matchers: [{ name: 'app', op: '=', value: 'billing' }],
      notes: [expect.stringContaining('the team tells services apart by app')],
    });
  });
});

describe('nothing is guessed', () => {
  const both = [PAYMENTS, PAYMENTS_BY_APP];

  test.each([
    {
      what: 'where the word leads to a service and to a value of another label',
      word: 'payments',
      team: { patterns: both, exist: { service_name: ['pay-v2'], app: ['billing'] } },
    },
    {
      what: 'where the word leads to two services',
      word: 'payments',
      team: {
        patterns: [PAYMENTS, pattern('Payments', 'service_name', 'pay-v1')],
        exist: { service_name: ['pay-v1', 'pay-v2'] },
      },
    },
    {
      what: 'where the service is gone',
      word: 'payments',
      team: { patterns: [PAYMENTS], exist: { service_name: ['x'] } },
    },
    {
      what: 'where a service is called so',
      word: 'payments',
      team: { patterns: [PAYMENTS], exist: { service_name: ['payments', 'pay-v2'] } },
    },
    {
      what: 'from a query of another data source',
      word: 'payments',
      team: {
        patterns: [pattern('Payments', 'service_name', 'pay-v2', { sourceUid: 'other' })],
        exist: { service_name: ['pay-v2'] },
      },
    },
    {
      what: 'where no service was named',
      word: null,
      team: { patterns: both, exist: { service_name: ['pay-v2'] } },
    },
  ])('$what', async ({ word, team }) => {
    expect(await resolved(word, team)).toEqual(untouched(word));
  });

  test('unless of two that the word leads to only one exists', async () => {
    const team = { patterns: both, exist: { service_name: ['x'], app: ['billing'] } };
    expect((await resolved('payments', team)).matchers).toEqual([{ name: 'app', op: '=', value: 'billing' }]);
  });
});
