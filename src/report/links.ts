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
  /** Spans whose samples alone are shown. */
  spanIds?: readonly string[];
}

const APP = 'a/grafana-pyroscope-app/explore';
/** Part of both windows that is added on either side: the app shows a window only inside a wider range. */
const MARGIN = 0.25;
/** Maximum length of a link to a comparison: 150 to 170 tokens. */
const MAX_COMPARISON_LENGTH = 440;

type Parameters = readonly (readonly [name: string, value: string])[];

/**
 * The page with the flame graph of a selection: Profiles Drilldown where it is installed and the selection is
 * of one service, which it needs; else Explore, which alone shows single spans.
 */
export function profileLink(place: GrafanaPlace, query: LinkQuery): Link {
  const { service, window } = query;
  if (!place.drilldown || service === null || query.spanIds !== undefined) return exploreLink(place, query);
  const parameters: Parameters = [
    ...appParameters(place, service, query.profileTypeId, 'flame-graph'),
    ...query.matchers.map((matcher) => ['var-filters', formatFilter(matcher)] as const),
    ...formatRange(window),
  ];
  return { title: 'Grafana Profiles Drilldown', url: buildPage(place, APP, parameters) };
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
  const parameters: Parameters = [
    ['explorationType', service === null ? 'all' : view],
    ['var-dataSource', place.uid],
    ...(service === null ? [] : [['var-serviceName', service] as const]),
    ...matchers.map((matcher) => ['var-filters', formatFilter(matcher)] as const),
    ...formatRange(window),
  ];
  return { title: 'Grafana Profiles Drilldown', url: buildPage(place, APP, parameters) };
}

/**
 * The page that sets a selection against its baseline: the difference in Profiles Drilldown where it is
 * installed and both are of one service, else both side by side in Explore.
 *
 * @returns null where the address would be too long to read: the selection alone is the shorter page
 */
export function diffLink(place: GrafanaPlace, baseline: LinkQuery, query: LinkQuery): Link | null {
  const { service } = query;
  const link =
    !place.drilldown || service === null || baseline.service !== service
      ? exploreLink(place, baseline, query)
      : drilldownDifference(place, service, baseline, query);
  return link.url.length > MAX_COMPARISON_LENGTH ? null : link;
}

function drilldownDifference(
  place: GrafanaPlace,
  service: string,
  baseline: LinkQuery,
  query: LinkQuery,
): Link {
  const visible = {
    from: Math.min(baseline.window.from, query.window.from),
    to: Math.max(baseline.window.to, query.window.to),
  };
  const margin = Math.ceil((visible.to - visible.from) * MARGIN);
  const parameters: Parameters = [
    ...appParameters(place, service, query.profileTypeId, 'diff-flame-graph'),
    ...baseline.matchers.map((matcher) => ['var-filtersBaseline', formatFilter(matcher)] as const),
    ...query.matchers.map((matcher) => ['var-filtersComparison', formatFilter(matcher)] as const),
    ...formatRange({ from: visible.from - margin, to: visible.to + margin }),
    ['diffFrom', time(baseline.window.from)],
    ['diffTo', time(baseline.window.to)],
    ['diffFrom-2', time(query.window.from)],
    ['diffTo-2', time(query.window.to)],
  ];
  return { title: 'Grafana Profiles Drilldown, difference', url: buildPage(place, APP, parameters) };
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

/** A page of Explore with one or two panes, in the short form that all versions since 6 read. */
function exploreLink(place: GrafanaPlace, left: LinkQuery, right?: LinkQuery): Link {
  const parameters: Parameters = [
    ['left', buildPane(place, left)],
    ...(right === undefined ? [] : [['right', buildPane(place, right)] as const]),
  ];
  const title = right === undefined ? 'Grafana Explore' : 'Grafana Explore, baseline and incident';
  return { title, url: buildPage(place, 'explore', parameters) };
}

function buildPane({ uid }: GrafanaPlace, { profileTypeId, selector, window, spanIds }: LinkQuery): string {
  const query = {
    ...(profileTypeId === '' ? {} : { profileTypeId }),
    labelSelector: singleQuoted(selector.toWellFormed()),
    ...(spanIds === undefined ? {} : { spanSelector: spanIds }),
  };
  return JSON.stringify([time(window.from), time(window.to), uid, query]);
}

/** A selector in single quotes, which JSON need not escape; as it is where a value holds a quote itself. */
function singleQuoted(selector: string): string {
  return /['\\]/.test(selector) ? selector : selector.replaceAll('"', "'");
}

function appParameters(place: GrafanaPlace, service: string, typeId: string, view: string): Parameters {
  return [
    ['explorationType', view],
    ['var-dataSource', place.uid],
    ['var-serviceName', service],
    ['var-profileMetricId', typeId],
  ];
}

function formatRange({ from, to }: LinkQuery['window']): Parameters {
  return [
    ['from', time(from)],
    ['to', time(to)],
  ];
}

/** The app's own way of writing a matcher in a URL. */
function formatFilter({ name, op, value }: LinkMatcher): string {
  return [name, op, value]
    .map((part) => part.replaceAll('|', '__gfp__').replaceAll(',', '__gfc__'))
    .join('|');
}

function buildPage({ baseUrl, orgId }: GrafanaPlace, page: string, parameters: Parameters): string {
  const all = orgId === null ? parameters : [...parameters, ['orgId', String(orgId)] as const];
  return `${baseUrl}/${page}?${all.map(([name, value]) => `${name}=${encode(value)}`).join('&')}`;
}

/** Characters that browsers leave as they are in a query, and whose escapes would double the length. */
const READABLE = /%(?:3A|2C|3D|7C|5B|5D|7B|7D|2F|40)/g;

/** A value of a query; parentheses, which end an address in Markdown, are escaped. */
function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed())
    .replace(/[()*!]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(READABLE, (escaped) => decodeURIComponent(escaped));
}

/** Whole milliseconds, the one absolute form that every version reads. */
function time(ms: number): string {
  return String(Math.round(ms));
}
