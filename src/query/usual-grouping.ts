import type { Learned } from '../patterns/book.js';
import { type NamedService, SERVICE_LABEL } from '../patterns/pattern.js';
import { selectPatterns } from '../patterns/select.js';
import { defaultGroupings, findServiceLabel } from '../patterns/words.js';
import type { ToolContext } from './context.js';
import type { Scope } from './scope.js';
import { profileQuery } from './scope.js';

/**
 * Finds the label by which the team's dashboards most often split this profile type. The profiles must have
 * the label, and no matcher may fix its value. Null where none is known yet: the call does not wait for
 * dashboards.
 */
export async function findUsualGrouping(scope: Scope, context: ToolContext): Promise<string | null> {
  const { source, type } = scope;
  const learned = context.getPatterns?.(source)?.learned();
  if (learned === undefined) return null;
  // A sixth part only says that the type is a delta.
  const id = type.id.split(':').slice(0, 5).join(':');
  const patterns = learned.patterns.filter(
    ({ sourceUid, profileTypeId }) =>
      (sourceUid === null || sourceUid === source.uid) && profileTypeId === id,
  );
  const { matchers, window } = profileQuery(scope);
  const fixedLabels = new Set(matchers.filter(({ op }) => op === '=').map(({ name }) => name));
  const filter = { words: null, service: serviceIn(scope, learned) };
  const { selected } = await selectPatterns(patterns, filter, context.signal);
  const openLabels = defaultGroupings(selected).filter((label) => !fixedLabels.has(label));
  if (openLabels.length === 0) return null;
  const names = await context.getSchema(source).labelNames(matchers, window, context.signal);
  return openLabels.find((label) => names.includes(label)) ?? null;
}

/** The service of a scope, from `service_name` or from the label that the team uses instead. */
function serviceIn({ service, matchers }: Scope, learned: Learned): NamedService | null {
  if (service !== null) return { label: SERVICE_LABEL, value: service };
  const label = findServiceLabel(learned.patterns, learned.serviceLabels);
  const serviceMatcher = matchers.find(({ name, op }) => name === label && op === '=');
  return serviceMatcher === undefined ? null : { label: serviceMatcher.name, value: serviceMatcher.value };
}
