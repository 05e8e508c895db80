import type { Matcher, ProfileSource, SeriesQuery, TimeSeries, Window } from '../../sources/source.js';

/** The other side of a comparison. */
interface BaselineSide<Time extends Window | null> {
  /** Null for the time just before the incident, of the same profiles. */
  window: Time;
  matchers: readonly Matcher[];
}

/** A source to compare on, and the baseline as that source shows it. */
interface AlignedSides<Time extends Window | null> {
  source: ProfileSource;
  baseline: Time;
}

/**
 * A source on which any baseline lies directly before the incident: what is asked about the time before
 * `incident.from` is answered from the baseline's own window and by its own matchers. So the code that
 * compares needs to know only one order of time and one selector, also where both windows are the same or
 * days apart. A baseline without a window lies there already.
 *
 * @param matchers the matchers of the incident, which the baseline's replace; further ones stay
 */
export function alignBaseline(
  source: ProfileSource,
  incident: Window,
  matchers: readonly Matcher[],
  baseline: BaselineSide<Window>,
): AlignedSides<Window>;
export function alignBaseline(
  source: ProfileSource,
  incident: Window,
  matchers: readonly Matcher[],
  baseline: BaselineSide<Window | null>,
): AlignedSides<Window | null>;
export function alignBaseline(
  source: ProfileSource,
  incident: Window,
  matchers: readonly Matcher[],
  baseline: BaselineSide<Window | null>,
): AlignedSides<Window | null> {
  if (baseline.window === null) return { source, baseline: null };
  const shift = incident.from - 1 - baseline.window.to;
  const moved = (window: Window, by: number): Window => ({ from: window.from + by, to: window.to + by });
  const before = <Query extends SeriesQuery>(query: Query): Query | null =>
    query.window.from >= incident.from
      ? null
      : {
          ...query,
          matchers: [
            ...baseline.matchers,
            ...query.matchers.filter((matcher) => !matchers.includes(matcher)),
          ],
          window: moved(
            { from: query.window.from, to: Math.min(query.window.to, incident.from - 1) },
            -shift,
          ),
        };
  const after = <Query extends SeriesQuery>(query: Query): Query | null =>
    query.window.to < incident.from
      ? null
      : { ...query, window: { from: Math.max(query.window.from, incident.from), to: query.window.to } };
  const both = async <Query extends SeriesQuery, Row>(query: Query, ask: (query: Query) => Promise<Row[]>) =>
    (await Promise.all([before(query), after(query)].map((part) => (part === null ? [] : ask(part))))).flat();

  return {
    baseline: moved(baseline.window, shift),
    source: {
      ...source,
      labelNames: async (query, signal) =>
        [...new Set(await both(query, (part) => source.labelNames(part, signal)))].sort(),
      labelValues: async (name, query, signal) =>
        [...new Set(await both(query, (part) => source.labelValues(name, part, signal)))].sort(),
      series: async (names, query, signal) => {
        const rows = await both(query, (part) => source.series(names, part, signal));
        return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
      },
      profile: async (query, signal) => {
        // Merges are asked for one side at a time.
        return source.profile(before(query) ?? query, signal);
      },
      snapshots: (query, groupBy, signal) => source.snapshots(before(query) ?? query, groupBy, signal),
      timeSeries: async (query, options, signal) => {
        const [past, now] = [before(query), after(query)];
        const [first, second] = await Promise.all([
          past === null ? [] : source.timeSeries(past, options, signal),
          now === null ? [] : source.timeSeries(now, options, signal),
        ]);
        const placed = first.map(({ labels, points }) => ({
          labels,
          points: points.map(({ time, value }) => ({ time: time + shift, value })),
        }));
        return united([...placed, ...second]);
      },
    },
  };
}

function united(rows: readonly TimeSeries[]): TimeSeries[] {
  const byLabels = new Map<string, TimeSeries>();
  for (const { labels, points } of rows) {
    const key = JSON.stringify(labels);
    byLabels.set(key, { labels, points: [...(byLabels.get(key)?.points ?? []), ...points] });
  }
  return [...byLabels.values()];
}
