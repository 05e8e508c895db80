import { formatSelector } from '../sources/selector.js';
import type { Matcher, ProfileSource } from '../sources/source.js';
import type { ToolContext } from './context.js';

/** A selection of profiles of a source, of any type and time. */
export interface Selection {
  /** Exact `service_name`; null where matchers select the service, or all services are meant. */
  readonly service: string | null;
  /** All matchers except the one of the service. */
  readonly matchers: readonly Matcher[];
}

/** All matchers of a selection, the service first. */
export function allMatchers({ service, matchers }: Selection): readonly Matcher[] {
  return service === null ? matchers : [{ name: 'service_name', op: '=', value: service }, ...matchers];
}

/** A selection as the text of a selector, service included. */
export function selectorText(selection: Selection): string {
  return formatSelector(allMatchers(selection));
}

/** The `source` of a call that asks the same source; none where a call without it means this source. */
export async function sourceArgument(
  source: ProfileSource,
  { sources, signal }: Pick<ToolContext, 'sources' | 'signal'>,
): Promise<{ source?: string }> {
  return (await sources.isDefault(source, signal)) ? {} : { source: source.name };
}

/** The selection as arguments of a call. */
export function selectionArguments({ service, matchers }: Selection): {
  service?: string;
  selector?: string;
} {
  return {
    ...(service === null ? {} : { service }),
    ...(matchers.length === 0 ? {} : { selector: formatSelector(matchers) }),
  };
}
