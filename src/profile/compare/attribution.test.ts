import { describe, expect, test } from 'vitest';
import { CALM } from '../../../test/support/contrast.js';
import { leastFound } from '../../../test/support/least-found.js';
import { attribute, type Slice } from './attribution.js';

const slice = (labels: Record<string, string>, x: number, n = 1000): Slice => ({
  labels,
  x,
  n,
  total: 2 * n,
});
const BEFORE = { x: 400, n: 4000 };
const carriers = (slices: readonly Slice[], instance: string | null = 'pod') =>
  attribute(slices, BEFORE, CALM, instance)
    .filter(({ carries }) => carries)
    .map(({ label, value }) => `${label}=${value}`);

describe('attribute', () => {
  test('the value that changed while its siblings stayed', () => {
    const slices = [
      slice({ region: 'eu', pod: 'a' }, 100),
      slice({ region: 'eu', pod: 'b' }, 105),
      slice({ region: 'us', pod: 'c' }, 400),
      slice({ region: 'us', pod: 'd' }, 410),
    ];
    const [row] = attribute(slices, BEFORE, CALM, 'pod');
    expect(row).toMatchObject({
      label: 'region',
      value: 'us',
      shareBefore: 0.1,
      shareAfter: 0.405,
      shareOthers: 0.1025,
      ofTotal: 0.2025,
      carries: true,
    });
    expect(carriers(slices)).toEqual(['region=us']);
  });

  test('the value that changed while the rest of the fleet stayed', () => {
    const rest = { ...slice({ version: '1' }, 205, 2_000), isRest: true };
    const slices = [slice({ version: '2', pod: 'a' }, 400), rest];
    expect(carriers(slices)).toEqual(['version=2', 'pod=a']);
    expect(attribute(slices, BEFORE, CALM, 'pod')).toContainEqual(
      expect.objectContaining({ label: 'pod', value: 'a', shareOthers: 0.1025, carries: true }),
    );
    expect(carriers([slice({ region: 'eu' }, 400), { ...rest, labels: {} }], null)).toEqual(['region=eu']);
    expect(carriers([slice({ pod: 'a' }, 110), { ...rest, labels: {} }])).toEqual([]);
  });

  test('instances that lack a label are among the others of its values, next to the rest of the fleet', () => {
    const rest = { ...slice({ version: '1' }, 205, 2_000), isRest: true };
    const rows = attribute(
      [slice({ version: '2', pod: 'a' }, 400), slice({ pod: 'b' }, 395), rest],
      BEFORE,
      CALM,
      'pod',
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ label: 'version', value: '2', shareOthers: 0.2, carries: false }),
    );
  });

  test('a label of which there is one value tells nothing, unless the rest of the fleet lacks it', () => {
    const slices = [slice({ pod: 'a', team: 'x' }, 400), slice({ pod: 'b' }, 100)];
    const rest = { ...slice({ team: 'x' }, 200, 2_000), isRest: true };
    const labels = (...all: readonly Slice[]) =>
      new Set(attribute(all, BEFORE, CALM, 'pod').map(({ label }) => label));
    expect(labels(...slices)).toEqual(new Set(['pod']));
    expect(labels(...slices, rest)).toEqual(new Set(['pod']));
    expect(labels(...slices, { ...rest, labels: {} })).toEqual(new Set(['pod', 'team']));
  });

  test('what changed everywhere, or nowhere, no label explains', () => {
    const all = (x: number) => ['a', 'b', 'c'].map((pod) => slice({ pod }, x));
    expect(carriers(all(400))).toEqual([]);
    expect(carriers(all(100))).toEqual([]);
  });

  test('what fell in the others is not carried by the rest', () => {
    expect(carriers([slice({ pod: 'a' }, 100), slice({ pod: 'b' }, 5)])).toEqual([]);
  });

  test('of values that tie exactly the version is named first, then other labels, the place, the instance', () => {
    const canary = { pod: 'p2', zone: 'z2', team: 't2', version: '2' };
    const stable = { pod: 'p1', zone: 'z1', team: 't1', version: '1' };
    expect(carriers([slice(stable, 100), slice(canary, 400)])).toEqual([
      'version=2',
      'team=t2',
      'zone=z2',
      'pod=p2',
    ]);
    expect(carriers([slice(stable, 100), slice(canary, 400)], null).at(0)).toBe('version=2');
  });

  test('an instance that carries a part of it only is not named when its version does', () => {
    const slices = [
      slice({ version: '1', pod: 'a' }, 100),
      slice({ version: '1', pod: 'b' }, 95),
      slice({ version: '2', pod: 'c' }, 420),
      slice({ version: '2', pod: 'd' }, 400),
    ];
    expect(carriers(slices)).toEqual(['version=2']);
  });

  test('slices by one label each, of several labels, are compared within their label', () => {
    const slices = [
      slice({ version: '1' }, 200, 2000),
      slice({ version: '2' }, 800, 2000),
      slice({ region: 'eu' }, 500, 2000),
      slice({ region: 'us' }, 500, 2000),
    ];
    expect(carriers(slices, null)).toEqual(['version=2']);
    const rows = attribute(slices, BEFORE, CALM, null);
    expect(rows.find(({ value }) => value === '2')).toMatchObject({ shareOthers: 0.1, shareAfter: 0.4 });
    expect(rows.find(({ value }) => value === 'us')).toMatchObject({ shareOthers: 0.25, carries: false });
  });

  test('instances without the label stand beside those with it', () => {
    const slices = [
      slice({ pod: 'a' }, 100),
      slice({ pod: 'b', flag: 'on' }, 400),
      slice({ pod: 'c', flag: 'off' }, 100),
    ];
    expect(attribute(slices, BEFORE, CALM, 'pod').find(({ value }) => value === 'on')).toMatchObject({
      shareOthers: 0.1,
      carries: true,
    });
  });

  test('a label with one value explains nothing; no slices, no rows', () => {
    expect(attribute([slice({ env: 'prod' }, 400)], BEFORE, CALM, null)).toEqual([]);
    expect(attribute([], BEFORE, CALM, null)).toEqual([]);
  });

  test('empty slices give no NaN', () => {
    const rows = attribute(
      [slice({ pod: 'a' }, 0, 0), slice({ pod: 'b' }, 0, 0)],
      { x: 0, n: 0 },
      CALM,
      'pod',
    );
    for (const row of rows) for (const value of Object.values(row)) expect(Number.isNaN(value)).toBe(false);
    expect(rows.map(({ shareOthers, othersOfTotal }) => [shareOthers, othersOfTotal])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test('the order of slices changes nothing, ties included', () => {
    const slices = ['a', 'b', 'c', 'd'].map((pod) => slice({ pod, zone: pod, version: pod }, 100));
    expect(attribute([...slices].reverse(), BEFORE, CALM, 'pod')).toEqual(
      attribute(slices, BEFORE, CALM, 'pod'),
    );
  });

  describe('the gates of a carrying value', () => {
    const rowOfOwn = (rows: ReturnType<typeof attribute>) => rows.find(({ value }) => value === 'own');

    test('it differs from its siblings at the same time by 3.5 standard errors', async () => {
      const rows = (x: number) =>
        attribute(
          [slice({ pod: 'own' }, x), slice({ pod: 'b' }, 100), slice({ pod: 'c' }, 100)],
          BEFORE,
          CALM,
          'pod',
        );
      const least = await leastFound(100, 200, (x) => rowOfOwn(rows(x))?.carries === true);
      expect(rowOfOwn(rows(least))?.z).toBeGreaterThanOrEqual(3.5);
      expect(rowOfOwn(rows(least))?.z).toBeLessThan(3.6);
    });

    // The share was 30 % before, and is 95 % in the value's own slice: it grew by 65 points.
    test.each([
      {
        what: 'a quarter of the growth in the others is no reason against it',
        others: 0.462,
        n: 100_000,
        carries: true,
      },
      { what: 'more than a quarter is', others: 0.463, n: 100_000, carries: false },
      { what: 'up to four tenths are not, where that is within noise', others: 0.547, n: 17, carries: true },
      { what: 'more than four tenths are, though within noise', others: 0.573, n: 17, carries: false },
      {
        what: 'less than four tenths are, where that is more than noise',
        others: 0.547,
        n: 60,
        carries: false,
      },
    ])('$what', ({ others, n, carries }) => {
      const slices = [slice({ pod: 'own' }, 950_000, 1_000_000), slice({ pod: 'b' }, others * n, n)];
      expect(rowOfOwn(attribute(slices, { x: 300_000, n: 1_000_000 }, CALM, 'pod'))?.carries).toBe(carries);
    });
  });
});

test('rows come by label and value, where nothing else tells them apart', () => {
  const rows = attribute(
    ['b', 'c', 'a'].map((value) => slice({ zebra: value, ant: value }, 100)),
    BEFORE,
    CALM,
    null,
  );
  expect(rows.map(({ label, value }) => `${label}=${value}`)).toEqual([
    'ant=a',
    'ant=b',
    'ant=c',
    'zebra=a',
    'zebra=b',
    'zebra=c',
  ]);
});

test('rows that do not carry come by their distance from the others', () => {
  const rows = attribute(
    [slice({ pod: 'a' }, 100), slice({ pod: 'b' }, 130), slice({ pod: 'c' }, 115)],
    BEFORE,
    CALM,
    'pod',
  );
  expect(rows.map(({ value }) => value)).toEqual(['b', 'c', 'a']);
});

test('the parts of the active total, of the value and of the others', () => {
  const slices = [slice({ pod: 'a' }, 100), { ...slice({ pod: 'b' }, 300), total: 5_000 }];
  const [row] = attribute(slices, BEFORE, CALM, 'pod');
  expect(row).toMatchObject({ value: 'b', ofTotal: 0.06, othersOfTotal: 0.05 });
});

test('slices are instances only where all of them have the label of instances', () => {
  const slices = [
    slice({ pod: 'a', version: '1' }, 100),
    slice({ pod: 'b', version: '2' }, 400),
    slice({ region: 'eu' }, 500),
  ];
  // The slice without a version is no part of the whole that versions divide.
  const row = attribute(slices, BEFORE, CALM, 'pod').find(({ value }) => value === '2');
  expect(row?.shareOthers).toBe(0.1);
});

test('instances without a label are others of each of its values, and no value of their own', () => {
  const slices = [
    slice({ pod: 'a' }, 130),
    slice({ pod: 'b', flag: 'on' }, 400),
    slice({ pod: 'c', flag: 'off' }, 100),
  ];
  const rows = attribute(slices, BEFORE, CALM, 'pod').filter(({ label }) => label === 'flag');
  expect(rows.map(({ value, shareOthers }) => [value, shareOthers])).toEqual([
    ['on', 0.115],
    ['off', 0.265],
  ]);
});
