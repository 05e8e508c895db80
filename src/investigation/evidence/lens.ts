import { offload } from '../../offload.js';
import type { Profile, Repository } from '../../profile/model.js';
import { isAllActive, samplesWaitingThreads } from '../../profile/tables/active.js';
import type { Nature } from '../../profile/types/rows/row.js';
import type { ProfileType } from '../../profile/types/types.js';
import { withRepositories } from '../../sources/repository.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';
import { isHeavyWork } from '../../work/offload.js';

/** How a profile type is looked at. */
export type LensKind = Nature;

/** Which types are read first; what is not listed follows in the order of the table of types. */
const FIRST: readonly string[] = [
  ...['cpu', 'wall', 'alloc', 'inuse', 'goroutines', 'mutex', 'block', 'lock', 'off_cpu', 'exceptions'],
];

export interface LensType {
  type: ProfileType;
  kind: LensKind;
}

/** Plan for the types of a service: each is in exactly one of the lists. */
export interface LensPlan {
  /** Types that are read for themselves, in this order. */
  toRead: readonly LensType[];
  /**
   * Types that count the samples of another one, with its alias: they are left out. Of a heap they are no
   * witness of their own: one sample of a small object is scaled up to tens of thousands, and calm heaps
   * differ by x4.8 (fixtures).
   */
  same: readonly { type: ProfileType; as: string }[];
}

/** Plans the reading of all types of a service. */
export function planLenses(types: readonly ProfileType[]): LensPlan {
  const place = ({ alias }: ProfileType) => (FIRST.includes(alias) ? FIRST.indexOf(alias) : FIRST.length);
  const ordered = [...types].sort((a, b) => place(a) - place(b));
  const isMeasured = (type: ProfileType) =>
    type.countsOf !== null && types.some(({ alias }) => alias === type.countsOf);
  const toLensType = (type: ProfileType): LensType => ({ type, kind: type.nature });
  return {
    toRead: ordered.filter((type) => !isMeasured(type)).map(toLensType),
    same: ordered.flatMap((type) => (isMeasured(type) ? [{ type, as: type.countsOf ?? '' }] : [])),
  };
}

/** Everything that the requests of one investigation share. */
export interface ReadContext {
  source: ProfileSource;
  matchers: readonly Matcher[];
  typeIds: readonly string[];
  /** Places of the source code that the labels of the service name. */
  repositories: readonly Repository[];
  /**
   * Whether the CPU profiles of a type sample waiting threads, by its id: the first profile that is read
   * tells it for all. Without it each profile tells it for itself.
   */
  waitingThreads?: Map<string, Promise<boolean>>;
  signal: AbortSignal;
}

/** Whether the profiles of a type that were read sample waiting threads although the type is CPU time. */
export async function hasWaitingThreads(
  { waitingThreads }: ReadContext,
  { id }: ProfileType,
): Promise<boolean> {
  return (await waitingThreads?.get(id)) ?? false;
}

/** Tells by the first profile of a type for all of them, so that no share depends on what a part holds. */
function judgeWaiting(
  { waitingThreads }: ReadContext,
  type: ProfileType,
  reading: Promise<Profile>,
): Promise<boolean> {
  const known = waitingThreads?.get(type.id);
  if (known !== undefined) return known;
  const forget = () => {
    waitingThreads?.delete(type.id);
    return false;
  };
  const judged = reading.then(
    (profile) => (profile.values.length === 0 ? forget() : samplesWaitingThreads(profile, type)),
    forget,
  );
  waitingThreads?.set(type.id, judged);
  return judged;
}

/** The merge of a window without idle time. */
export async function readActive(
  readContext: ReadContext,
  type: ProfileType,
  window: Window,
  more: readonly Matcher[] = [],
): Promise<Profile> {
  const { source, matchers, repositories, signal } = readContext;
  const query = { profileTypeId: type.id, matchers: [...matchers, ...more], window };
  const reading = source
    .profile(query, signal)
    .then((merged) => withRepositories(merged.profile, repositories));
  const judging = judgeWaiting(readContext, type, reading);
  const profile = await reading;
  const hasWaiting = await judging;
  if (isAllActive(profile, type, hasWaiting)) return profile;
  return offload('active', [profile, type, hasWaiting], { isHeavy: isHeavyWork(profile), signal });
}
