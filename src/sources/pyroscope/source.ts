import { gaveNoAnswer, UpstreamError } from '../../errors.js';
import { ProfileBuilder } from '../../profile/pprof/builder.js';
import { safeText } from '../../text/sanitise.js';
import { type Breaker, throughBreaker } from '../breaker.js';
import { pickLabels } from '../labels.js';
import type { GrafanaPlace } from '../place.js';
import { formatSelector } from '../selector.js';
import type { ProfileQuery, ProfileSource, SeriesQuery, SourceOwner } from '../source.js';
import {
  enabledFeatures,
  labelNames,
  labelValues,
  profileStats,
  type SeriesSelection,
  selectHeatmap,
  selectMergeProfile,
  series,
} from './api.js';
import { createIdReader } from './by-id.js';
import { readExemplars } from './exemplars.js';
import { createTransport, type Transport, type TransportOptions } from './http/transport.js';
import { inPieces } from './pieces.js';
import { readReducedMerge } from './reduced.js';
import { countSnapshots } from './snapshots.js';
import { createStores, isAbsent, isRefusedByV2 } from './stores.js';
import { sumOverTime } from './timeline.js';

/** Fields of a `ProfileSource` that its creator sets. */
export interface SourceIdentity {
  readonly name: string;
  readonly uid: string;
  readonly store?: string;
  readonly kind?: 'pyroscope' | 'grafana';
  readonly place?: GrafanaPlace;
  readonly description?: string;
  readonly pages?: string;
  readonly owner?: SourceOwner;
}

/**
 * Creates a source over a Pyroscope server, in any of its storage modes (v1, v2, dual), or over the same API
 * behind a proxy.
 *
 * Windows longer than the server allows are queried in pieces, see `pieces.ts`.
 *
 * @throws UserError when the URL is not an http(s) URL
 */
export function createPyroscopeSource(
  options: SourceIdentity & Omit<TransportOptions, 'kind'> & { breaker?: Breaker | undefined },
): ProfileSource {
  const { breaker, ...rest } = options;
  const transport = createTransport({ ...rest, kind: 'pyroscope' });
  const description = describe(options);
  return pyroscopeSourceOver(breaker === undefined ? transport : throughBreaker(transport, breaker), {
    ...options,
    description,
    pages: writeAddress(options.url),
  });
}

/** Origin and path of a server, without secrets and without a slash at the end. */
function writeAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/(?<!\/)\/+$/, '')}`;
}

/** Address, kind of credentials and tenant of a server, without secrets. */
function describe({ url, token, username, tenant }: Omit<TransportOptions, 'kind'>): string {
  const credentials =
    token != null
      ? 'bearer token'
      : username != null
        ? `basic authentication as ${safeText(username)}`
        : 'no credentials';
  const tenantText = tenant == null ? 'no tenant' : `tenant ${safeText(tenant)}`;
  return `${writeAddress(url)}, ${credentials}, ${tenantText}`;
}

/** Creates a source over an existing transport. */
export function pyroscopeSourceOver(transport: Transport, identity: SourceIdentity): ProfileSource {
  const stores = createStores({
    async answersFrom(start, signal) {
      const probe = {
        profileTypeId: PROBE_TYPE,
        labelSelector: '{}',
        start,
        end: start + 1,
        step: 1,
        groupBy: [],
      };
      return selectHeatmap(transport, probe, signal).then(() => true, falseIf(isRefusedByV2));
    },
    async exists(signal) {
      return enabledFeatures(transport, signal).then(
        (features) => features.has('v2StorageLayer'),
        falseIf(isForGood),
      );
    },
  });

  const ids = createIdReader(transport, stores);
  const source: ProfileSource = {
    name: identity.name,
    uid: identity.uid,
    kind: identity.kind ?? 'pyroscope',
    isLive: true,
    ...(identity.store === undefined ? {} : { store: identity.store }),
    ...(identity.description === undefined ? {} : { description: identity.description }),
    ...(identity.owner === undefined ? {} : { owner: identity.owner }),
    ...(identity.place === undefined ? {} : { place: identity.place }),
    ...(identity.pages === undefined ? {} : { pages: identity.pages }),

    async labelNames(query, signal) {
      const names = await labelNames(transport, seriesSelection(query), signal);
      return distinct(names.filter((name) => !isPrivate(name)));
    },

    async labelValues(name, query, signal) {
      return distinct(await labelValues(transport, name, seriesSelection(query), signal));
    },

    async series(names, query, signal) {
      const rows = await series(transport, names, seriesSelection(query), signal);
      const wanted =
        names.length > 0 ? names : distinct(rows.flatMap(Object.keys).filter((name) => !isPrivate(name)));
      const byText = new Map(
        rows.map((row) => pickLabels(row, wanted)).map((row) => [JSON.stringify(row), row]),
      );
      return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    },

    async profile(query, signal) {
      const { profileTypeId, matchers, only, isApart } = query;
      const { from: start, to: end } = inMilliseconds(query).window;
      const selection = {
        profileTypeId,
        labelSelector: formatSelector(matchers),
        start,
        end,
        ...(isApart === undefined ? {} : { isApart }),
      };
      if (only !== undefined) return ids.read(selection, only, signal);
      const merged = await selectMergeProfile(transport, selection, signal);
      const [, sampleType = '', unit = ''] = profileTypeId.split(':');
      const profile = merged ?? new ProfileBuilder(sampleType, unit).build();
      return { profile, notes: [], profiledSeconds: null };
    },

    reduced(query, soon, signal) {
      const { from: start, to: end } = inMilliseconds(query).window;
      return readReducedMerge(transport, { ...selector(query), start, end }, soon, signal);
    },

    async snapshots(query, groupBy, signal) {
      return countSnapshots(
        inMilliseconds(query),
        { transport, ...selector(query), groupBy, signal },
        stores,
      );
    },

    async timeSeries(query, { groupBy, step, limit }, signal) {
      const { labelSelector } = selector(query);
      return sumOverTime(
        inMilliseconds(query),
        { labelSelector, groupBy, step, limit },
        { transport, stores, signal },
      );
    },

    exemplars(query, kind, signal) {
      return readExemplars(
        inMilliseconds(query),
        { ...selector(query), kind },
        { transport, stores, signal },
      );
    },

    async dataRange(signal) {
      const stats = await profileStats(transport, signal).catch(nullIfUnknown);
      if (stats === null || stats.oldest === null || stats.newest === null) return null;
      return stats.oldest <= stats.newest ? { oldest: stats.oldest, newest: stats.newest } : null;
    },

    async problems() {
      return [];
    },

    close: () => transport.close(),
  };
  return inPieces(source);
}

/** Profile type of requests that find out which storage answers; any type works. */
const PROBE_TYPE = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

function isPrivate(label: string): boolean {
  return label.startsWith('__') && label.endsWith('__');
}

function selector({ profileTypeId, matchers }: ProfileQuery): {
  profileTypeId: string;
  labelSelector: string;
} {
  return { profileTypeId, labelSelector: formatSelector(matchers) };
}

function seriesSelection(query: SeriesQuery): SeriesSelection {
  const { from: start, to: end } = inMilliseconds(query).window;
  return { start, end, matchers: query.matchers.length === 0 ? [] : [formatSelector(query.matchers)] };
}

/** The query in whole milliseconds: the server refuses fractions, and no profile lies between two. */
function inMilliseconds<Query extends SeriesQuery>(query: Query): Query {
  return { ...query, window: { from: Math.ceil(query.window.from), to: Math.floor(query.window.to) } };
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

function falseIf(expected: (error: unknown) => boolean): (error: unknown) => false {
  return (error) => {
    if (expected(error)) return false;
    throw error;
  };
}

/**
 * Whether the server will not answer this side question later either, so that it must not fail the main one.
 */
function isForGood(error: unknown): boolean {
  return error instanceof UpstreamError && !gaveNoAnswer(error);
}

/** Null for a server without this API, or for several tenants at once, which it cannot sum up. */
function nullIfUnknown(error: unknown): null {
  if (isAbsent(error)) return null;
  if (error instanceof UpstreamError && error.detail.includes('expected 1 tenant')) return null;
  throw error;
}
