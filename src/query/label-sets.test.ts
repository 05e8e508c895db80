import { describe, expect, test } from 'vitest';
import { UpstreamError } from '../errors.js';
import { createSchema } from '../schema/schema.js';
import type { Labels, ProfileSource } from '../sources/source.js';
import { readTypedLabelSets, selectLabelSets } from './label-sets.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const HEAP = 'memory:inuse_space:bytes:space:bytes';
const INCIDENT = { from: 3_600_000, to: 4_500_000 };
const BOTH = { from: 0, to: 4_500_000 };
const SERVICE = [{ name: 'service_name', op: '=', value: 'shop' }] as const;

/** Asks a source with these label sets, and notes its requests. */
async function ask(names: readonly string[], rows: readonly Labels[] | Error) {
  const asked: unknown[] = [];
  const source = {
    labelNames: async ({ window }: { window: unknown }) => {
      asked.push(['names', window]);
      return [...names];
    },
    labelValues: async (name: string, { window }: { window: unknown }) => {
      asked.push([name, window]);
      return [CPU];
    },
    series: async (labels: readonly string[], { window }: { window: unknown }) => {
      asked.push([labels, window]);
      if (rows instanceof Error) throw rows;
      return [...rows];
    },
  } as Partial<ProfileSource> as ProfileSource;
  const schema = createSchema(source);
  const context = { getSchema: () => schema, signal: new AbortController().signal };
  const sets = await readTypedLabelSets(source, { matchers: SERVICE, window: INCIDENT }, BOTH, context);
  return { asked, sets };
}

describe('label sets with their types', () => {
  const rows = [
    { pod: 'a', __profile_type__: HEAP },
    { pod: 'a', __profile_type__: CPU },
    { pod: 'b', __profile_type__: CPU },
  ];

  test('take a request for the names in the incident, and one for all else in both windows', async () => {
    const { asked, sets } = await ask(['pod', 'service_name'], rows);
    expect(asked).toEqual([
      ['names', INCIDENT],
      [['pod', '__profile_type__'], BOTH],
    ]);
    expect(sets).toEqual({ names: ['pod'], rows, unread: null, typeIds: [HEAP, CPU] });
  });

  test('are not asked for where the incident has no labels: it has no profiles', async () => {
    const { asked, sets } = await ask([], rows);
    expect(asked).toEqual([['names', INCIDENT]]);
    expect(sets).toEqual({ names: [], rows: [], unread: null, typeIds: [] });
  });

  test('that the store does not give are said to be unread, and the types are asked for alone', async () => {
    const { asked, sets } = await ask(['pod'], new UpstreamError('overloaded', '', { status: 429 }));
    expect(asked.at(-1)).toEqual(['__profile_type__', INCIDENT]);
    expect(sets).toMatchObject({
      names: ['pod'],
      rows: [],
      unread: { reason: 'overloaded' },
      typeIds: [CPU],
    });
  });

  test('hide no bug of ours', async () => {
    await expect(ask(['pod'], new Error('a bug'))).rejects.toThrow('a bug');
  });

  test('are narrowed by further matchers, a missing label being an empty one', async () => {
    const sets = { names: ['pod'], rows, unread: null, typeIds: [HEAP, CPU] };
    const select = (op: '=' | '!=', name: string, value: string) =>
      selectLabelSets(sets, [{ name, op, value }]).rows.map(({ pod }) => pod);
    expect(select('!=', 'pod', 'b')).toEqual(['a', 'a']);
    expect(select('=', 'spy', '')).toEqual(['a', 'a', 'b']);
    expect(select('=', 'spy', 'go')).toEqual([]);
  });
});
