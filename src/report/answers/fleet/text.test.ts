import { expect, test } from 'vitest';
import type { FleetReport } from './answer.js';
import { writeText } from './text.js';

const at = (minute: number) => Date.UTC(2026, 10, 20, 14, minute);

/** The line about the common onset of services that began between two minutes each. */
function onsetLine(...times: readonly (readonly [name: string, after: number, before: number])[]) {
  const report: FleetReport = {
    source: 'demo',
    selector: '{}',
    groupBy: null,
    window: { from: at(30), to: at(45) },
    baseline: { from: at(0), to: at(30), isChosen: true },
    unitCount: times.length,
    rows: [],
    loadOnly: [],
    unchanged: [],
    notLookedAt: [],
    commonOnset: times.map(([name, after, before]) => ({
      name,
      since: { after: at(after), before: at(before) },
    })),
    notRead: [],
    notes: [],
    requests: 1,
    next: [],
  };
  return JSON.stringify(writeText(report)).match(/Common onset: [^"]*/)?.[0];
}

test.each([
  {
    what: 'whose times do not overlap: the first is named',
    times: [['db', 28, 29] as const, ['shop', 29, 31] as const, ['mail', 30, 32] as const],
    says: 'db began first; a cause comes before its effects.',
  },
  {
    what: 'of which one began before the first is over: no order is claimed',
    times: [['db', 28, 30] as const, ['shop', 29, 31] as const],
    says: 'Their times overlap: which began first is not known.',
  },
])('services $what', ({ times, says }) => {
  expect(onsetLine(...times)).toContain(says);
});
