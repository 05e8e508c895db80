/** Plain JSON, as answers carry it. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

/** A part of a text answer. Rows may be cut from the end to fit the budget, never below `keep`. */
export interface Block {
  title?: string;
  rows: readonly string[];
  /** Rows that are never cut; all where it is left out. */
  keep?: number;
  /** How to get the rows that were cut: completes "3 more rows: …". */
  more?: string;
}

/** What a tool found: data with stable names for machines, and the same in a few lines for readers. */
export interface Answer {
  data: JsonObject;
  text: readonly Block[];
  /** Names of the arrays in `data` that may be cut to fit the budget. */
  lists: readonly string[];
}

/** Upper bounds in UTF-8 bytes. Names and numbers cost about 3 bytes a token. */
export const BUDGET = { usual: 4_800, most: 28_000 } as const;

/** An answer as text inside a budget; what is cut is said in the block it was cut from. */
export function renderText(blocks: readonly Block[], budget: number): string {
  const shown = blocks.filter((block) => block.rows.length > 0).map((block) => block.rows.length);
  const present = blocks.filter((block) => block.rows.length > 0);
  const text = () => present.map((block, index) => blockText(block, shown[index] ?? 0)).join('\n');
  for (let index = present.length - 1; index >= 0; index--) {
    const block = present[index];
    if (block === undefined) continue;
    const keep = block.keep ?? block.rows.length;
    while (byteLength(text()) > budget && (shown[index] ?? 0) > keep) {
      shown[index] = Math.max(keep, Math.floor((shown[index] ?? 0) * 0.85) - 1);
    }
  }
  return capBytes(text(), BUDGET.most);
}

function blockText(block: Block, shown: number): string {
  const lines = block.title === undefined ? [] : [block.title];
  lines.push(...block.rows.slice(0, shown));
  const cut = block.rows.length - shown;
  if (cut > 0) lines.push(`… ${cut} more${block.more === undefined ? '' : `: ${block.more}`}`);
  return lines.join('\n');
}

/** An answer as JSON inside a budget: the longest lists are cut from the end, and `notes` says so. */
export function renderJson(answer: Answer, budget: number = BUDGET.most): string {
  const data: Record<string, Json | undefined> = { ...answer.data };
  const cut = new Map<string, number>();
  const serialise = () => {
    const notes = Array.isArray(data.notes) ? data.notes : [];
    const said = [...cut].map(
      ([name, count]) => `${count} more in ${name} left out to fit the answer; narrow the request.`,
    );
    return JSON.stringify(said.length > 0 ? { ...data, notes: [...notes, ...said] } : data);
  };
  let text = serialise();
  while (byteLength(text) > budget) {
    const longest = answer.lists
      .map((name) => ({ name, list: data[name] }))
      .filter(
        (entry): entry is { name: string; list: readonly Json[] } =>
          Array.isArray(entry.list) && entry.list.length > 1,
      )
      .sort((a, b) => byteLength(JSON.stringify(b.list)) - byteLength(JSON.stringify(a.list)))[0];
    if (longest === undefined) break;
    const keep = Math.max(1, Math.floor(longest.list.length * 0.85));
    cut.set(longest.name, (cut.get(longest.name) ?? 0) + longest.list.length - keep);
    data[longest.name] = longest.list.slice(0, keep);
    text = serialise();
  }
  return text;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function capBytes(text: string, most: number): string {
  if (byteLength(text) <= most) return text;
  return `${text.slice(0, Math.floor(most / 4))}\n… the rest of the answer was left out: it is over ${most} bytes.`;
}
