import { expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { times } from '../../../../test/support/handlers.js';
import { analyse } from '../analysis.js';
import { fallOfRequests } from './fell-alike.js';

const SERVICE: Stacks = {
  'runtime.serve show render lib.template': 400,
  'runtime.serve show load lib.query': 300,
  'runtime.serve show': 200,
  'runtime.serve save check': 300,
  'runtime.serve save store lib.query': 400,
  'runtime.gc': 300,
};
/** Two kinds of requests that do the same work in other parts, and collectors that do not follow it. */
const twoKinds = (show: readonly number[], save: readonly number[]): Stacks => ({
  'runtime.gc': 300,
  ...Object.fromEntries(
    ['check', 'load', 'render', 'encode'].flatMap((name, at) => [
      [`runtime.serve show ${name}`, show[at] ?? 0],
      [`runtime.serve save ${name}`, save[at] ?? 0],
    ]),
  ),
  'runtime.sweep': 200,
});
const ONE_FUNCTION: Stacks = { 'runtime.serve show render lib.template': 900, 'runtime.serve show': 90 };

const fall = (before: Stacks, after: Stacks) => {
  const counted = (stacks: Stacks) => ({ profile: profileFrom(stacks), profiles: 1 });
  const [was, is] = [counted(before), counted(after)];
  return fallOfRequests(analyse({ baseline: [was, was], incident: [is, is], slices: [], quantum: 1 }));
};

test.each<[string, Stacks, Stacks, number | null]>([
  [
    'all own code to a half, beside a collector that stays',
    SERVICE,
    { ...times(SERVICE, '', 0.5), 'runtime.gc': 300 },
    0.5,
  ],
  ['by a tenth only, as services drift', SERVICE, times(SERVICE, '', 0.9), null],
  [
    'all of its parts to a half, though not within each kind of request',
    twoKinds([200, 200, 200, 200], [200, 200, 200, 200]),
    twoKinds([150, 50, 150, 50], [50, 150, 50, 150]),
    0.5,
  ],
  ['all own code is gone', SERVICE, { 'runtime.gc': 300 }, null],
  ['not at all', SERVICE, SERVICE, null],
  ['it rose', SERVICE, times(SERVICE, '', 2), null],
  [
    'one function became cheaper, and nothing else',
    SERVICE,
    { ...SERVICE, 'runtime.serve show render lib.template': 40, 'runtime.serve show load lib.query': 290 },
    null,
  ],
  [
    'one function costs what it did while all others fell',
    SERVICE,
    { ...times(SERVICE, '', 0.4), 'runtime.serve save check': 300 },
    null,
  ],
  [
    'one kind of request fell, alike in itself, and the other stayed',
    SERVICE,
    {
      ...SERVICE,
      'runtime.serve show render lib.template': 80,
      'runtime.serve show load lib.query': 60,
      'runtime.serve show': 40,
    },
    (1_600 - 720) / 1_600,
  ],
  [
    'one kind of request fell, and not alike in itself',
    SERVICE,
    {
      ...SERVICE,
      'runtime.serve show render lib.template': 10,
      'runtime.serve show load lib.query': 100,
      'runtime.serve show': 66,
    },
    null,
  ],
  [
    'a function that is all of the work may have become cheaper',
    ONE_FUNCTION,
    times(ONE_FUNCTION, '', 0.5),
    null,
  ],
  ['no own code', { 'lib.a lib.b': 900, 'lib.c': 800 }, { 'lib.a lib.b': 400, 'lib.c': 390 }, null],
])('%s', (_, before, after, factor) => {
  const found = fall(before, after);
  if (factor === null) expect(found).toBeNull();
  else expect(found).toBeCloseTo(factor, 10);
});
