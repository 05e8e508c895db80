import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TYPE_ROWS } from './type-table.js';
import { PROFILE_TYPE_ALIASES, parseProfileType } from './types.js';

describe('the table', () => {
  test('no row is hidden behind another', () => {
    for (const row of TYPE_ROWS) {
      const unit = { time: 'nanoseconds', bytes: 'bytes', count: 'count' }[row.dimension];
      const [period = ''] = row.periods ?? [];
      for (const sampleType of row.sampleTypes) {
        const ids = row.names.map((name) => `${name}:${sampleType}:${unit}:${period}:`);
        const beside = row.beside === undefined ? [] : row.names.map((name) => `${name}:${row.beside}:x::`);
        const types = ids.map((id) => parseProfileType(id, [...ids, ...beside]));
        expect(types.map((type) => type?.alias)).toContain(row.alias);
      }
    }
  });

  test('a type that is not in the table never bears an alias of it', () => {
    const word = fc.oneof(
      fc.constantFrom(
        ...TYPE_ROWS.flatMap(({ alias, names, sampleTypes }) => [alias, ...names, ...sampleTypes]),
      ),
      fc.stringMatching(/^[a-z_]{0,8}$/),
    );
    const unit = fc.constantFrom('nanoseconds', 'bytes', 'count', 'ms', 'widgets', '');
    fc.assert(
      fc.property(word, word, unit, word, (name, sampleType, of, period) => {
        const type = parseProfileType(`${name}:${sampleType}:${of}:${period}:`);
        if (type === null) return;
        const row = TYPE_ROWS.some(
          ({ alias, names, sampleTypes }) =>
            alias === type.alias && names.includes(name) && sampleTypes.includes(sampleType),
        );
        if (!row) expect(PROFILE_TYPE_ALIASES).not.toContain(type.alias);
      }),
    );
  });

  test('every row has a source, and what it counts exists', () => {
    for (const { source, countsOf } of TYPE_ROWS) {
      expect(source).not.toBe('');
      if (countsOf !== undefined) expect(PROFILE_TYPE_ALIASES).toContain(countsOf);
    }
  });
});
