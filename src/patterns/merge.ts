import type { PatternPlace, QueryPattern } from './pattern.js';
import type { LearnedQuery, Origin, ValueName } from './query.js';

/** The queries of one place. */
export interface PlaceQueries {
  place: PatternPlace;
  /** When it was last changed, Unix ms. */
  updated: number | null;
  queries: readonly LearnedQuery[];
}

const DAY = 86_400_000;
/**
 * Half-life of a dashboard's weight, days: an untouched one says less and less about how the team works now.
 */
const HALF_LIFE_DAYS = 90;
/** A place whose age is not known counts like one of a year. */
const UNKNOWN_AGE_DAYS = 365;
/**
 * Panels are what people look at; a link is one click away, a variable only feeds panels, a hidden query
 * shows nothing.
 */
const WEIGHTS: Readonly<Record<Origin, number>> = {
  panel: 1,
  traces: 1,
  link: 0.5,
  variable: 0.25,
  hidden: 0.1,
};
const MAX_TITLES = 8;
const MAX_PLACES = 20;
const MAX_VALUE_NAMES = 200;

interface Draft {
  query: LearnedQuery;
  sourceUid: string | null;
  titles: Map<string, number>;
  places: Map<string, { place: PatternPlace; updated: number | null; weight: number }>;
  valueNames: Map<string, ValueName>;
  current: Record<string, string>;
}

/**
 * Merges queries into patterns: one per source, type, conditions, open labels and grouping. The best come
 * first, by the number of places; each place is weighed by its age (half-life of a quarter) and by where the
 * query stands in it.
 *
 * @param now Unix ms
 */
export function mergePatterns(places: Iterable<PlaceQueries>, now: number): QueryPattern[] {
  const drafts = new Map<string, Draft>();
  for (const { place, updated, queries } of places) {
    for (const query of queries) {
      for (const sourceUid of query.sources.length === 0 ? [null] : query.sources) {
        const draft = openDraft(drafts, query, sourceUid);
        const draftPlace = draft.places.get(place.uid);
        const weight = WEIGHTS[query.origin] * recency(updated, now);
        draft.places.set(place.uid, { place, updated, weight: Math.max(weight, draftPlace?.weight ?? 0) });
        for (const title of query.titles) draft.titles.set(title, (draft.titles.get(title) ?? 0) + 1);
        for (const name of query.valueNames) draft.valueNames.set(JSON.stringify(name), name);
        draft.current = { ...query.current, ...draft.current };
      }
    }
  }
  return [...drafts.values()].map(finished).sort(byRank);
}

/** 1 for a place changed now, half after a quarter. */
function recency(updated: number | null, now: number): number {
  const days = updated === null ? UNKNOWN_AGE_DAYS : Math.max(0, now - updated) / DAY;
  return 2 ** (-days / HALF_LIFE_DAYS);
}

function openDraft(drafts: Map<string, Draft>, query: LearnedQuery, sourceUid: string | null): Draft {
  const { profileTypeId, matchers, variesBy, groupBy } = query;
  const key = JSON.stringify([sourceUid, profileTypeId, matchers, variesBy, groupBy]);
  const draft = drafts.get(key) ?? {
    query,
    sourceUid,
    titles: new Map(),
    places: new Map(),
    valueNames: new Map(),
    current: {},
  };
  drafts.set(key, draft);
  return draft;
}

function finished({ query, sourceUid, titles, places, valueNames, current }: Draft): QueryPattern {
  const newestFirst = [...places.values()].sort(
    (a, b) => (b.updated ?? 0) - (a.updated ?? 0) || (a.place.uid < b.place.uid ? -1 : 1),
  );
  const score = newestFirst.reduce((sum, { weight }) => sum + weight, 0);
  return {
    sourceUid,
    profileTypeId: query.profileTypeId,
    matchers: query.matchers,
    variesBy: query.variesBy,
    current,
    groupBy: query.groupBy,
    titles: [...titles]
      .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
      .slice(0, MAX_TITLES)
      .map(([title]) => title),
    dashboards: newestFirst.slice(0, MAX_PLACES).map(({ place }) => place),
    valueNames: [...valueNames.values()].slice(0, MAX_VALUE_NAMES),
    seen: newestFirst[0]?.updated ?? null,
    score,
    valid: null,
    reason: null,
  };
}

/** Compares patterns for sorting: invalid ones last, then by score, then by their text. */
export function byRank(a: QueryPattern, b: QueryPattern): number {
  return (
    Number(a.valid === false) - Number(b.valid === false) ||
    b.score - a.score ||
    (identity(a) < identity(b) ? -1 : 1)
  );
}

function identity({ sourceUid, profileTypeId, matchers, variesBy, groupBy }: QueryPattern): string {
  return JSON.stringify([sourceUid, profileTypeId, matchers, variesBy, groupBy]);
}
