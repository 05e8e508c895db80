import { UserError } from '../../errors.js';
import { readDashboardPage } from '../../patterns/pages/dashboard-page.js';
import { readDrilldownPage } from '../../patterns/pages/drilldown.js';
import { readExplorePage, readExplorePanes } from '../../patterns/pages/explore.js';
import {
  type Page,
  type PageName,
  type PageQuery,
  type PageRange,
  readParameter,
} from '../../patterns/pages/page.js';
import { readPyroscopePage } from '../../patterns/pages/pyroscope-page.js';
import { readVariableName } from '../../patterns/variables.js';
import { findPathBelow, type PageAddress } from '../../sources/page-address.js';
import { parseSelector } from '../../sources/selector.js';
import type { Matcher, Window } from '../../sources/source.js';
import { storeNaming } from '../../sources/store-naming.js';
import { safeText } from '../../text/sanitise.js';
import { isRounded, readPageTime } from './page-time.js';

/** The profiles that one side of a link shows. */
export interface LinkedSide {
  service: string | null;
  /** Matchers in addition to the service. */
  matchers: readonly Matcher[];
  /** Null where the link names no range. */
  window: Window | null;
}

/** Ids of single profiles, spans and traces. */
export interface LinkedIds {
  profile_id: readonly string[];
  span_id: readonly string[];
  trace_id: readonly string[];
}

/** The question that a link asks. */
export interface LinkedQuestion extends LinkedSide {
  page: PageName;
  /** Uid or name of the data source; null where the link names none. */
  source: string | null;
  /** Names of the configured stores that the link may be of, where they are several; `source` is without. */
  stores: readonly string[];
  /** Whether the link only seems to name the source: a variable of a dashboard may be about another kind. */
  isSourceGuessed: boolean;
  /** Id or short name; null where the link names none. */
  profileType: string | null;
  ids: LinkedIds;
  /** Other side of a page that compares, with the same source and type; null for any other. */
  baseline: LinkedSide | null;
  /** Organisation of Grafana that the link names; null where it names none. */
  orgId: number | null;
  /** Parts of the link that nothing is made of, in words. */
  unused: readonly string[];
  notes: readonly string[];
}

/** Maximum length of a link: longer ones are refused by browsers, too. */
const MAX_LENGTH = 20_000;
/** Ids that are taken of one link. */
const MAX_IDS = 20;

const READABLE =
  'Links that can be read: Grafana Explore, Profiles Drilldown, a dashboard panel, and the pages of Pyroscope.';
/** Pages that forward to another one. */
const SHORT_LINK = /^\/(?:goto|s)\//;

/**
 * Reads a link to a page with profiles. Nothing is requested from it.
 *
 * @param addresses places whose links are taken
 * @throws UserError for any other place, and for a page that shows no profiles; it never holds more of the
 *   link than its origin
 */
export function readLink(text: string, addresses: readonly PageAddress[], now: number): LinkedQuestion {
  const link = parseLink(text);
  const places = findPlaces(link, addresses);
  const parameters = link.searchParams;
  const linkOrg = readOrg(parameters);
  const fitting = places.filter((each) => isOfOrg(each.address, linkOrg));
  const place = fitting[0] ?? places[0];
  if (place === undefined) throw refuseForeign(link, addresses);
  const { address, path } = place;
  const page =
    address.pages === 'grafana' ? readGrafanaPage(path, parameters) : readPyroscopePage(path, parameters);
  if (page === null) {
    throw new UserError('The link opens a page without a profile query in its address.', READABLE);
  }
  const stores = [...new Set(fitting.flatMap((each) => each.address.store ?? []))];
  const isOfSeveral = stores.length > 1;
  const question = buildQuestion(page, isOfSeveral ? { ...address, store: null } : address, parameters, now);
  if (fitting.length === 0) {
    throw new UserError(
      `The link is of organisation ${linkOrg} of Grafana, and organisation ${address.orgId} is read here.`,
      'Switch the organisation in Grafana and copy the link again, or give service, profile_type, from and to.',
    );
  }
  return { ...question, stores: isOfSeveral ? stores : [] };
}

/** The address that a link leads to, and the path below it; null where it leads elsewhere. */
export function findPlace(link: URL, addresses: readonly PageAddress[]): Place | null {
  return findPlaces(link, addresses)[0] ?? null;
}

/** An address, and the path of a link below it. */
interface Place {
  address: PageAddress;
  path: string;
}

/** The addresses that a link leads to: several where stores have the same one, in other organisations. */
function findPlaces(link: URL, addresses: readonly PageAddress[]): Place[] {
  const places = addresses.flatMap((address) => {
    const path = findPathBelow(address.url, link);
    return path === null ? [] : [{ address, path }];
  });
  // A Pyroscope may be served below the address of its Grafana.
  const shortest = Math.min(...places.map(({ path }) => path.length));
  return places.filter(({ path }) => path.length === shortest);
}

/** Whether a link of this organisation may be of that address; null where one of them is not known. */
function isOfOrg({ orgId }: PageAddress, linkOrg: number | null): boolean {
  return orgId === null || linkOrg === null || orgId === linkOrg;
}

/** The organisation that a link names; null where it names none. */
function readOrg(parameters: URLSearchParams): number | null {
  const orgId = readParameter(parameters, 'orgId');
  return orgId !== null && /^\d{1,9}$/.test(orgId) ? Number(orgId) : null;
}

/**
 * Parses a link as people paste it: in angle brackets, or with its ampersands as HTML writes them.
 * @throws UserError
 */
export function parseLink(text: string): URL {
  const plain = text
    .trim()
    .replace(/^<(.*)>$/s, '$1')
    .replaceAll('&amp;', '&');
  if (plain.length > MAX_LENGTH) {
    throw new UserError(
      `The link has ${plain.length} characters; at most ${MAX_LENGTH} are taken.`,
      READABLE,
    );
  }
  const link = URL.canParse(plain) ? new URL(plain) : null;
  if (link === null || !/^https?:$/.test(link.protocol)) {
    throw new UserError('`url` is not an http(s) address.', READABLE);
  }
  return link;
}

/** The error for a link to a place that is not configured. */
export function refuseForeign(link: URL, addresses: readonly PageAddress[]): UserError {
  const known = [...new Set(addresses.map(({ url }) => url))];
  return new UserError(
    `The link leads to ${safeText(link.origin, 200)}, which is not configured here.`,
    known.length === 0
      ? 'No Grafana and no Pyroscope server is configured whose links could be read: give service, profile_type, from and to.'
      : `Links are read from: ${known.map((url) => safeText(url, 200)).join(', ')}. Or give service, profile_type, from and to.`,
  );
}

function readGrafanaPage(path: string, parameters: URLSearchParams): Page | null {
  if (SHORT_LINK.test(path)) {
    throw new UserError(
      'The link is shortened, and nothing is requested from a link.',
      'Open it in a browser and give the address of the page that it leads to.',
    );
  }
  const [, app] = /^\/a\/grafana-pyroscope-app(\/.*)?$/.exec(path) ?? [];
  if (app !== undefined) {
    // Before Grafana 11 the app had the pages of Pyroscope's own.
    return parameters.has('query') ? readPyroscopePage(app, parameters) : readDrilldownIfAny(parameters);
  }
  if (/^\/explore\/?$/.test(path)) {
    const panes = readExplorePanes(parameters);
    return panes === null ? null : readExplorePage(panes);
  }
  if (/^\/(?:render\/)?d(?:-solo)?\//.test(path)) return readDashboardPage(parameters);
  return null;
}

function readDrilldownIfAny(parameters: URLSearchParams): Page | null {
  const isQuery = [...parameters.keys()].some((name) => name.startsWith('var-') || name === 'from');
  return isQuery ? readDrilldownPage(parameters) : null;
}

function buildQuestion(
  { name, query, baseline, unused }: Page,
  address: PageAddress,
  parameters: URLSearchParams,
  now: number,
): Omit<LinkedQuestion, 'stores'> {
  const side = readSide(query, now);
  const other = baseline === null ? null : readSide(baseline, now);
  const id = query.dataSource?.id ?? null;
  const isNamed = id !== null && readVariableName(id) === null;
  const sameType = baseline === null || baseline.profileTypeId === query.profileTypeId;
  return {
    ...side,
    page: name,
    source: address.source ?? (isNamed ? storeNaming(address.store).toFull(id) : null),
    isSourceGuessed: address.source === null && name === 'a Grafana dashboard',
    profileType: query.profileTypeId.trim() || null,
    ids: collectIds(query),
    baseline: sameType ? other : null,
    orgId: readOrg(parameters),
    unused: [
      ...(query.groupBy.length === 0 ? [] : [`the grouping by ${query.groupBy.slice(0, 5).join(', ')}`]),
      ...(sameType ? [] : ['the other side, which is of another profile type']),
      ...unused,
    ].map((part) => safeText(part, 200)),
    notes: writeZoneNotes([query.range, ...(baseline === null ? [] : [baseline.range])], parameters),
  };
}

/** @throws UserError for a selector or a time that cannot be read */
function readSide({ selector, range }: PageQuery, now: number): LinkedSide {
  const all = readSelector(selector);
  const service = all.find(({ name, op }) => name === 'service_name' && op === '=');
  return {
    service: service?.value ?? null,
    matchers: all.filter((matcher) => matcher !== service),
    window: readWindow(range, now),
  };
}

function readSelector(selector: string): readonly Matcher[] {
  try {
    return parseSelector(selector.trim());
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      'The label selector in the link cannot be read.',
      'Give `service` and `selector` as arguments and the link only for the rest, or leave the link out.',
    );
  }
}

function readWindow({ from, to }: PageRange, now: number): Window | null {
  if (from === null && to === null) return null;
  const end = to === null ? now : readTime(to, now, true);
  const start = from === null ? null : readTime(from, now, false);
  if (start === null) return null;
  if (start > end) {
    throw new UserError('The time range of the link ends before it begins.', 'Give `from` and `to`.');
  }
  return { from: start, to: end };
}

function readTime(text: string, now: number, isEnd: boolean): number {
  const time = readPageTime(text, now, isEnd);
  if (time !== null) return time;
  throw new UserError(
    'The time range of the link cannot be read.',
    'Give `from` and `to` as RFC 3339 with a zone, epoch ms or now-1h.',
  );
}

/** A page that was opened in another zone than UTC shows another day. */
function writeZoneNotes(ranges: readonly PageRange[], parameters: URLSearchParams): string[] {
  const isOfDay = ranges.some(({ from, to }) => isRounded(from ?? '') || isRounded(to ?? ''));
  if (!isOfDay || readParameter(parameters, 'timezone')?.toLowerCase() === 'utc') return [];
  return ['The link rounds its time range to days or longer: they were taken in UTC.'];
}

function collectIds({ profileIds, spanIds, traceIds }: PageQuery): LinkedIds {
  const some = (ids: readonly string[]) => [...new Set(ids)].slice(0, MAX_IDS);
  return { profile_id: some(profileIds), span_id: some(spanIds), trace_id: some(traceIds) };
}
