/** A text as a regular expression that finds just this text, in JavaScript and in RE2. */
export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
