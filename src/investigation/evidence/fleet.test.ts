import { describe, expect, test } from 'vitest';
import { always, INCIDENT, type SmallInstance, smallService } from '../../../test/support/small-service.js';
import type { Labels } from '../../sources/source.js';
import { processLabel, readFleet } from './fleet.js';

const { signal } = new AbortController();
const sends = (labels: Labels): SmallInstance => ({ labels, profiles: { cpu: always({ main: 1 }) } });
const buildFleet = (...labels: Labels[]) => readFleet(smallService(labels.map(sends)), [], INCIDENT, signal);
const zones = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ pod: `p${at}`, zone: `z${at}` }));

describe('instances', () => {
  test('are told apart by the most telling label, in the order of their names', async () => {
    const { instanceLabel, instances } = await buildFleet(
      { pod: 'b', hostname: 'h', version: '2' },
      { pod: 'a', hostname: 'h', version: '1' },
    );
    expect(instanceLabel).toBe('pod');
    expect([...instances]).toEqual([
      ['a', { hostname: 'h', pod: 'a', version: '1' }],
      ['b', { hostname: 'h', pod: 'b', version: '2' }],
    ]);
  });

  test('keep only the labels that have one value for them', async () => {
    const { instances } = await buildFleet(
      { pod: 'a', path: '/x', zone: 'z' },
      { pod: 'a', path: '/y', zone: 'z' },
    );
    expect([...instances]).toEqual([['a', { pod: 'a', zone: 'z' }]]);
  });

  test('are unknown where no label tells them apart, and series without the label are none', async () => {
    expect(await buildFleet({ version: '1' })).toMatchObject({ instanceLabel: null, instances: new Map() });
    expect([...(await buildFleet({ pod: 'a' }, { version: '1' })).instances.keys()]).toEqual(['a']);
  });
});

describe('labels that the fleet can be cut by', () => {
  test.each([
    { what: 'one value cuts nothing', labels: zones(1), choices: [] },
    { what: 'two values do', labels: zones(2), choices: ['zone'] },
    { what: 'six values do', labels: zones(6), choices: ['zone'] },
    { what: 'seven are too many', labels: zones(7), choices: [] },
  ])('$what', async ({ labels, choices }) => {
    expect((await buildFleet(...labels)).choices.map(({ label }) => label)).toEqual(choices);
  });

  test('have their values in order; neither the instance nor the service is one of them', async () => {
    const { choices } = await buildFleet({ pod: 'a', version: '2' }, { pod: 'b', version: '1' });
    expect(choices).toEqual([{ label: 'version', values: ['1', '2'], isOnAll: true }]);
  });

  test.each([
    { what: 'every label set has a value', labels: { pod: 'c', zone: '1' }, isOnAll: true },
    { what: 'one has none', labels: { pod: 'c' }, isOnAll: false },
    { what: 'the value of one is empty', labels: { pod: 'c', zone: '' }, isOnAll: false },
  ])('hold all of the fleet where every label set has a value: $what', async ({ labels, isOnAll }) => {
    const { choices } = await buildFleet({ pod: 'a', zone: '1' }, { pod: 'b', zone: '2' }, labels);
    expect(choices.find(({ label }) => label === 'zone')?.isOnAll).toBe(isOnAll);
  });
});

describe('the label by which processes are told from those that took their place', () => {
  test.each<{ what: string; labels: Labels[]; label: string | null }>([
    {
      what: 'that of instances',
      labels: [
        { pod: 'a', version: '1' },
        { pod: 'b', version: '2' },
      ],
      label: 'pod',
    },
    { what: 'else that of versions', labels: [{ version: '1' }, { version: '2' }], label: 'version' },
    { what: 'another label tells no deploy', labels: [{ zone: '1' }, { zone: '2' }], label: null },
    { what: 'nor does a version that is always the same', labels: [{ version: '1' }], label: null },
    {
      what: 'nor one that some profiles lack',
      labels: [{ version: '1' }, { version: '2' }, {}],
      label: null,
    },
  ])('$what', async ({ labels, label }) => {
    expect(processLabel(await buildFleet(...labels))).toBe(label);
  });
});
