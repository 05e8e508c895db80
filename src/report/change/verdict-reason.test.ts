import { expect, test } from 'vitest';
import { toLens } from '../../../test/support/type-ids.js';
import type { LensRow } from '../../profile/compare/finding.js';
import type { Investigation } from '../answers/investigation.js';
import { verdictReason } from './verdict-reason.js';

const { type } = toLens('cpu');
const row: LensRow = {
  ...toLens('cpu'),
  verdict: 'rose',
  before: 265e6,
  after: 420e6,
  error: 0.02,
  smallest: null,
  sameAs: null,
};

/** Says what an answer does of a service whose time rose from 265 to 420 ms. */
function reason(answer: Pick<Investigation, 'verdict'> & Partial<Investigation>): string {
  const calm = {
    main: type,
    totals: { before: 265e6, after: 420e6 },
    lenses: [row],
    findings: [],
    mix: [],
    notRead: [],
    notDetermined: [],
    isSoFar: false,
    isAllRead: true,
  };
  // The sentence looks at these parts of an answer only.
  return verdictReason({ ...calm, ...answer } as unknown as Investigation);
}

test('time that new instances took while they started is said to have settled', () => {
  expect(reason({ verdict: 'no_change', lenses: [{ ...row, excuse: 'settled' }] })).toContain(
    'cpu per profile 265 -> 420 ms, x1.58: all instances are new, and by the later half of the window it had settled; no function of',
  );
  const ofWall: LensRow = { ...row, ...toLens('wall'), excuse: 'settled' };
  expect(reason({ verdict: 'no_change', lenses: [row, ofWall] })).not.toContain('settled');
  expect(reason({ verdict: 'no_change' })).toContain('do not report single functions that moved by chance');
});

test('one round of long waits is said to be one', () => {
  const waits = (['block', 'mutex'] as const).map(
    (alias): LensRow => ({ ...row, ...toLens(alias), excuse: 'stalled' }),
  );
  expect(reason({ verdict: 'no_change', lenses: [row, ...waits] })).toContain(
    'x1.58), and one round of block and mutex profiles had long waits; do not report',
  );
});

test('what moved is not why the service costs more, where it does', () => {
  const moved = (after: number) => reason({ verdict: 'moved', totals: { before: 1e9, after } });
  expect(moved(1.2e9)).toBe(
    'cpu per profile 1 -> 1.2 s, x1.20; what one function gained another lost, which is not why the service costs more',
  );
  expect(moved(1.19e9)).toBe('cpu per profile 1 -> 1.19 s, x1.19; what one function gained another lost');
});

test('a collector that costs more for itself is no code that runs more', () => {
  const collector = { type, collectorAlone: { allocations: 1 } };
  const findings = [collector] as unknown as Investigation['findings'];
  expect(reason({ verdict: 'code_regression', findings })).toBe(
    'cpu per profile 265 -> 420 ms, x1.58; a setting or more live memory costs it, no code that runs more',
  );
  const plain = [{ type }] as unknown as Investigation['findings'];
  expect(reason({ verdict: 'code_regression', findings: plain })).toBe(
    'cpu per profile 265 -> 420 ms, x1.58',
  );
});
