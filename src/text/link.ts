/** Whether a text is a link to a page, and not a name or a selector. */
export function isLink(text: string): boolean {
  return /^\s*<?https?:\/\//i.test(text);
}
