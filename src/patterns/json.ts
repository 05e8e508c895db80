/** Lenient readers of JSON of unknown shape: what is absent or of another shape is empty, never an error. */

/**
 * Characters read of one text: titles, selectors and links are far shorter, and reading costs at most the
 * square.
 */
const LONGEST = 8_000;

/** The member at a path of own properties; undefined where the path ends early. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const name of path) at = isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return at;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list, or nothing. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text, well-formed; '' for anything else. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST).toWellFormed() : '';
}

/** The texts in a list, or the one text that stands in its place; empty ones left out. */
export function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(text).filter((entry) => entry !== '');
}
