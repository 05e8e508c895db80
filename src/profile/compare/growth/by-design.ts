import { joinKey } from '../../code/names.js';
import { servesRequest } from '../../code/request-input.js';
import { waitKind } from '../../code/wait-kind.js';
import { type Side, share, totalPerProfile } from '../../contrast/contrast.js';
import type { JoinedPart } from '../../contrast/join.js';
import { buildContrast, wholeRun } from '../../contrast/runs.js';
import type { FunctionInfo } from '../../model.js';
import type { Analysis } from '../analysis.js';
import type { LensRow } from '../finding.js';
import type { SiteGrowth } from '../growth.js';
import { partOfStacks } from './below.js';

/** Waits for an event, for work or for the next turn; who waits for a lock or to hand something on queues. */
const FOR_EVENTS: ReadonlySet<string> = new Set([
  'channel receive',
  'select',
  'condition (sync.Cond)',
  'sleep',
]);
/** Packages whose functions wait for whoever calls them, and have no queue of their own. */
const PRIMITIVE = /^(?:runtime|sync|internal\/sync|time)\./;
/** Frames through which a server or a framework calls the next handler: what stands above is middleware. */
const DISPATCH = /ServeHTTP$|HandlerFunc|\(\*Context\)\.Next$|process(?:Unary|Streaming)RPC$|handleStream$/;
/** Part of the waiting that was added which must be on purpose. */
const MIN_PART = 0.8;
/** Code that cost this part of what it costs now was there before; less is a profile that saw a deploy. */
const WAS_THERE = 0.05;
/** A new function above this part of own code is a middleware: what it waits for holds up old requests. */
const MIDDLEWARE = 0.5;

/** Whether a function had more than a trace of its cost before. */
function wasThere({ before, after }: { before: Side; after: Side }, fn: number): boolean {
  const was = totalPerProfile(before, fn);
  return was > 0 && was >= WAS_THERE * totalPerProfile(after, fn);
}

/** Evidence that the time of a service gives about a function. */
export interface Activity {
  /** Whether it ran in the baseline, too. */
  hasRun: (info: FunctionInfo) => boolean;
  /** Whether it stands above much of own code. */
  isAbove: (info: FunctionInfo) => boolean;
}

/** Activity by the first type that was read; null where that is no time. */
export function readActivity(
  main: { lens: { kind: LensRow['kind'] }; analysis: Analysis } | undefined,
): Activity | null {
  return main?.lens.kind === 'time' ? measureActivity(main.analysis) : null;
}

/** Activity of the functions of a time profile. */
export function measureActivity(analysis: Analysis): Activity {
  const { joined, before, after } = buildContrast(analysis, wholeRun(analysis));
  const byKey = new Map(joined.functions.map((info, fn) => [joinKey(info), fn]));
  const find = (info: FunctionInfo) => byKey.get(joinKey(info));
  return {
    hasRun: (info) => {
      const fn = find(info);
      return fn !== undefined && wasThere({ before, after }, fn);
    },
    isAbove: (info) => {
      const fn = find(info);
      return fn !== undefined && share(after.costs.totals[fn] ?? 0, after.costs.application) >= MIDDLEWARE;
    },
  };
}

/** Functions of a stack from the leaf on, where own code itself waits for an event; null elsewhere. */
function readEventWait(
  { functions }: SiteGrowth['joined'],
  part: JoinedPart,
  stack: number,
): readonly number[] | null {
  const { stackStart, stackFrames } = part.profile;
  const frames = stackFrames.subarray(stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0);
  const fns = Array.from(frames, (frame) => part.frameFunction[frame] ?? 0);
  const isOwn = (_: number, at: number) => part.frameApplication[frames[at] ?? 0] === 1;
  const nearest = fns.findIndex(isOwn);
  const below = fns.slice(0, nearest).map((fn) => functions[fn]?.name ?? '');
  const kind = waitKind(below);
  if (kind === null || !FOR_EVENTS.has(kind) || !below.every((name) => PRIMITIVE.test(name))) return null;
  return fns;
}

/**
 * Whether waiting that grew at an own place waits for events there, rather than for a lock or in a library.
 * Where such requests ran before, a profile cannot tell why: a request that waits for a place in a pool of
 * own code (`select` on a channel of tokens) and one that its deploy made a long poll (`select` on a channel
 * of news) have the same stack, and the number of waits, their length and the time that the handler still
 * takes follow from how many clients there are in both. Who waits in a queue must be found, so that it is
 * contention, and the finding says that it may be on purpose.
 */
export function waitsForEvents({ site, ...sides }: SiteGrowth): boolean {
  const waits = (part: JoinedPart, stack: number) => readEventWait(sides.joined, part, stack) !== null;
  return sides.joined.application[site.fn] === 1 && partOfStacks(sides, site.fn, waits) >= MIN_PART;
}

/**
 * Whether waiting that grew at an own place waits on purpose: a handler that the deploy added waits for the
 * events of its clients, or goroutines of their own wait for work or for their next turn. In a profile of
 * waits each of them adds the whole length of the profile. Requests that were served before and now wait, be
 * it in a new function, queue; so does what waits for a lock, in a library or to hand something on.
 *
 * @param activity what ran before, by the time of the service
 */
export function waitsByDesign({ site, ...sides }: SiteGrowth, activity: Activity): boolean {
  const { functions, application } = sides.joined;
  if (application[site.fn] !== 1) return false;
  const isServer = functions.map(({ name }) => servesRequest(name));
  const isOld = functions.map((info, fn) => wasThere(sides, fn) || activity.hasRun(info));
  const waits = (part: JoinedPart, stack: number): boolean => {
    const fns = readEventWait(sides.joined, part, stack);
    if (fns === null) return false;
    const dispatch = fns.findIndex((fn) => DISPATCH.test(functions[fn]?.name ?? ''));
    const handler = new Set(
      fns.slice(0, dispatch < 0 ? fns.length : dispatch).filter((fn) => application[fn] === 1),
    );
    const isNew = [...handler].every((fn) => {
      const info = functions[fn];
      return isOld[fn] !== true && info !== undefined && !activity.isAbove(info);
    });
    const isOfRequest = fns.some((fn) => isServer[fn] === true);
    return isNew || (!isOfRequest && handler.size === 1);
  };
  return partOfStacks(sides, site.fn, waits) >= MIN_PART;
}
