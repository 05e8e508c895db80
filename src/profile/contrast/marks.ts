/** The numbers that are marked with 1, ascending. */
export function listMarked(marks: Uint8Array): number[] {
  const marked: number[] = [];
  for (let at = 0; at < marks.length; at++) if (marks[at] === 1) marked.push(at);
  return marked;
}
