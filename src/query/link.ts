import { diffLink, type Link, type LinkQuery, overviewLink, profileLink } from '../report/links.js';
import { formatSelector } from '../sources/selector.js';
import type { ProfileQuery, ProfileSource } from '../sources/source.js';

/** Where a person sees these profiles; null for a source without pages. */
export function linkTo({ place }: ProfileSource, query: ProfileQuery): Link | null {
  return place === undefined ? null : profileLink(place, shown(query));
}

/**
 * Where a person looks around in what a list, or an answer without profiles, is about; null for a source
 * without pages.
 *
 * @param view what of a service is shown
 */
export function overviewLinkTo(
  { place }: ProfileSource,
  query: Omit<ProfileQuery, 'profileTypeId'>,
  view: 'profiles' | 'labels' = 'profiles',
): Link | null {
  return place === undefined ? null : overviewLink(place, shown({ ...query, profileTypeId: '' }), view);
}

/** Where a person sees the difference of two selections or, without such a page, the second of them. */
export function differenceLink(
  source: ProfileSource,
  baseline: ProfileQuery,
  query: ProfileQuery,
): Link | null {
  const { place } = source;
  if (place === undefined) return null;
  return diffLink(place, shown(baseline), shown(query)) ?? linkTo(source, query);
}

function shown({ profileTypeId, matchers, window }: ProfileQuery): LinkQuery {
  const named = matchers.find(({ name, op }) => name === 'service_name' && op === '=');
  return {
    profileTypeId,
    service: named?.value ?? null,
    matchers: matchers.filter((matcher) => matcher !== named),
    selector: formatSelector(matchers),
    window,
  };
}
