/** Longest name an answer carries uncut; symbol names of 65,535 bytes occur. */
const MAX_NAME = 2_000;

/**
 * C0 and C1 controls (ANSI escapes begin with one), zero-width and bidirectional marks, line separators, tag
 * characters: nothing a terminal or a model should act on.
 */
const UNSAFE = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, 'g');

/**
 * Makes text from profiles, labels and servers safe to print in a data position: control characters and marks
 * stripped, white space folded, well-formed, length capped.
 */
export function safeText(text: string, maxLength = MAX_NAME): string {
  const clean = text.replace(ANSI, '').replace(UNSAFE, ' ').replace(/\s+/g, ' ').trim().toWellFormed();
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1)}…`;
}

/** Cuts a name on its left, where the package path is; the part that tells functions apart stays. */
export function cutLeft(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  const tail = name.slice(name.length - maxLength + 1);
  const slash = tail.indexOf('/');
  return `…${slash >= 0 && slash < maxLength / 2 ? tail.slice(slash) : tail}`;
}
