import { SERVICE_LABEL } from '../schema/patterns/pattern.js';
import { selectPatterns } from '../schema/patterns/select.js';
import { defaultGroupings } from '../schema/patterns/words.js';
import type { ToolContext } from './define.js';
import { profileQuery } from './readings.js';
import type { Scope } from './scope.js';

/**
 * The label by which the team most often splits this profile type on its dashboards, if the profiles have it and the
 * question leaves it open; null where none is known by now. Dashboards are not waited for.
 */
export async function usualGrouping(scope: Scope, context: ToolContext): Promise<string | null> {
  const { source, service, type } = scope;
  const patterns = context.patternsOf?.(source)?.learned().patterns ?? [];
  // A sixth part says no more than that it is a delta.
  const id = type.id.split(':').slice(0, 5).join(':');
  const own = patterns.filter(
    ({ sourceUid, profileTypeId }) =>
      (sourceUid === null || sourceUid === source.uid) && profileTypeId === id,
  );
  const { matchers, window } = profileQuery(scope);
  const named = service === null ? null : { label: SERVICE_LABEL, value: service };
  const fixed = new Set(matchers.filter(({ op }) => op === '=').map(({ name }) => name));
  const open = defaultGroupings(selectPatterns(own, { words: null, service: named }).selected).filter(
    (label) => !fixed.has(label),
  );
  if (open.length === 0) return null;
  const names = await context.schemaOf(source).labelNames(matchers, window, context.signal);
  return open.find((label) => names.includes(label)) ?? null;
}
