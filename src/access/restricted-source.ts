import type { Matcher, ProfileSource, SeriesQuery, SourceOwner } from '../sources/source.js';
import { hashParts, listConditions } from './identity.js';

/**
 * Restricts a source to the profiles that some matchers select: every query carries them in addition to its
 * own, so that a caller's matchers can narrow the selection and never widen it. What a store tells about all
 * of its profiles at once is left out. A method that is not listed here does not exist in the restricted
 * source.
 */
export function restrictSource(source: ProfileSource, matchers: readonly Matcher[]): ProfileSource {
  if (matchers.length === 0) return source;
  const { description, store, owner, place, pages, requestsFor } = source;
  const { preferredTypes, exemplars, reduced, lookbackLimit } = source;
  const restrict = <Query extends SeriesQuery>(query: Query): Query => ({
    ...query,
    matchers: [...query.matchers, ...matchers],
  });
  return {
    name: source.name,
    uid: source.uid,
    kind: source.kind,
    isLive: source.isLive,
    enforced: [...(source.enforced ?? []), ...matchers],
    ...(description === undefined ? {} : { description }),
    ...(store === undefined ? {} : { store }),
    ...(owner === undefined ? {} : { owner: restrictOwner(owner, matchers) }),
    ...(place === undefined ? {} : { place }),
    ...(pages === undefined ? {} : { pages }),
    ...(requestsFor === undefined ? {} : { requestsFor }),
    ...(lookbackLimit === undefined ? {} : { lookbackLimit }),
    labelNames: (query, signal) => source.labelNames(restrict(query), signal),
    labelValues: (name, query, signal) => source.labelValues(name, restrict(query), signal),
    series: (names, query, signal) => source.series(names, restrict(query), signal),
    ...(preferredTypes === undefined
      ? {}
      : { preferredTypes: (query, signal) => preferredTypes(restrict(query), signal) }),
    profile: (query, signal) => source.profile(restrict(query), signal),
    ...(exemplars === undefined
      ? {}
      : { exemplars: (query, kind, signal) => exemplars(restrict(query), kind, signal) }),
    ...(reduced === undefined
      ? {}
      : { reduced: (query, soon, signal) => reduced(restrict(query), soon, signal) }),
    snapshots: (query, groupBy, signal) => source.snapshots(restrict(query), groupBy, signal),
    timeSeries: (query, options, signal) => source.timeSeries(restrict(query), options, signal),
    // A server's range is that of all its profiles. A directory needs its range to be searched at all.
    dataRange: async (signal) => (source.isLive ? null : source.dataRange(signal)),
    problems: async () => [],
    close: () => source.close(),
  };
}

/** The owner of a part of a view: it shares no cache entry with the whole, nor with another part. */
function restrictOwner(owner: SourceOwner, matchers: readonly Matcher[]): SourceOwner {
  return { ...owner, part: hashParts([owner.part ?? null, listConditions(matchers)]) };
}
