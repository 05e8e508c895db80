import pMap from 'p-map';
import { joinKey } from '../../../profile/code/names.js';
import type { Requests } from '../../evidence/requests.js';
import { unreadBecause } from '../../evidence/unread.js';
import { lookAtMain, ruleOutWarmUp } from '../brief.js';
import { isAffordable, LOOK_REQUESTS } from '../budget.js';
import type { Look } from '../looks.js';
import { type Group, type GroupSuspicion, locateChanges, lookAtGroup } from './groups.js';

// Services that no request is left for one by one: their groups, and whose change a group shows.

/** Groups that are read at once, two merges each: these are large. */
const GROUPS_AT_ONCE = 1;

/** Reason why it is not known what happened to a unit of a group that changed. */
const UNKNOWN_WHICH = 'one of a group that changed; no request was left to tell which';

/** Changes whose services are looked for together. */
const MAX_SOUGHT = 24;
/** Requests of a look at both halves of the incident. */
const HALVES_REQUESTS = 3;
/** Part of the requests that finding them may take: then their services are looked at. */
const LOCATING_PART = 0.55;

/**
 * Compares units in groups, then looks at those alone whose group changed: the plainest changes first.
 *
 * @param reserve requests that are left for something else
 */
export async function lookTogether(
  groups: readonly Group[],
  requests: Requests,
  reserve: number,
): Promise<void> {
  const suspicions: GroupSuspicion[] = [];
  const keysOf = new Map<Group, ReadonlySet<string>>();
  const readGroup = async (group: Group) => {
    if (requests.left < LOOK_REQUESTS) return;
    const look = await unlessUnread(group, () => lookAtGroup(group));
    if (look === null) return;
    for (const member of group.looks) member.groupSize = group.looks.length;
    keysOf.set(group, look.keys);
    suspicions.push(...look.changes.map((change) => ({ group, change, looks: group.looks })));
  };
  await pMap(
    [...groups].sort((a, b) => b.looks.length - a.looks.length),
    readGroup,
    { concurrency: GROUPS_AT_ONCE },
  );
  const explained = new Map<Group, Set<string>>();
  const isExplained = ({ group, change }: GroupSuspicion) =>
    explained.get(group)?.has(change.grown.key) === true;
  const unresolved: GroupSuspicion[] = [];
  let open = suspicions.sort(compareSuspicions);
  while (open.length > 0 && requests.left - reserve > HALVES_REQUESTS) {
    const some = open.slice(0, MAX_SOUGHT);
    const toLeave = requests.left - Math.floor(LOCATING_PART * (requests.left - reserve));
    await locateChanges(some, (group) => keysOf.get(group) ?? new Set(), {
      mayAsk: () => requests.left - 2 >= toLeave,
      unlessUnread,
    });
    for (const suspicion of some) {
      if (isExplained(suspicion)) continue;
      const suspect = await lookAtSuspect(suspicion, requests, reserve);
      if (suspect === null) {
        unresolved.push(suspicion);
        continue;
      }
      const keys = explained.get(suspicion.group) ?? new Set();
      for (const key of [suspicion.change.grown.key, ...functionsIn(suspect)]) keys.add(key);
      explained.set(suspicion.group, keys);
    }
    open = open.slice(MAX_SOUGHT).filter((suspicion) => !isExplained(suspicion));
  }
  for (const { change, looks } of [...unresolved, ...open])
    if (!change.grown.hasMoved && !change.grown.isOfLoad)
      for (const look of looks) if (look.evidence.shares.length === 0) look.notLookedAt = UNKNOWN_WHICH;
}

/** Changes that stand out of their own service come first; probable load and moved costs come last. */
export function compareSuspicions(
  { change: { grown: a } }: Pick<GroupSuspicion, 'change'>,
  { change: { grown: b } }: Pick<GroupSuspicion, 'change'>,
): number {
  return (
    Number(a.hasMoved) - Number(b.hasMoved) ||
    Number(a.isOfLoad) - Number(b.isOfLoad) ||
    Number(b.isApart) - Number(a.isApart) ||
    b.z - a.z
  );
}

/** Looks at the unit of a change, once that is known; null where it is not, or no request is left. */
async function lookAtSuspect(
  { looks }: GroupSuspicion,
  requests: Requests,
  reserve: number,
): Promise<Look | null> {
  const [suspect, ...others] = looks;
  if (suspect === undefined || others.length > 0) return null;
  const { evidence } = suspect;
  if (evidence.shares.length > 0) return suspect;
  if (!isAffordable(requests, reserve + HALVES_REQUESTS)) return null;
  await (evidence.hasTurnover ? ruleOutWarmUp(evidence) : lookAtMain(evidence));
  return suspect;
}

/** Keys of the functions of a unit's main type. */
function functionsIn({ evidence }: Look): string[] {
  return evidence.shares.flatMap(({ analysis }) => analysis.joined.functions.map(joinKey));
}

/** Result of a question about a group; null where the store fails or no request is left. */
async function unlessUnread<Result>(
  { looks }: Pick<Group, 'looks'>,
  ask: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await ask();
  } catch (error) {
    unreadBecause(error, looks[0]?.evidence.context.readContext.signal.aborted ?? false);
    return null;
  }
}
