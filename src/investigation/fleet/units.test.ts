import { describe, expect, test } from 'vitest';
import { findTurnover, instanceLabelsIn, listUnits, unitMatchers } from './units.js';

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

  const rows = [...baseline, ...incident];

  test('are services, sorted, with their types and instances', () => {
    expect(listUnits(rows, null).map(({ labelSets: _, ...unit }) => unit)).toEqual([
      { key: 'auth', service: 'auth', group: null, typeIds: [CPU], instances: 1 },
      { key: 'cart', service: 'cart', group: null, typeIds: [HEAP, CPU], instances: 2 },
    ]);
  });

  test('have turnover where an instance came or went', () => {
    const turnover = (before: typeof baseline, after: typeof baseline) => [
      ...findTurnover({ baseline: before, incident: after }, null),
    ];
    expect(turnover(baseline, incident)).toEqual(['cart']);
    expect(turnover(incident, baseline)).toEqual(['cart']);
    expect(turnover(baseline, baseline)).toEqual([]);
    expect(turnover(baseline, [])).toEqual(['cart', 'auth']);
  });

  test('are told apart by another label within each service; a missing label is a value of its own', () => {
    const units = listUnits(rows, 'namespace');
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
