import { UpstreamError } from '../errors.js';
import { asPatterns } from '../patterns/asked/as-patterns.js';
import { toDay } from '../patterns/asked/remembered.js';
import type { Learned, PatternBook } from '../patterns/book.js';
import { readLiveSchema } from '../patterns/live-schema.js';
import { byRank } from '../patterns/merge.js';
import { type NamedService, type QueryPattern, SERVICE_LABEL } from '../patterns/pattern.js';
import { buildCall, hasService, listTypeIds, typeArgument } from '../patterns/pattern-call.js';
import type { ScanProgress } from '../patterns/scan.js';
import { selectPatterns } from '../patterns/select.js';
import { type LiveSchema, validatePatterns } from '../patterns/validate.js';
import { defaultGroupings, findServiceLabel, serviceByWord } from '../patterns/words.js';
import { PROGRAM } from '../program.js';
import type { ToolContext } from '../query/context.js';
import { overviewLinkTo } from '../query/link.js';
import { bestDashboardLink, type PatternRow, patternsAnswer } from '../report/answers/patterns.js';
import { type Link, withLink } from '../report/links.js';
import type { NextCall } from '../report/next.js';
import type { Answer } from '../report/render.js';
import type { StoreFailure } from '../sources/registry.js';
import { formatSelector } from '../sources/selector.js';
import type { ProfileSource } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import { plural } from '../text/units.js';
import type { Run } from './define.js';
import type { input } from './surface/find_query_patterns.js';

/** How long a call waits for a scan that runs: what is known by then is the answer. */
const WAIT_MS = 8_000;
const HOUR = 3_600_000;

export const run: Run<typeof input> = async (args, context) => {
  const { sources, signal } = context;
  const { sources: listed, failures } =
    args.source === undefined ? await sources.overview(signal) : { sources: [], failures: [] };
  const enabled = listed.flatMap(({ source }) => source ?? []);
  // Without any source, picking one throws the error that says why.
  const toRead = enabled.length > 0 ? enabled : [await sources.pick(args.source, signal)];
  const books = toRead.map((source) => ({ source, book: context.getPatterns?.(source) ?? null }));
  const learned = await readAll(books, context);
  const hasGrafana = books.some(({ book }) => book !== null);
  if (!hasGrafana && learned.every(({ patterns }) => patterns.length === 0))
    return noGrafana(toRead, context.asked != null);
  const all = learned.flatMap(({ patterns }) => patterns).sort((a, b) => byRank(a.pattern, b.pattern));
  const patterns = all.map(({ pattern }) => pattern);
  const service = args.service ?? null;
  const word = service ?? args.words ?? null;
  const named = word === null ? null : resolveService(word, learned, patterns);
  const wanted = named ?? (service === null ? null : { label: SERVICE_LABEL, value: service });
  const { selected, matched: held } = await selectPatterns(
    patterns,
    { words: args.words ?? null, service: service === null ? null : wanted },
    signal,
  );
  const chosen = new Set(selected);
  const shown = all.filter(({ pattern }) => chosen.has(pattern));
  const origins = new Map(learned.map((entry) => [entry.source, entry]));
  const rows = shown.slice(0, args.limit).flatMap(({ pattern, source }) => {
    const origin = origins.get(source);
    return origin === undefined ? [] : [buildRow(pattern, origin, wanted)];
  });
  const answer = patternsAnswer({
    rows,
    matching: shown.length,
    headline: `${held === 'none' ? noneHolds(args.words ?? '', all.length) : counted(shown.length)} ${originText(learned, shown.length)}`,
    // Our own calls are no habit of the team.
    habits: habits(
      shown.map(({ pattern }) => pattern).filter(({ asked }) => asked === undefined),
      learned,
    ),
    notes: [
      ...wordNotes(word, named, learned),
      ...(held === 'some'
        ? ['No pattern holds all these words; those that hold most of them are listed.']
        : []),
      ...learned.flatMap(({ notes }) => notes),
      ...failures.flatMap(failureNotes),
    ],
    next: shown.length === 0 ? nextWithout(held === 'none' && all.length > 0) : [],
  });
  return withLink(answer, bestDashboardLink(rows) ?? sourceLink(books[0]?.source, context));
};

/** Notes a store whose sources are not among those that were asked. */
function failureNotes({ error }: StoreFailure): string[] {
  if (!(error instanceof UpstreamError)) return [];
  return [`Not all data sources were asked: ${safeText(`${error.kind}: ${error.detail}`, 200)}.`];
}

/** Links to the first source that was asked, over its last hour, where there is no dashboard to open. */
function sourceLink(source: ProfileSource | undefined, context: ToolContext): Link | null {
  const to = context.now();
  const window = { from: to - HOUR, to };
  return source === undefined ? null : overviewLinkTo(source, { matchers: [], window });
}

interface SourcePatterns {
  source: ProfileSource;
  isDefault: boolean;
  /** Null for a source without a Grafana. */
  learned: Learned | null;
  live: LiveSchema | null;
  /** The team's own label for services; null where that is `service_name`. */
  label: string | null;
  patterns: readonly { pattern: QueryPattern; source: ProfileSource }[];
  notes: readonly string[];
}

/** The patterns of each source, checked against what it holds; one that does not answer is not checked. */
async function readAll(
  books: readonly { source: ProfileSource; book: PatternBook | null }[],
  context: ToolContext,
): Promise<SourcePatterns[]> {
  const seen = new Set<PatternBook>();
  return Promise.all(
    books.map(async ({ source, book }) => {
      const isFresh = book !== null && !seen.has(book);
      if (book !== null) seen.add(book);
      const tell = isFresh ? createProgress(context) : undefined;
      const readings = Promise.all([
        book?.read(context.signal, WAIT_MS, tell) ?? null,
        context.asked?.remembered(source) ?? [],
      ]);
      const reading = readings.then(([learned, remembered]) => {
        // Patterns without a particular source are listed once, with the first source that they may belong
        // to.
        const known = (learned?.patterns ?? []).filter(
          ({ sourceUid }) => sourceUid === source.uid || (sourceUid === null && isFresh),
        );
        const today = toDay(context.now());
        const asked = asPatterns(remembered, { sourceUid: source.uid, known, today });
        const label = findServiceLabel(known, learned?.serviceLabels ?? []);
        return { learned, patterns: [...known, ...asked], label };
      });
      const [{ learned, patterns: learnedPatterns, label }, live, isDefault] = await Promise.all([
        reading,
        // A source that has nothing to check gets no requests.
        book === null && (await reading).patterns.length === 0
          ? null
          : readLiveSchema(source, reading, context),
        context.sources.isDefault(source, context.signal),
      ]);
      const checked =
        live === null ? learnedPatterns : await validatePatterns(learnedPatterns, live, context.signal);
      return {
        source,
        isDefault,
        learned,
        live,
        label,
        patterns: checked.map((pattern) => ({ pattern, source })),
        notes: [
          ...(isFresh && learned !== null ? scanNotes(learned) : []),
          ...(live === null && learnedPatterns.length > 0
            ? [`${safeText(source.name, 100)} does not answer: its patterns are not checked against it.`]
            : []),
        ],
      };
    }),
  );
}

/** Tells how many dashboards are read; each number once, since of one call it must grow. */
function createProgress({ progress }: ToolContext): ((scan: ScanProgress) => void) | undefined {
  if (progress === undefined) return undefined;
  let told = 0;
  return ({ done, failed, total }) => {
    if (done + failed <= told) return;
    told = done + failed;
    progress(told, { total, what: 'dashboards read' });
  };
}

/**
 * A service that exists, by `service_name` or by the team's own label, or the one that the team calls so;
 * null where neither holds.
 */
function resolveService(
  word: string,
  learned: readonly SourcePatterns[],
  patterns: readonly QueryPattern[],
): NamedService | null {
  const labels = new Set([SERVICE_LABEL, ...learned.flatMap(({ label }) => label ?? [])]);
  for (const label of labels) {
    const named = { label, value: word };
    if (learned.some(({ live }) => live !== null && hasService(live, named))) return named;
  }
  for (const label of labels) {
    const value = serviceByWord(patterns, word, label);
    if (value !== null) return { label, value };
  }
  return null;
}

/** Which service was taken for a word that is none. */
function wordNotes(
  word: string | null,
  named: NamedService | null,
  learned: readonly SourcePatterns[],
): string[] {
  if (word === null || named === null) return [];
  const isByOwnLabel = named.label !== SERVICE_LABEL;
  const quoted = JSON.stringify(safeText(word, 100));
  if (named.value === word) {
    return isByOwnLabel ? [`${quoted} is taken for a service by ${safeText(named.label, 60)}.`] : [];
  }
  const missing = learned.some(({ live }) => hasService(live, named)) ? '' : ', which sends no profiles';
  const meaning = isByOwnLabel
    ? safeText(formatSelector([{ name: named.label, op: '=', value: named.value }]), 160)
    : safeText(named.value, 100);
  return [`${quoted} is the team's word for ${meaning}${missing}.`];
}

function scanNotes({ progress, isScanning, failure }: Learned): string[] {
  if (failure !== null) {
    return [
      `The dashboards could not be listed (${safeText(failure, 200)}): the token needs dashboards:read; \`${PROGRAM} doctor\` checks it.`,
    ];
  }
  if (progress === null) return ['The dashboards are being read: ask again in a moment.'];
  const { total, done, failed, left } = progress;
  return [
    ...(isScanning && done + failed < total
      ? [`${done} of ${total} dashboards are read so far: ask again for the rest.`]
      : []),
    ...(failed > 0 ? [`${failed} of ${total} dashboards could not be read.`] : []),
    ...(!isScanning && left > 0 ? [`${left} of ${total} dashboards are left for the next scans.`] : []),
  ];
}

/** The calls that lead on where nothing fits. */
function nextWithout(hasOthers: boolean): NextCall[] {
  const services: NextCall = { tool: 'list_services', arguments: {} };
  return hasOthers ? [{ tool: 'find_query_patterns', arguments: {} }, services] : [services];
}

function counted(count: number): string {
  return count === 0 ? 'No query patterns' : plural(count, 'query pattern');
}

/** Says that words stand nowhere, so that nothing can be taken for an answer to them. */
function noneHolds(words: string, all: number): string {
  const quoted = JSON.stringify(safeText(words, 100));
  return all === 0 ? counted(0) : `Nothing holds ${quoted}: not a word of it stands in the ${counted(all)}`;
}

function originText(learned: readonly SourcePatterns[], shown: number): string {
  const books = new Map(learned.flatMap(({ learned: one }) => (one === null ? [] : [[one.patterns, one]])));
  const read = [...books.values()].reduce((sum, { progress }) => sum + (progress?.done ?? 0), 0);
  const sources = learned.map(({ source }) => safeText(source.name, 100)).join(', ');
  const asked = learned
    .flatMap(({ patterns }) => patterns)
    .some(({ pattern }) => pattern.asked !== undefined);
  const origins = [
    ...(books.size === 0 ? [] : [plural(read, 'dashboard')]),
    ...(asked ? ['calls of our own that were followed up'] : []),
  ];
  return `from ${origins.join(' and ')}${shown === 0 ? '' : ', the most used first'}; source ${sources}`;
}

function habits(shown: readonly QueryPattern[], learned: readonly SourcePatterns[]): string[] {
  const mapped = learned.flatMap((entry) => entry.learned?.serviceLabels ?? []);
  const label = findServiceLabel(shown, mapped);
  const isUsual = shown.some(
    ({ valid, matchers, variesBy }) =>
      valid !== false && [...variesBy, ...matchers.map(({ name }) => name)].includes(SERVICE_LABEL),
  );
  const groupings = defaultGroupings(shown).slice(0, 3);
  return [
    ...(label === null
      ? []
      : [
          `The team tells services apart by ${safeText(label, 60)}, ${isUsual ? 'more than by' : 'not'} service_name.`,
        ]),
    ...(groupings.length === 0
      ? []
      : [`It groups by ${groupings.map((name) => safeText(name, 60)).join(', ')}.`]),
  ];
}

function buildRow(pattern: QueryPattern, origin: SourcePatterns, wanted: NamedService | null): PatternRow {
  const { profileTypeId } = pattern;
  const typeIds = listTypeIds(origin.live);
  const place = { ...origin, source: origin.isDefault ? null : origin.source.name };
  return {
    source: pattern.sourceUid === null ? null : origin.source.name,
    profileTypeId,
    typeName: profileTypeId === null ? null : typeArgument(profileTypeId, typeIds),
    selector: formatSelector(pattern.matchers),
    groupBy: pattern.groupBy,
    variesBy: pattern.variesBy,
    titles: pattern.titles,
    dashboards: pattern.dashboards,
    seenMs: pattern.seen,
    isValid: pattern.valid,
    reason: pattern.reason,
    asked: pattern.asked ?? null,
    call: pattern.valid === false ? null : buildCall(pattern, place, wanted),
  };
}

/** Patterns come from dashboards: without a Grafana there are none, which is no fault of the caller. */
function noGrafana(sources: readonly ProfileSource[], isRemembering: boolean): Answer {
  const names = sources.map(({ name }) => safeText(name, 100)).join(', ');
  const reached =
    sources.length === 0 ? 'and no data source is configured' : `but ${names} is not behind one`;
  return patternsAnswer({
    rows: [],
    matching: 0,
    headline: `No query patterns: they are learned from the dashboards of a Grafana, ${reached}${isRemembering ? '; and from calls that are followed up, of which there are none yet' : ''}.`,
    habits: [],
    notes: [
      'An operator connects one with GRAFANA_URL and GRAFANA_SERVICE_ACCOUNT_TOKEN.',
      'Without it, list_services, list_profile_types and list_labels say what there is to ask for.',
    ],
    next: sources.length === 0 ? [] : [{ tool: 'list_services', arguments: {} }],
  });
}
