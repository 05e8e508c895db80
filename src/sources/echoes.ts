import { anyOf, spellingsOf } from '../telemetry/spellings.js';

/**
 * A secret as a server may echo it inside a name, and what stands there instead. Plain data, fit for threads.
 */
export interface Echo {
  spelling: string;
  /** Different for every spelling, so that names that differed still do. */
  placeholder: string;
}

/** A shorter word may well be a name: a password `admin` must not take the service `admin-api` apart. */
const MIN_LENGTH = 8;

/** All echoes of some secrets. The placeholders depend on the order of the secrets alone. */
export function echoesOf(secrets: readonly string[]): readonly Echo[] {
  const spellings = new Set(secrets.flatMap(spellingsOf).filter(({ length }) => length >= MIN_LENGTH));
  return [...spellings].map((spelling, index) => ({ spelling, placeholder: `[redacted-${index + 1}]` }));
}

/** Takes echoes out of a name, or any other text. Most names hold none and come back as they are. */
export type CleanName = (name: string) => string;

/** Makes the function that takes some echoes out. */
export function nameCleaner(echoes: readonly Echo[]): CleanName {
  const pattern = patternOf(echoes);
  if (pattern === null) return (name) => name;
  const placeholders = new Map(echoes.map(({ spelling, placeholder }) => [spelling, placeholder]));
  return (name) =>
    name.search(pattern) < 0 ? name : name.replace(pattern, (echo) => placeholders.get(echo) ?? '[redacted]');
}

/**
 * Parses JSON and takes echoes out of every text and every name of a member. The text is searched as a whole
 * first; values are looked at one by one only where it holds an echo, or an escape that may hide one.
 *
 * @throws SyntaxError
 */
export function parseWithoutEchoes(json: string, echoes: readonly Echo[]): unknown {
  const value: unknown = JSON.parse(json);
  const pattern = patternOf(echoes);
  if (pattern === null || (!json.includes('\\') && json.search(pattern) < 0)) return value;
  return cleanValue(value, nameCleaner(echoes));
}

/**
 * Changes the value in place, with a list of its own for what is still to be looked at: JSON may be nested
 * deeply.
 */
function cleanValue(value: unknown, clean: CleanName): unknown {
  const top: unknown[] = [value];
  const left: object[] = [top];
  for (let holder = left.pop(); holder !== undefined; holder = left.pop()) {
    if (Array.isArray(holder)) cleanList(holder, clean, left);
    else cleanMembers(holder, clean, left);
  }
  return top[0];
}

function cleanList(list: unknown[], clean: CleanName, left: object[]): void {
  for (let at = 0; at < list.length; at++) {
    const entry = list[at];
    if (typeof entry === 'string') list[at] = clean(entry);
    else if (typeof entry === 'object' && entry !== null) left.push(entry);
  }
}

function cleanMembers(holder: object, clean: CleanName, left: object[]): void {
  for (const [name, entry] of Object.entries(holder)) {
    const [cleanedName, cleaned] = [clean(name), typeof entry === 'string' ? clean(entry) : entry];
    if (typeof entry === 'object' && entry !== null) left.push(entry);
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

/** One pattern per list: the same list comes with every answer. */
const PATTERNS = new WeakMap<readonly Echo[], RegExp | null>();

function patternOf(echoes: readonly Echo[]): RegExp | null {
  const known = PATTERNS.get(echoes);
  if (known !== undefined) return known;
  const pattern = anyOf(echoes.map(({ spelling }) => spelling));
  PATTERNS.set(echoes, pattern);
  return pattern;
}
