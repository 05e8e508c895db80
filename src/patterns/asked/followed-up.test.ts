import { describe, expect, test } from 'vitest';
import { type AskedQuery, isRememberable, readConditions } from './asked-query.js';
import { FOLLOW_UP_MS, followedUp } from './followed-up.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const HEAP = 'memory:inuse_space:bytes:space:bytes';
const AT = Date.parse('2026-11-20T14:45:00Z');

/** A question with a call of its own. */
function asked(change: Partial<AskedQuery> = {}): AskedQuery {
  return {
    service: 'shop',
    profileTypeId: CPU,
    conditions: [],
    groupBy: [],
    call: 'first',
    selection: 'shop',
    at: AT,
    ...change,
  };
}
const next = (change: Partial<AskedQuery> = {}) => asked({ call: 'next', at: AT + 60_000, ...change });
const pod = [{ name: 'pod', op: '=' as const }];

test.each<[string, AskedQuery, AskedQuery, (string | null)[]]>([
  ['the same service and type asked again', asked(), next(), [CPU]],
  ['a finding of a triage inspected', asked({ profileTypeId: null }), next(), [CPU]],
  ['a triage after a question', asked(), next({ profileTypeId: null }), [CPU]],
  ['two triages name no type', asked({ profileTypeId: null }), next({ profileTypeId: null }), []],
  ['another type', asked(), next({ profileTypeId: HEAP }), []],
  ['another service', asked(), next({ service: 'cart' }), []],
  ['a service, then none', asked(), next({ service: null }), []],
  ['no service, then one', asked({ service: null }), next(), []],
  ['no service, the same selection', asked({ service: null }), next({ service: null }), [CPU]],
  [
    'no service, another selection',
    asked({ service: null }),
    next({ service: null, selection: 'other' }),
    [],
  ],
  ['a service, another selection', asked(), next({ selection: 'other' }), [CPU]],
  ['the same call again', asked(), next({ call: 'first' }), []],
  ['at the end of the time', asked(), next({ at: AT + FOLLOW_UP_MS }), [CPU]],
  ['after the end of the time', asked(), next({ at: AT + FOLLOW_UP_MS + 1 }), []],
  ['at the same moment', asked(), next({ at: AT }), [CPU]],
  ['with a clock that was put back', asked(), next({ at: AT - 1 }), []],
])('%s', (_what, earlier, following, types) => {
  expect(followedUp([earlier], following).map(({ profileTypeId }) => profileTypeId)).toEqual(types);
});

test('the form of the earlier question is remembered, and of each that is followed', () => {
  const recent = [
    asked({ conditions: pod, groupBy: ['region'] }),
    asked({ call: 'second' }),
    asked({ call: 'third', service: 'cart' }),
  ];
  expect(followedUp(recent, next({ conditions: [{ name: 'zone', op: '!=' }] }))).toEqual([
    { service: 'shop', profileTypeId: CPU, conditions: pod, groupBy: ['region'] },
    { service: 'shop', profileTypeId: CPU, conditions: [], groupBy: [] },
  ]);
});

test('conditions have no values, are sorted and stand once', () => {
  expect(
    readConditions([
      { name: 'pod', op: '=~', value: 'user-4711' },
      { name: 'pod', op: '=', value: 'a' },
      { name: 'env', op: '!=', value: 'secret' },
      { name: 'pod', op: '=~', value: 'other' },
    ]),
  ).toEqual([
    { name: 'env', op: '!=' },
    { name: 'pod', op: '=' },
    { name: 'pod', op: '=~' },
  ]);
});

describe('a form that is remembered', () => {
  const shape = { service: 'shop', profileTypeId: CPU, conditions: pod, groupBy: ['region'] };
  const long = 'x'.repeat(201);
  test.each<[string, object, boolean]>([
    ['as it is', {}, true],
    ['without a service', { service: null }, true],
    ['with the longest name', { service: 'x'.repeat(200) }, true],
    ['with a longer name', { service: long }, false],
    ['with an empty name', { service: '' }, false],
    ['with a type that is none', { profileTypeId: 'cpu' }, false],
    ['with a long label', { conditions: [{ name: long, op: '=' }] }, false],
    ['with another operator', { conditions: [{ name: 'pod', op: '>' }] }, false],
    ['with ten conditions', { conditions: Array(10).fill(pod[0]) }, true],
    ['with eleven conditions', { conditions: Array(11).fill(pod[0]) }, false],
    ['with a long grouping', { groupBy: [long] }, false],
    ['with eleven groupings', { groupBy: Array(11).fill('pod') }, false],
  ])('%s', (_what, change, expected) => {
    expect(isRememberable({ ...shape, ...change })).toBe(expected);
  });
});
