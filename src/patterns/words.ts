import { findService, type QueryPattern, SERVICE_LABEL } from './pattern.js';

/** Words that dashboards of every team hold: they name what is measured, not whose it is. */
const COMMON = new Set(
  (
    'a all alloc allocated allocation allocations allocs and app application block blocking breakdown by bytes cpu ' +
    'dashboard detail details flame flamegraph flames for goroutine goroutines graph heap hot in inuse live lock locks ' +
    'memory mutex object objects of on overview panel per performance pod pods process profile profiler profiles ' +
    'profiling pyroscope service services space the time top total usage use used version wall'
  ).split(' '),
);

/** Labels that name a service where it is not `service_name`, as agents and collectors write them. */
const SERVICE_LIKE =
  /^(?:service|service\.name|app|application|app_name|job|component|workload|deployment|k8s[._]deployment[._]name|namespace_workload|microservice)$/;

/**
 * The service that the team means by a word of its own, where the word leads to just one: the words of titles
 * over queries of one service, and of custom variables (`Payments : pay-svc-v2`). Case and punctuation do not
 * matter; words such as "cpu" alone name nothing. Null where none or several fit.
 */
export function serviceByWord(
  patterns: readonly QueryPattern[],
  word: string,
  label = SERVICE_LABEL,
): string | null {
  const wantedWords = splitWords(word);
  if (wantedWords.every((part) => COMMON.has(part))) return null;
  const services = new Set<string>();
  for (const pattern of patterns) {
    if (pattern.valid === false) continue;
    for (const name of pattern.valueNames) {
      if (name.label === label && sameWords(splitWords(name.word), wantedWords)) services.add(name.value);
    }
    const service = findService(pattern, label);
    if (service === null) continue;
    const titles = [...pattern.titles, ...pattern.dashboards.map(({ title }) => title)];
    if (titles.some((title) => containsAll(splitWords(title), wantedWords))) services.add(service);
  }
  const [only, ...others] = services;
  return others.length === 0 ? (only ?? null) : null;
}

/**
 * The label by which the team tells its services apart: the one that weighs most in its queries, by their
 * rank. Null where that is `service_name`, as much of the one as of the other included, or where they do not
 * say.
 *
 * @param mapped labels that trace data sources map `service.name` to: each weighs like one dashboard of today
 */
export function findServiceLabel(
  patterns: readonly QueryPattern[],
  mapped: readonly string[] = [],
): string | null {
  const weights = new Map<string, number>();
  const add = (label: string, weight: number) => weights.set(label, (weights.get(label) ?? 0) + weight);
  for (const { valid, score, matchers, variesBy } of patterns) {
    if (valid === false) continue;
    const labels = new Set([
      ...matchers.filter(({ op }) => !op.startsWith('!')).map(({ name }) => name),
      ...variesBy,
    ]);
    for (const label of labels) {
      if (label === SERVICE_LABEL || mapped.includes(label) || SERVICE_LIKE.test(label)) add(label, score);
    }
  }
  for (const label of mapped) add(label, 1);
  const usual = weights.get(SERVICE_LABEL) ?? 0;
  const [best] = [...weights]
    .filter(([label, weight]) => label !== SERVICE_LABEL && weight > usual)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return best?.[0] ?? null;
}

/** The labels by which the team splits its profiles, the most used first. */
export function defaultGroupings(patterns: readonly QueryPattern[]): string[] {
  const weights = new Map<string, number>();
  for (const { valid, score, groupBy } of patterns) {
    if (valid === false) continue;
    for (const label of groupBy) weights.set(label, (weights.get(label) ?? 0) + score);
  }
  return [...weights].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([label]) => label);
}

/** A text in lower-case words. */
export function splitWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Whether a list of words contains other words in their order, without a gap. */
function containsAll(words: readonly string[], wantedWords: readonly string[]): boolean {
  return words.some((_word, at) => sameWords(words.slice(at, at + wantedWords.length), wantedWords));
}

function sameWords(words: readonly string[], others: readonly string[]): boolean {
  return words.length === others.length && words.every((word, index) => word === others[index]);
}
