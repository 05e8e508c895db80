import { describe, expect, test } from 'vitest';
import { instanceLabelsIn, listUnits, unitMatchers } from './units.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const HEAP = 'memory:inuse_space:bytes:space:bytes';
const row = (service: string, pod: string, type = CPU, more = {}) => ({
  service_name: service,
  __profile_type__: type,
  pod,
  ...more,
});

describe('the units of a fleet', () => {
  const baseline = [row('cart', 'a'), row('cart', 'a', HEAP), row('auth', 'x', CPU, { namespace: 'shop' })];
  const incident = [row('cart', 'a'), row('cart', 'b'), row('auth', 'x', CPU, { namespace: 'shop' })];

  test('are services, sorted, with their types, instances and turnover', () => {
    expect(listUnits({ baseline, incident }, null).map(({ labelSets: _, ...unit }) => unit)).toEqual([
      { key: 'auth', service: 'auth', group: null, typeIds: [CPU], instances: 1, hasTurnover: false },
      { key: 'cart', service: 'cart', group: null, typeIds: [HEAP, CPU], instances: 2, hasTurnover: true },
    ]);
  });

  test('are told apart by another label within each service; a missing label is a value of its own', () => {
    const units = listUnits({ baseline, incident }, 'namespace');
    expect(units.map(({ service, group }) => [service, group?.value])).toEqual([
      ['auth', 'shop'],
      ['cart', ''],
    ]);
    expect(units.map(unitMatchers)).toEqual([
      [
        { name: 'service_name', op: '=', value: 'auth' },
        { name: 'namespace', op: '=', value: 'shop' },
      ],
      [
        { name: 'service_name', op: '=', value: 'cart' },
        { name: 'namespace', op: '=', value: '' },
      ],
    ]);
  });

  test('no label of an instance is one that the question groups by', () => {
    expect(instanceLabelsIn(baseline, null)).toEqual(['pod']);
    expect(instanceLabelsIn(baseline, 'pod')).toEqual([]);
  });
});
