import { expect, test } from 'vitest';
import { buildReading, levelEvidence, shareEvidence } from '../../../test/support/evidence.js';
import type { Cause } from '../conclude.js';
import { conclude } from '../conclude.js';
import { lensRows } from '../lens-rows.js';
import { withCollector } from './collector.js';

const COLLECTING = shareEvidence('cpu', {
  before: { 'main serve price': 900, 'runtime.gcBgMarkWorker': 100 },
  after: { 'main serve price': 900, 'runtime.gcBgMarkWorker': 900 },
});
const ALLOCATED = shareEvidence('alloc');

/** `cpu code_regression`: rows as a table states them, with the causes of a conclusion or others. */
function told(shares: Parameters<typeof buildReading>[0]['shares'], causes?: readonly Cause[]): string[] {
  const reading = buildReading({ shares: shares ?? [] });
  const rows = withCollector(lensRows(reading), { causes: causes ?? conclude(reading).causes });
  return rows.map(({ type, verdict }) => `${type.alias} ${verdict}`);
}

test('the type of a collector that costs more for itself changed, and no other', () => {
  expect(told([COLLECTING, ALLOCATED])).toEqual(['cpu code_regression', 'alloc no_change']);
});

test('the collector is looked for in the time on the CPU, in whatever order types were read', () => {
  expect(told([ALLOCATED, COLLECTING])).toEqual(['alloc no_change', 'cpu code_regression']);
});

test('a collector as a cause is of no slice, and nothing was left out for it', () => {
  const [cause] = conclude(buildReading({ shares: [COLLECTING, ALLOCATED] })).causes;
  expect(cause).toMatchObject({
    kind: 'code',
    of: { change: { slice: null, attribution: [], leftOut: new Set(), carrier: null } },
  });
});

test('without such a collector rows stay as they are', () => {
  expect(told([ALLOCATED])).toEqual(['alloc no_change']);
  const code: Cause = { kind: 'code', of: shareEvidence('alloc', { change: {} }) };
  expect(told([ALLOCATED], [code])).toEqual(['alloc no_change']);
  expect(told([ALLOCATED], [{ kind: 'code', of: ALLOCATED }])).toEqual(['alloc no_change']);
  const leak: Cause = { kind: 'leak', of: levelEvidence('inuse') };
  expect(told([COLLECTING], [leak])).toEqual([expect.stringMatching(/^cpu (?!code)/)]);
});
