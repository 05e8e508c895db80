import { listSpellings, matchAny } from '../telemetry/spellings.js';

/**
 * A secret as a server may echo it inside a name, and its replacement. Plain data, so that threads can take
 * it.
 */
export interface Echo {
  spelling: string;
  /** Replacement of the spelling; each spelling has its own, so that different names stay different. */
  placeholder: string;
}

/** Minimum length of a spelling: a password `admin` must not cut the service `admin-api`. */
const MIN_LENGTH = 8;

/** All echoes of some secrets. The placeholders depend only on the order of the secrets. */
export function listEchoes(secrets: readonly string[]): readonly Echo[] {
  const spellings = new Set(secrets.flatMap(listSpellings).filter(({ length }) => length >= MIN_LENGTH));
  return [...spellings].map((spelling, index) => ({ spelling, placeholder: `[redacted-${index + 1}]` }));
}

/** Removes echoes from a name or any other text. */
export type CleanName = (name: string) => string;

/** Makes the function that removes some echoes. */
export function nameCleaner(echoes: readonly Echo[]): CleanName {
  const pattern = buildPattern(echoes);
  if (pattern === null) return (name) => name;
  const placeholders = new Map(echoes.map(({ spelling, placeholder }) => [spelling, placeholder]));
  return (name) =>
    name.search(pattern) < 0 ? name : name.replace(pattern, (echo) => placeholders.get(echo) ?? '[redacted]');
}

/**
 * Parses JSON and removes echoes from every string and every member name. The JSON text is searched first:
 * only if it holds an echo, or an escape that may hide one, is each value cleaned.
 *
 * @throws SyntaxError
 */
export function parseWithoutEchoes(json: string, echoes: readonly Echo[]): unknown {
  const value: unknown = JSON.parse(json);
  const pattern = buildPattern(echoes);
  if (pattern === null || (!json.includes('\\') && json.search(pattern) < 0)) return value;
  return cleanValue(value, nameCleaner(echoes));
}

/**
 * Changes the value in place. A list of pending objects takes the place of recursion, since JSON may be
 * nested too deeply for the stack.
 */
function cleanValue(value: unknown, clean: CleanName): unknown {
  const top: unknown[] = [value];
  const pending: object[] = [top];
  for (let holder = pending.pop(); holder !== undefined; holder = pending.pop()) {
    if (Array.isArray(holder)) cleanList(holder, clean, pending);
    else cleanMembers(holder, clean, pending);
  }
  return top[0];
}

function cleanList(list: unknown[], clean: CleanName, pending: object[]): void {
  for (let at = 0; at < list.length; at++) {
    const entry = list[at];
    if (typeof entry === 'string') list[at] = clean(entry);
    else if (typeof entry === 'object' && entry !== null) pending.push(entry);
  }
}

function cleanMembers(holder: object, clean: CleanName, pending: object[]): void {
  for (const [name, entry] of Object.entries(holder)) {
    const [cleanedName, cleaned] = [clean(name), typeof entry === 'string' ? clean(entry) : entry];
    if (typeof entry === 'object' && entry !== null) pending.push(entry);
    if (cleanedName === name && cleaned === entry) continue;
    if (cleanedName !== name) Reflect.deleteProperty(holder, name);
    // An assignment to a member called `__proto__` would not make one.
    Object.defineProperty(holder, cleanedName, {
      value: cleaned,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
}

/** Compiled pattern of each list of echoes: the same list comes with every answer. */
const PATTERNS = new WeakMap<readonly Echo[], RegExp | null>();

function buildPattern(echoes: readonly Echo[]): RegExp | null {
  const known = PATTERNS.get(echoes);
  if (known !== undefined) return known;
  const pattern = matchAny(echoes.map(({ spelling }) => spelling));
  PATTERNS.set(echoes, pattern);
  return pattern;
}
