import type { NotReadReason } from '../errors.js';
import type { LensRow } from '../profile/compare/finding.js';
import type { NextCall } from '../report/next.js';
import type { JsonObject } from '../report/render.js';
import type { Window } from '../sources/source.js';
import { formatTime } from '../text/units.js';
import { type Evidence, timeServed } from './evidence/evidence.js';
import type { UnreadParts } from './evidence/unread.js';
import { lensRows } from './lens-rows.js';
import { withFewerOfKind } from './requests/fewer-of-kind.js';
import { withLessLoad } from './requests/less-load.js';
import { withSharedWork } from './requests/shared-work.js';
import { withExcuse } from './rows/excuse.js';
import { measureLater } from './rows/later-half.js';

/** A part that was not read, as an answer names it. */
export interface NotRead {
  /** Alias of a profile type, or `labels`. */
  what: string;
  why: string;
  reason: NotReadReason;
}

/** Everything that could not be read: profile types in their order, then the label sets. */
export function listNotRead({ unread: { types, labels } }: { unread: UnreadParts }): NotRead[] {
  return [
    ...types.map(({ lens, why, reason }) => ({ what: lens.type.alias, why, reason })),
    ...(labels === null ? [] : [{ what: 'labels', why: labels.why, reason: labels.reason }]),
  ];
}

/**
 * Rows of all profile types: `not_read` for those that failed, with their totals where these were known.
 */
export function allRows(reading: Evidence): LensRow[] {
  const { types } = reading.unread;
  const absent = [...types, ...reading.empty];
  const isUnread = ({ type }: LensRow) => types.some(({ lens }) => lens.type.id === type.id);
  const circumstances = {
    isReplaced: reading.instances !== null && reading.instances.stayed === 0 && reading.instances.arrived > 0,
    served: timeServed(reading.shares),
  };
  const rows = lensRows(reading).map((row): LensRow => {
    if (isUnread(row)) return { ...row, verdict: 'not_read' };
    const wait = reading.waits.find(({ lens }) => lens.type.id === row.type.id);
    const share = reading.shares.find(({ lens }) => lens.type.id === row.type.id);
    const { later = measureLater(share), usual = null, withoutStall = null, dismissed = null } = wait ?? {};
    return withExcuse(row, { later, usual, withoutStall, dismissed, ...circumstances });
  });
  const explained = withFewerOfKind(withSharedWork(withLessLoad(rows, reading), reading), reading);
  const without = absent.filter(({ lens }) => rows.every(({ type }) => type.id !== lens.type.id));
  return [
    ...explained,
    ...without.map(
      ({ lens }): LensRow => ({
        type: lens.type,
        kind: lens.kind,
        verdict: 'not_read',
        error: null,
        before: null,
        after: null,
        smallest: null,
        sameAs: null,
      }),
    ),
  ];
}

/** Limits of ours that the same question would meet again; a question about the one type does not. */
const OF_OUR_OWN: ReadonlySet<NotReadReason> = new Set(['no_time', 'no_request_left']);

/** The call that asks again for what was not read; none where everything was. */
export function askAgain(
  reading: Evidence,
  callScope: JsonObject,
  { window, baseline }: { window: Window; baseline: Window | null },
): NextCall[] {
  const notRead = listNotRead(reading);
  const [first] = notRead;
  if (first === undefined) return [];
  const sides = {
    from: formatTime(window.from),
    to: formatTime(window.to),
    ...(baseline === null
      ? {}
      : { baseline_from: formatTime(baseline.from), baseline_to: formatTime(baseline.to) }),
  };
  return notRead.every(({ reason }) => OF_OUR_OWN.has(reason)) && first.what !== 'labels'
    ? [{ tool: 'compare_profiles', arguments: { ...callScope, profile_type: first.what, ...sides } }]
    : [{ tool: 'investigate', arguments: { ...callScope, ...sides } }];
}
