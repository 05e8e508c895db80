import type { Learned } from '../patterns/book.js';
import { type NamedService, SERVICE_LABEL } from '../patterns/pattern.js';
import { selectPatterns } from '../patterns/select.js';
import { defaultGroupings, serviceLabelOf } from '../patterns/words.js';
import type { ToolContext } from './context.js';
import type { Scope } from './scope.js';
import { profileQuery } from './scope.js';

/**
 * The label by which the team most often splits this profile type on its dashboards, if the profiles have it
 * and the question leaves it open; null where none is known by now. Dashboards are not waited for.
 */
export async function usualGrouping(scope: Scope, context: ToolContext): Promise<string | null> {
  const { source, type } = scope;
  const learned = context.patternsOf?.(source)?.learned();
  if (learned === undefined) return null;
  // A sixth part says no more than that it is a delta.
  const id = type.id.split(':').slice(0, 5).join(':');
  const own = learned.patterns.filter(
    ({ sourceUid, profileTypeId }) =>
      (sourceUid === null || sourceUid === source.uid) && profileTypeId === id,
  );
  const { matchers, window } = profileQuery(scope);
  const fixed = new Set(matchers.filter(({ op }) => op === '=').map(({ name }) => name));
  const filter = { words: null, service: serviceIn(scope, learned) };
  const { selected } = await selectPatterns(own, filter, context.signal);
  const open = defaultGroupings(selected).filter((label) => !fixed.has(label));
  if (open.length === 0) return null;
  const names = await context.schemaOf(source).labelNames(matchers, window, context.signal);
  return open.find((label) => names.includes(label)) ?? null;
}

/** The service that a scope is about, by `service_name` or by the label that the team has for it. */
function serviceIn({ service, matchers }: Scope, learned: Learned): NamedService | null {
  if (service !== null) return { label: SERVICE_LABEL, value: service };
  const label = serviceLabelOf(learned.patterns, learned.serviceLabels);
  const said = matchers.find(({ name, op }) => name === label && op === '=');
  return said === undefined ? null : { label: said.name, value: said.value };
}
