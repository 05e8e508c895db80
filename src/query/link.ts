import { diffLink, type Link, type LinkQuery, overviewLink, profileLink } from '../report/links.js';
import { formatSelector } from '../sources/selector.js';
import type { Matcher, MergeQuery, ProfileQuery, ProfileSource } from '../sources/source.js';

/**
 * A link to the page that shows these profiles; null for a source without pages, and for samples that no page
 * can show alone.
 */
export function linkTo({ place, enforced }: ProfileSource, query: MergeQuery): Link | null {
  const { only } = query;
  if (place === undefined || (only !== undefined && only.kind !== 'span')) return null;
  const linkQuery = toLinkQuery(query, enforced);
  return profileLink(place, { ...linkQuery, ...(only === undefined ? {} : { spanIds: only.ids }) });
}

/**
 * A link to the page from which a person explores further, for a list or an answer without profiles; null for
 * a source without pages.
 *
 * @param view part of a service that the page shows
 */
export function overviewLinkTo(
  { place, enforced }: ProfileSource,
  query: Omit<ProfileQuery, 'profileTypeId'>,
  view: 'profiles' | 'labels' = 'profiles',
): Link | null {
  if (place === undefined) return null;
  return overviewLink(place, toLinkQuery({ ...query, profileTypeId: '' }, enforced), view);
}

/**
 * A link to the page that shows the difference of two selections; without such a page, to the second of them.
 */
export function differenceLink(
  source: ProfileSource,
  baseline: ProfileQuery,
  query: ProfileQuery,
): Link | null {
  const { place, enforced } = source;
  if (place === undefined) return null;
  const [before, after] = [toLinkQuery(baseline, enforced), toLinkQuery(query, enforced)];
  return diffLink(place, before, after) ?? linkTo(source, query);
}

/** @param enforced matchers of the source, which a page knows only from the link */
function toLinkQuery(query: ProfileQuery, enforced: readonly Matcher[] = []): LinkQuery {
  const { profileTypeId, window } = query;
  const matchers = [...query.matchers, ...enforced];
  const serviceMatcher = matchers.find(({ name, op }) => name === 'service_name' && op === '=');
  return {
    profileTypeId,
    service: serviceMatcher?.value ?? null,
    matchers: matchers.filter((matcher) => matcher !== serviceMatcher),
    selector: formatSelector(matchers),
    window,
  };
}
