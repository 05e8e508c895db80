import { diffLink, type Link, type LinkQuery, overviewLink, profileLink } from '../report/links.js';
import { formatSelector } from '../sources/selector.js';
import type { MergeQuery, ProfileQuery, ProfileSource } from '../sources/source.js';

/**
 * A link to the page that shows these profiles; null for a source without pages, and for samples that no page
 * can show alone.
 */
export function linkTo({ place }: ProfileSource, query: MergeQuery): Link | null {
  const { only } = query;
  if (place === undefined || (only !== undefined && only.kind !== 'span')) return null;
  return profileLink(place, { ...toLinkQuery(query), ...(only === undefined ? {} : { spanIds: only.ids }) });
}

/**
 * A link to the page from which a person explores further, for a list or an answer without profiles; null for
 * a source without pages.
 *
 * @param view part of a service that the page shows
 */
export function overviewLinkTo(
  { place }: ProfileSource,
  query: Omit<ProfileQuery, 'profileTypeId'>,
  view: 'profiles' | 'labels' = 'profiles',
): Link | null {
  return place === undefined ? null : overviewLink(place, toLinkQuery({ ...query, profileTypeId: '' }), view);
}

/**
 * A link to the page that shows the difference of two selections; without such a page, to the second of them.
 */
export function differenceLink(
  source: ProfileSource,
  baseline: ProfileQuery,
  query: ProfileQuery,
): Link | null {
  const { place } = source;
  if (place === undefined) return null;
  return diffLink(place, toLinkQuery(baseline), toLinkQuery(query)) ?? linkTo(source, query);
}

function toLinkQuery({ profileTypeId, matchers, window }: ProfileQuery): LinkQuery {
  const serviceMatcher = matchers.find(({ name, op }) => name === 'service_name' && op === '=');
  return {
    profileTypeId,
    service: serviceMatcher?.value ?? null,
    matchers: matchers.filter((matcher) => matcher !== serviceMatcher),
    selector: formatSelector(matchers),
    window,
  };
}
