import pMap from 'p-map';
import type { FunctionTarget } from '../profile/find-function.js';
import { splitIdle } from '../profile/idle.js';
import { type Profile, totalValue } from '../profile/model.js';
import { stacksThrough } from '../profile/stacks.js';
import type { ProfileQuery } from '../sources/source.js';
import type { ToolContext } from './define.js';
import { IN_FLIGHT, inFrames } from './in-frames.js';
import { type Frames, profileQuery } from './readings.js';
import type { Scope } from './scope.js';

/** Sums over some profiles, in the type's unit. */
export interface Cost {
  /** Without idle stacks for wall-clock types. */
  active: number;
  /** Of the stacks through the function; the active cost where none is asked for. */
  value: number;
}

/**
 * What a function (or, with null, all code) cost in each frame: one merge per frame that holds profiles, 4 at a time.
 * @throws UpstreamError
 */
export function partCosts(
  scope: Scope,
  { frames }: Pick<Frames, 'frames'>,
  target: FunctionTarget | null,
  context: ToolContext,
): Promise<Cost[]> {
  const query = profileQuery(scope);
  const queries = inFrames(frames, (window) => ({ ...query, window }));
  return mergedCosts(scope, queries, target, context);
}

/** The same for any queries, in their order; null costs nothing and no request. */
export function mergedCosts(
  { source, type }: Scope,
  queries: readonly (ProfileQuery | null)[],
  target: FunctionTarget | null,
  { signal }: ToolContext,
): Promise<Cost[]> {
  return pMap(
    queries,
    async (query) => {
      if (query === null) return { active: 0, value: 0 };
      const { profile } = await source.profile(query, signal);
      const active = type.wallClock ? splitIdle(profile).active : profile;
      const whole = totalValue(active);
      return { active: whole, value: target === null ? whole : costOf(active, target) };
    },
    { concurrency: IN_FLIGHT },
  );
}

function costOf(profile: Profile, { matches }: FunctionTarget): number {
  const passes = stacksThrough(profile, (id) => {
    const info = profile.functions[id];
    return info !== undefined && matches(info);
  });
  return profile.values.reduce((sum, value, stack) => (passes(stack) ? sum + value : sum), 0);
}
