import type { GrafanaPlace } from '../sources/place.js';
import type { Answer } from './render.js';

/** A page that a person can open. */
export interface Link {
  title: string;
  url: string;
}

interface LinkMatcher {
  name: string;
  op: string;
  value: string;
}

/** The profiles that a page shows; times are Unix ms. */
export interface LinkQuery {
  profileTypeId: string;
  /** Null where the selection is not of one service. */
  service: string | null;
  /** Matchers in addition to the service. */
  matchers: readonly LinkMatcher[];
  /** The whole selector, service included. */
  selector: string;
  window: { from: number; to: number };
}

const APP = 'a/grafana-pyroscope-app/explore';
/** Part of both windows that is added on either side: the app shows a window only inside a wider range. */
const MARGIN = 0.25;

/**
 * The page with the flame graph of a selection: Profiles Drilldown where it is installed and the selection is
 * of one service, which it needs; else Explore.
 */
export function profileLink(place: GrafanaPlace, query: LinkQuery): Link {
  const { service, window } = query;
  if (!place.drilldown || service === null) return exploreLink(place, query);
  const parameters = appParameters(place, service, query.profileTypeId, 'flame-graph');
  for (const matcher of query.matchers) parameters.append('var-filters', filterOf(matcher));
  parameters.append('from', time(window.from));
  parameters.append('to', time(window.to));
  return { title: 'Grafana Profiles Drilldown', url: pageOf(place, APP, parameters) };
}

/**
 * The page for a list or an answer without profiles. Profiles Drilldown shows all services, or the view of
 * one service; Explore, the other page, chooses a profile type itself.
 */
export function overviewLink(
  place: GrafanaPlace,
  query: Omit<LinkQuery, 'profileTypeId'>,
  view: 'profiles' | 'labels',
): Link {
  const { service, matchers, window } = query;
  // Without a service the app shows all there are, conditions or not.
  if (!place.drilldown || (service === null && matchers.length > 0)) {
    return exploreLink(place, { ...query, profileTypeId: '' });
  }
  const parameters = new URLSearchParams({
    explorationType: service === null ? 'all' : view,
    'var-dataSource': place.uid,
    ...(service === null ? {} : { 'var-serviceName': service }),
  });
  for (const matcher of matchers) parameters.append('var-filters', filterOf(matcher));
  parameters.append('from', time(window.from));
  parameters.append('to', time(window.to));
  return { title: 'Grafana Profiles Drilldown', url: pageOf(place, APP, parameters) };
}

/**
 * The page that compares a selection with its baseline; null where Profiles Drilldown is missing, or the two
 * selections are not of one service.
 */
export function diffLink(place: GrafanaPlace, baseline: LinkQuery, query: LinkQuery): Link | null {
  const { service } = query;
  if (!place.drilldown || service === null || baseline.service !== service) return null;
  const parameters = appParameters(place, service, query.profileTypeId, 'diff-flame-graph');
  for (const matcher of baseline.matchers) parameters.append('var-filtersBaseline', filterOf(matcher));
  for (const matcher of query.matchers) parameters.append('var-filtersComparison', filterOf(matcher));
  const visible = {
    from: Math.min(baseline.window.from, query.window.from),
    to: Math.max(baseline.window.to, query.window.to),
  };
  const margin = Math.ceil((visible.to - visible.from) * MARGIN);
  for (const suffix of ['', '-2', '-3']) {
    parameters.append(`from${suffix}`, time(visible.from - margin));
    parameters.append(`to${suffix}`, time(visible.to + margin));
  }
  parameters.append('diffFrom', time(baseline.window.from));
  parameters.append('diffTo', time(baseline.window.to));
  parameters.append('diffFrom-2', time(query.window.from));
  parameters.append('diffTo-2', time(query.window.to));
  return { title: 'Grafana Profiles Drilldown, difference', url: pageOf(place, APP, parameters) };
}

/** Adds the link of a page that shows a person the same; without a link the answer stays as it is. */
export function withLink(answer: Answer, link: Link | null): Answer {
  if (link === null) return answer;
  return {
    ...answer,
    data: { ...answer.data, links: [{ ...link }] },
    text: [...answer.text, { rows: [`Open in ${link.title}: ${link.url}`] }],
  };
}

function exploreLink(place: GrafanaPlace, { profileTypeId, selector, window }: LinkQuery): Link {
  const { uid, type } = place;
  const panes = {
    a: {
      datasource: uid,
      queries: [
        {
          refId: 'A',
          datasource: { type, uid },
          queryType: 'profile',
          profileTypeId,
          labelSelector: selector,
          groupBy: [],
        },
      ],
      range: { from: time(window.from), to: time(window.to) },
    },
  };
  const parameters = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify(panes) });
  return { title: 'Grafana Explore', url: pageOf(place, 'explore', parameters) };
}

function appParameters(place: GrafanaPlace, service: string, typeId: string, view: string): URLSearchParams {
  return new URLSearchParams({
    explorationType: view,
    'var-dataSource': place.uid,
    'var-serviceName': service,
    'var-profileMetricId': typeId,
  });
}

/** The app's own way of writing a matcher in a URL. */
function filterOf({ name, op, value }: LinkMatcher): string {
  return [name, op, value]
    .map((part) => part.replaceAll('|', '__gfp__').replaceAll(',', '__gfc__'))
    .join('|');
}

function pageOf({ baseUrl, orgId }: GrafanaPlace, page: string, parameters: URLSearchParams): string {
  if (orgId !== null) parameters.append('orgId', String(orgId));
  return `${baseUrl}/${page}?${parameters}`;
}

/** Whole milliseconds, the one absolute form that every version reads. */
function time(ms: number): string {
  return String(Math.round(ms));
}
