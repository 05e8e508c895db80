import { UserError } from '../../errors.js';
import { formatSelector, parseSelector, sameMatchers } from '../../sources/selector.js';
import type { Matcher, Window } from '../../sources/source.js';
import { storeNaming } from '../../sources/store-naming.js';
import { formatTime } from '../../text/units.js';
import type { ToolContext } from '../context.js';
import { findPlace, type LinkedIds, type LinkedQuestion, parseLink, readLink } from './question.js';

/** Arguments that a link can fill in, in the order in which an answer names them. */
const FILLED = [
  ...['source', 'service', 'profile_type', 'selector', 'from', 'to'],
  ...['baseline_from', 'baseline_to', 'baseline_selector', 'profile_id', 'span_id', 'trace_id'],
] as const;

/** Names of ids in a sentence, from the one that says most. */
const IDS: readonly (readonly [keyof LinkedIds, string])[] = [
  ['span_id', 'the span id'],
  ['profile_id', 'the profile id'],
  ['trace_id', 'the trace id'],
];

/** A call of a tool with a link in it. */
export interface LinkCall {
  tool: string;
  /** Arguments without the link. */
  args: Readonly<Record<string, unknown>>;
  link: string;
  /** Names of all arguments that the tool takes. */
  takes: ReadonlySet<string>;
  /** Names of those that it cannot do without. */
  needs: ReadonlySet<string>;
}

/** The arguments of a call with those that its link fills in. */
export interface FilledCall {
  args: Readonly<Record<string, unknown>>;
  /** Notes for the reader: which arguments came from the link, and which parts of it are not used. */
  notes: readonly string[];
}

/**
 * Fills the arguments of a call in from a link; those that the caller gave stay as they are.
 * @throws UserError for a link that cannot be read, or that leaves out what the tool needs; UpstreamError
 */
export async function fillFromLink(call: LinkCall, context: ToolContext): Promise<FilledCall> {
  const { args, takes } = call;
  const read = readLink(call.link, await listAddresses(call.link, context), context.now());
  const question = args.source === undefined ? await chooseStore(read, context) : read;
  const given = (name: string) => args[name] !== undefined;
  const unused = [...question.unused];
  const values = new Map<string, string>([
    ...listSelection(question, call),
    ...listTimes('from', 'to', question.window),
    ...listBaseline(question, call, unused),
    ...listIds(question, call, unused),
  ]);
  if (question.source !== null) {
    if (await isUsable(question, context)) values.set('source', question.source);
    else unused.push('the variable that names a data source');
  }
  if (question.profileType !== null) values.set('profile_type', question.profileType);
  const taken = FILLED.filter((name) => values.has(name) && takes.has(name));
  const filled = taken.filter((name) => !given(name));
  const all = { ...args, ...Object.fromEntries(filled.map((name) => [name, values.get(name)])) };
  requireRest(question, all, call);
  const instead = taken.filter(given);
  return {
    args: all,
    notes: [
      [
        `From the link to ${question.page}: ${filled.length === 0 ? 'nothing' : filled.join(', ')}.`,
        ...(instead.length === 0 ? [] : [`Given instead: ${instead.join(', ')}.`]),
        ...(unused.length === 0 ? [] : [`Not used of it: ${unused.join('; ')}.`]),
      ].join(' '),
      ...question.notes,
    ],
  };
}

/**
 * Addresses whose links are taken. A link to a configured Pyroscope needs no discovery of Grafana's own.
 * @throws UpstreamError when the Grafana that the link leads to does not answer
 */
async function listAddresses(text: string, { sources, signal }: ToolContext) {
  const link = parseLink(text);
  const { configured, discover } = sources.pages;
  const place = findPlace(link, configured);
  if (place?.address.pages === 'pyroscope') return configured;
  const { addresses, failures } = await discover(signal);
  // Without an answer of Grafana its public address is not known, and a link elsewhere is refused.
  const failure = failures.find(({ store }) => place !== null && store === place.address.store);
  if (failure !== undefined) throw failure.error;
  return addresses;
}

/**
 * Decides which store a link is of, where several have the same address: the one that has the data source.
 * @throws UserError where that does not decide
 */
async function chooseStore(
  question: LinkedQuestion,
  { sources, signal }: ToolContext,
): Promise<LinkedQuestion> {
  const { stores, source } = question;
  if (stores.length === 0) return question;
  const { sources: listed } = await sources.overview(signal);
  const fitting = stores.filter((store) => {
    const { toFull } = storeNaming(store);
    return source !== null && listed.some(({ uid, name }) => [uid, name].includes(toFull(source)));
  });
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0 && source !== null) {
    return { ...question, source: storeNaming(only).toFull(source), stores: [] };
  }
  const candidates = fitting.length > 0 ? fitting : stores;
  throw new UserError(
    `The link may be of several stores: ${candidates.join(', ')}.`,
    'Give `source`, as list_data_sources names it, with the link.',
  );
}

/** Whether the source of a link exists, where it only seems to name one. */
async function isUsable(
  { source, isSourceGuessed }: LinkedQuestion,
  { sources, signal }: ToolContext,
): Promise<boolean> {
  if (!isSourceGuessed) return true;
  const { sources: listed } = await sources.overview(signal);
  return listed.some(({ uid, name }) => uid === source || name === source);
}

/** Service and further matchers; a selector of the caller replaces the matchers of the link. */
function listSelection(question: LinkedQuestion, { args, takes }: LinkCall): [string, string][] {
  const givenMatchers = typeof args.selector === 'string' ? parseSelector(args.selector) : [];
  const isOfService = ({ name, op }: Matcher) => name === 'service_name' && op === '=';
  const hasService = args.service !== undefined || givenMatchers.some(isOfService);
  const matchers = question.matchers.filter(({ name }) => !hasService || name !== 'service_name');
  const service = hasService ? null : question.service;
  if (takes.has('service') || service === null) {
    return [
      ...(service === null ? [] : [['service', service] as [string, string]]),
      ...(matchers.length === 0 ? [] : [['selector', formatSelector(matchers)] as [string, string]]),
    ];
  }
  return [['selector', formatSelector([{ name: 'service_name', op: '=', value: service }, ...matchers])]];
}

function listTimes(from: string, to: string, window: Window | null): [string, string][] {
  if (window === null) return [];
  return [
    [from, writeTime(window.from)],
    [to, writeTime(window.to)],
  ];
}

function writeTime(time: number): string {
  return time % 1000 === 0 ? formatTime(time) : new Date(time).toISOString();
}

/** The other side of a page that compares, where the tool compares and both sides are of one service. */
function listBaseline(
  { baseline, ...question }: LinkedQuestion,
  { takes }: LinkCall,
  unused: string[],
): [string, string][] {
  if (baseline === null) return [];
  if (!takes.has('baseline_from')) {
    unused.push('the side to compare with (compare_profiles takes it)');
    return [];
  }
  if (baseline.service !== question.service) {
    unused.push('the other side, which is of another service');
    return [];
  }
  const { service, matchers, window } = baseline;
  const times = listTimes('baseline_from', 'baseline_to', window);
  if (sameMatchers(matchers, question.matchers)) return times;
  if (!takes.has('baseline_selector')) {
    unused.push('the selector of the other side (compare_profiles takes it)');
    return times;
  }
  // With the service in it, a side without further matchers is not empty.
  const all: readonly Matcher[] =
    service === null ? matchers : [{ name: 'service_name', op: '=', value: service }, ...matchers];
  return [...times, ['baseline_selector', formatSelector(all)]];
}

/** The ids that say most; none where the caller gave some. */
function listIds({ ids }: LinkedQuestion, { args, takes }: LinkCall, unused: string[]): [string, string][] {
  const [most] = IDS.filter(([name]) => ids[name].length > 0);
  if (most === undefined || IDS.some(([name]) => args[name] !== undefined)) return [];
  const [name, words] = most;
  if (takes.has(name)) return [[name, ids[name].join(',')]];
  unused.push(words);
  return [];
}

/** @throws UserError where neither link nor caller say what the tool needs */
function requireRest(
  question: LinkedQuestion,
  args: Readonly<Record<string, unknown>>,
  { tool, takes, needs }: LinkCall,
): void {
  if (['from', 'to'].some((name) => needs.has(name) && args[name] === undefined)) {
    throw new UserError(
      `The link names no time range, and ${tool} needs one.`,
      'Give `from` and `to` with it.',
    );
  }
  const hasSelection = args.service !== undefined || args.selector !== undefined;
  if (hasSelection || question.profileType !== null || !takes.has('service') || !takes.has('from')) return;
  if (question.page === 'a Grafana dashboard') {
    throw new UserError(
      'The link opens a panel of a dashboard, whose query does not stand in the address, and no variable in it names the service.',
      'Give `service` and `profile_type` with the link; find_query_patterns lists what the dashboards ask.',
    );
  }
  if (question.ids.trace_id.length > 0) {
    throw new UserError(
      'The link opens a trace, which says neither the service nor the profile type.',
      'Give `service` and `profile_type` with the link.',
    );
  }
}
