import { UserError } from '../errors.js';
import { parseProfileType } from '../profile/types/types.js';
import type { MatchingBudget } from '../sources/matching.js';
import { parseSelector } from '../sources/selector.js';
import type { Labels, Matcher } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { LearnedQuery, ValueName, WrittenQuery } from './query.js';
import { readVariableName, replaceVariables, type Variable } from './variables.js';

/** Types taken from one query whose type is a variable. */
const MAX_TYPES = 10;
const MAX_TITLE = 80;
const MAX_TITLES = 4;
/** Stand for a variable while a selector is read: private-use characters, which no label holds. */
const [OPEN, CLOSE] = ['\ue000', '\ue001'];
const MARK = new RegExp(`${OPEN}([^${OPEN}${CLOSE}]*)${CLOSE}`, 'g');
const ONE_MARK = new RegExp(`^(?:${MARK.source})$`);
/** A variable in the place of a whole condition. */
const LOOSE_MARK = new RegExp(`([{,]|^)\\s*${MARK.source}\\s*(?=[,}]|$)`, 'g');
/** Text before the braces of a query that is written as for Prometheus. */
const PREFIX = /^[^{"'`]*(?=\{)/;
/** A regular expression that is just a text. */
const PLAIN = /^[^\\.+*?()|[\]{}^$]+$/;

/**
 * A written query as what it asks for whatever its variables are set to: conditions with a variable are open
 * (`variesBy`), a variable for the type gives one query per type it offers. Empty for a query that cannot be
 * read.
 *
 * @param budget what the regular expressions of several queries may come to together
 */
export function normalise(
  query: WrittenQuery,
  variables: ReadonlyMap<string, Variable>,
  budget?: MatchingBudget,
): LearnedQuery[] {
  const selector = readSelector(query.selector, variables, budget);
  if (selector === null) return [];
  const titles = [...new Set(query.titles.map((title) => plainTitle(title)).filter((title) => title !== ''))];
  const shared = {
    ...selector,
    sources: query.sources,
    groupBy: [...new Set(query.groupBy.flatMap((label) => literal(label, variables)))],
    titles: titles.slice(0, MAX_TITLES),
    origin: query.origin,
  };
  return typeIds(query.profileTypeId, variables).map((profileTypeId) => ({ profileTypeId, ...shared }));
}

/** A title without its variables, safe to show: `CPU of $app` → `CPU of …`; '' where no word is left. */
function plainTitle(title: string): string {
  const plainText = replaceVariables(title, () => '…');
  if (!/[\p{L}\p{N}]{3}/u.test(plainText)) return '';
  // No reader may take a title for a link.
  return safeText(plainText.replaceAll('](', '] ('), MAX_TITLE);
}

/** The ids that a type may be; [null] where the dashboard does not say, [] where it is no type. */
function typeIds(written: string, variables: ReadonlyMap<string, Variable>): (string | null)[] {
  const name = readVariableName(written);
  if (name === null) return /[$[]/.test(written) ? [null] : fiveParts(written);
  const variable = variables.get(name);
  const offered = [...(variable?.current ?? []), ...(variable?.options ?? []).map(({ value }) => value)];
  const ids = [...new Set(offered.flatMap(fiveParts))].slice(0, MAX_TYPES);
  return ids.length === 0 ? [null] : ids;
}

function fiveParts(id: string): string[] {
  const type = parseProfileType(id.trim());
  return type === null ? [] : [type.id.split(':').slice(0, 5).join(':')];
}

/** Returns the value of a text without variables, or of a variable with a fixed value. */
function literal(value: string, variables: ReadonlyMap<string, Variable>): string[] {
  const name = readVariableName(value);
  if (name === null) return /\$|\[\[/.test(value) ? [] : [value];
  return [...(variables.get(name)?.current ?? [])];
}

function readSelector(
  written: string,
  variables: ReadonlyMap<string, Variable>,
  budget: MatchingBudget | undefined,
): Pick<LearnedQuery, 'matchers' | 'variesBy' | 'current' | 'valueNames'> | null {
  const marked = replaceVariables(written, (name) => {
    const variable = variables.get(name);
    const fixed = variable?.isConstant === true ? variable.current[0] : undefined;
    return fixed ?? `${OPEN}${name}${CLOSE}`;
  });
  const conditions = marked
    .replace(PREFIX, '')
    .replace(LOOSE_MARK, '$1')
    .replace(/([{,])[\s,]*,/g, '$1');
  const parsed = parse(conditions, budget);
  if (parsed === null) return null;
  const matchers = new Map<string, Matcher>();
  const variesBy = new Set<string>();
  const current: Record<string, string> = {};
  const valueNames: ValueName[] = [];
  for (const matcher of parsed) {
    if (/^__.*__$/.test(matcher.name) || hasMark(matcher.name)) continue;
    if (!hasMark(matcher.value)) {
      const plainMatcher = simplified(matcher);
      if (plainMatcher !== null) matchers.set(JSON.stringify(plainMatcher), plainMatcher);
      continue;
    }
    if (matcher.op.startsWith('!')) continue;
    variesBy.add(matcher.name);
    const variable = variables.get(ONE_MARK.exec(matcher.value)?.[1] ?? '');
    const [only, ...others] = variable?.current ?? [];
    if (only !== undefined && others.length === 0 && !/[.*+|]/.test(only)) current[matcher.name] = only;
    for (const { word, value } of variable?.options ?? []) {
      if (word !== value) valueNames.push({ label: matcher.name, value, word: safeText(word, MAX_TITLE) });
    }
  }
  return {
    matchers: [...matchers.values()].sort(byLabel),
    variesBy: [...variesBy].sort(),
    current: Object.fromEntries(Object.entries(current)) satisfies Labels,
    valueNames,
  };
}

function hasMark(value: string): boolean {
  return value.includes(OPEN);
}

/**
 * The product's own parser; a condition with a variable is read, whatever its regular expression would be.
 */
function parse(selector: string, budget: MatchingBudget | undefined): Matcher[] | null {
  try {
    // Copies: what a condition compiles to is kept as long as the object, and what is learned is kept for
    // hours.
    return parseSelector(selector, budget).map((matcher) => ({ ...matcher }));
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Simplifies a condition to its plainest form; null where it holds for everything. */
function simplified(matcher: Matcher): Matcher | null {
  const { name, op, value } = matcher;
  if (op === '=~' && /^(?:\.\*|\.\+|\(\.\*\)|)$/.test(value)) return null;
  if (op === '=~' && PLAIN.test(value)) return { name, op: '=', value };
  if (op === '!~' && PLAIN.test(value)) return { name, op: '!=', value };
  return matcher;
}

function byLabel(a: Matcher, b: Matcher): number {
  const [textA, textB] = [a, b].map(({ name, op, value }) => `${name}\u0000${op}\u0000${value}`);
  return (textA ?? '') < (textB ?? '') ? -1 : 1;
}
