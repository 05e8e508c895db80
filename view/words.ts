import type { Flame } from '../src/report/picture/format.js';
import type { Frames } from '../src/report/picture/layout.js';
import { safeText } from '../src/text/sanitise.js';
import { formatShare, formatValue } from '../src/text/units.js';

/** Longest name that a line of text shows; the rest is a tooltip's. */
const MAX_SHOWN = 200;

/** A name as it may be shown: without characters that act on a page or turn its text around. */
export function shown(text: string): string {
  return safeText(text, MAX_SHOWN);
}

/** The end of a name that tells it from its neighbours: without the path of its package. */
export function shortName(name: string): string {
  // Type parameters of Go's compiler would fill the line.
  const clean = shown(name.replace(/\[go\.shape\..*\]/, '[…]'));
  const plain = clean.split(/[(<[\s]/, 1)[0] ?? '';
  const short = clean.slice(plain.lastIndexOf('/') + 1);
  return short === '' ? clean : short;
}

/** Name of a function of a flame graph; the last number stands for callees that were left out. */
export function readName({ strings, functions }: Flame, fn: number): string {
  const index = functions.name[fn];
  if (index === undefined) return '… callees that were left out';
  return strings[index] || '(no name)';
}

export function readFile({ strings, functions }: Flame, fn: number): string {
  return strings[functions.file[fn] ?? -1] ?? '';
}

/** A value per profile, in words. */
export function valueText({ type }: Flame, value: number): string {
  return value === 0 ? '0' : formatValue(value, type.unit, type.noun);
}

/** Costs of one function or frame on both sides, in display units. */
export interface Costs {
  before: number | null;
  after: number;
}

/** ` per profile` or ` (mean snapshot)`; '' for a value of the whole window. */
export function perText({ per }: Flame): string {
  if (per === '') return '';
  return per === 'per profile' ? ' per profile' : ` (${per})`;
}

/** `0 -> 108 ms per profile (0% -> 20.5% of cpu)`, or one side alone where nothing is compared. */
export function costText(flame: Flame, { before, after }: Costs, whole: Frames['whole']): string {
  const per = perText(flame);
  const share = (value: number, of: number) => formatShare(of > 0 ? value / of : 0);
  const of = ` of ${flame.type.alias}`;
  if (before === null) return `${valueText(flame, after)}${per} (${share(after, whole[1])}${of})`;
  const [was, is] = [valueText(flame, before), valueText(flame, after)];
  return `${was} → ${is}${per} (${share(before, whole[0] ?? 0)} → ${share(after, whole[1])}${of})`;
}

/** Self and total of a function over all of the profiles, in display units. */
export function readCosts(flame: Flame, fn: number): { self: Costs; total: Costs } {
  const { functions, scale, divisors } = flame;
  const read = (of: Flame['functions']['self']): Costs => ({
    before: of[0] === null ? null : ((of[0][fn] ?? 0) * scale) / (divisors[0] ?? 1),
    after: ((of[1][fn] ?? 0) * scale) / divisors[1],
  });
  return { self: read(functions.self), total: read(functions.total) };
}

/** Totals of the flame graph in display units. */
export function readWhole({ totals, divisors }: Flame): Frames['whole'] {
  return [totals[0] === null ? null : totals[0] / (divisors[0] ?? 1), totals[1] / divisors[1]];
}

/** Word for a mark, and the sign that stands before a name, so that no meaning hangs on a colour. */
export const MARK_WORDS = ['within noise', 'grew', 'shrank'] as const;
export const MARK_SIGNS = ['', '+ ', '− '] as const;
