import { expect, test } from 'vitest';
import { shareEvidence } from '../../test/support/evidence.js';
import { INCIDENT, START } from '../../test/support/small-service.js';
import { findUnsettled, laterWindow, unsettledNotes } from './unsettled.js';

const settled = shareEvidence('cpu');
const warming = shareEvidence('wall', { unsettled: 'init' });

test('the first type whose new instances still warm up', () => {
  expect(findUnsettled([settled, warming])).toBe(warming);
  expect(findUnsettled([settled])).toBeUndefined();
});

test('their code was not judged', () => {
  expect(unsettledNotes([settled, warming])).toEqual([
    'changes of code in wall: all instances are new and still warm up (init above all)',
  ]);
});

test('a window of the same length, from when they have settled', () => {
  const unsettled = findUnsettled([warming]);
  if (unsettled === undefined) throw new Error('all have settled');
  const from = START + 5 * 60_000;
  const later = { ...unsettled, unsettled: { ...unsettled.unsettled, from } };
  const baseline = { from: START - 60 * 60_000, to: START };
  expect(laterWindow(later, { service: 'shop' }, INCIDENT, baseline)).toEqual({
    tool: 'investigate',
    arguments: {
      service: 'shop',
      from: '2026-11-20T14:05:00Z',
      to: '2026-11-20T14:20:00Z',
      baseline_from: '2026-11-20T13:00:00Z',
      baseline_to: '2026-11-20T14:00:00Z',
    },
  });
});
