import type { AskedQuery, QueryShape } from './asked-query.js';

/** Time within which a question counts as following another, milliseconds: a step of an investigation. */
export const FOLLOW_UP_MS = 30 * 60_000;

/**
 * The earlier questions that a further one follows up, by which they are known to have worked. It follows a
 * question when all of this holds:
 *
 * - it comes within half an hour after it;
 * - it is another call: the same tool with the same arguments is a retry, or a poller;
 * - it is about the same service, or where none is named about the same selection;
 * - it is about the same profile type. An answer about all types of a service (a triage) is followed by a
 *   question about any of them, and follows one; the type that is known is remembered. Two such answers name
 *   no type, so that nothing is.
 *
 * The labels and groupings that are remembered are those of the earlier question.
 */
export function followedUp(recent: readonly AskedQuery[], next: AskedQuery): QueryShape[] {
  return recent.flatMap((earlier) => {
    const { service, conditions, groupBy } = earlier;
    const profileTypeId = earlier.profileTypeId ?? next.profileTypeId;
    const passed = next.at - earlier.at;
    const isFollowed =
      passed >= 0 &&
      passed <= FOLLOW_UP_MS &&
      earlier.call !== next.call &&
      service === next.service &&
      (service !== null || earlier.selection === next.selection) &&
      (next.profileTypeId === null || profileTypeId === next.profileTypeId);
    return isFollowed && profileTypeId !== null ? [{ service, profileTypeId, conditions, groupBy }] : [];
  });
}
