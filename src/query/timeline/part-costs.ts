import pMap from 'p-map';
import { offload } from '../../offload.js';
import type { FunctionTarget } from '../../profile/find-function.js';
import type { Cost } from '../../profile/function-cost.js';
import type { ProfileQuery } from '../../sources/source.js';
import type { ToolContext } from '../../tools/define.js';
import { isHeavy } from '../../work/offload.js';
import type { Scope } from '../scope.js';
import { IN_FLIGHT, inFrames } from './in-frames.js';
import { type Frames, profileQuery } from './readings.js';

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
      const heavy = isHeavy(profile);
      return offload('cost', [profile, type.wallClock, target?.info ?? null], { heavy, signal });
    },
    { concurrency: IN_FLIGHT },
  );
}
