import { joinKeys } from '../../../profile/code/names.js';
import { addTo, sumFunctions } from '../../../profile/contrast/side-costs.js';
import type { Profile } from '../../../profile/model.js';

// In which service of a group is a function? Each merge over some services answers that for many functions of
// many groups at once, since hardly any two services have the same one.

/** A function that is in one of some services. */
export interface Sought<Item> {
  key: string;
  /** The services that it may be in; one where that is known. */
  items: readonly Item[];
  /** Services to try first; empty where nothing hints at some of them. */
  hinted: readonly Item[];
  /** Its cost in all of them. */
  before: number;
  after: number;
  /** Whether a service may have it that it is not sought in. */
  mayHave(item: Item): boolean;
}

/** Asks about the functions of some services. */
export interface Counter<Item> {
  /** Cost of each function in some services together; null where no request is left. */
  count(
    items: readonly Item[],
    keys: readonly string[],
    side: 'before' | 'after',
  ): Promise<Map<string, number> | null>;
  /** Total of some services in the incident ÷ in the baseline. */
  loadOf(items: readonly Item[]): number;
  /** Maximum number of services of a merge. */
  maxItems: number;
}

/** Some services have the function where they have at least this part of its cost. */
const MOSTLY = 0.8;

/**
 * Finds the service of each function, by halving, for all of them together: one merge a step in the incident,
 * and one in the baseline where both halves have a function. Ends where a question is not answered.
 *
 * @param sought functions, the most important first, whose `items` become fewer
 */
export async function locate<Item>(sought: readonly Sought<Item>[], counter: Counter<Item>): Promise<void> {
  for (;;) {
    const batch = nextBatch(
      sought.filter(({ items }) => items.length > 1),
      counter.maxItems,
    );
    if (batch.sought.length === 0) return;
    const keys = batch.sought.map(({ key }) => key);
    const asked = [...batch.items];
    const now = await counter.count(asked, keys, 'after');
    if (now === null) return;
    const isUnclear = ({ key, after }: Sought<Item>) =>
      (now.get(key) ?? 0) < MOSTLY * after && (now.get(key) ?? 0) > (1 - MOSTLY) * after;
    const unclear = batch.sought.filter(isUnclear);
    const past =
      unclear.length === 0
        ? new Map<string, number>()
        : await counter.count(
            asked,
            unclear.map(({ key }) => key),
            'before',
          );
    if (past === null) return;
    for (const one of batch.sought)
      narrow(one, batch.items, { now, past, isUnclear: isUnclear(one) }, counter);
  }
}

/** Keeps the part of the services that the growth is in. */
function narrow<Item>(
  one: Sought<Item>,
  asked: ReadonlySet<Item>,
  { now, past, isUnclear }: { now: Map<string, number>; past: Map<string, number>; isUnclear: boolean },
  { loadOf }: Counter<Item>,
): void {
  const [inside, outside] = [
    one.items.filter((item) => asked.has(item)),
    one.items.filter((item) => !asked.has(item)),
  ];
  const is = now.get(one.key) ?? 0;
  const was = isUnclear ? (past.get(one.key) ?? 0) : is >= MOSTLY * one.after ? one.before : 0;
  const growth = (items: readonly Item[], before: number, after: number) => after - before * loadOf(items);
  const isInside = isUnclear
    ? growth(inside, was, is) >= growth(outside, one.before - was, one.after - is)
    : is >= MOSTLY * one.after;
  one.hinted = [];
  one.items = isInside ? inside : outside;
  [one.before, one.after] = isInside ? [was, is] : [one.before - was, one.after - is];
}

/** As many functions as one merge tells about, and the services to merge. */
function nextBatch<Item>(
  open: readonly Sought<Item>[],
  maxItems: number,
): { sought: Sought<Item>[]; items: ReadonlySet<Item> } {
  let items: ReadonlySet<Item> = new Set();
  const sought: Sought<Item>[] = [];
  for (const one of open) {
    const joined = new Set([...items, ...partToTry(one)]);
    if (sought.length > 0 && joined.size > maxItems) continue;
    // Each must be in a part of its services only, and what others add must not have it.
    const isTold = (other: Sought<Item>) => {
      const inside = other.items.filter((item) => joined.has(item)).length;
      const own = new Set(other.items);
      return (
        inside > 0 &&
        inside < other.items.length &&
        [...joined].every((item) => own.has(item) || !other.mayHave(item))
      );
    };
    if (sought.length > 0 && ![...sought, one].every(isTold)) continue;
    items = joined;
    sought.push(one);
  }
  return { sought, items };
}

function partToTry<Item>({ items, hinted }: Sought<Item>): readonly Item[] {
  const some = hinted.filter((item) => items.includes(item));
  return some.length > 0 && some.length < items.length ? some : items.slice(0, items.length >> 1);
}

/** Costs of some functions in a profile, by their keys. */
export function functionCosts(profile: Profile, keys: readonly string[]): Map<string, number> {
  const { sums } = sumFunctions(profile);
  const wanted = new Set(keys);
  const costs = new Map<string, number>();
  for (const [fn, key] of joinKeys(profile.functions).entries())
    if (wanted.has(key)) addTo(costs, key, sums[fn] ?? 0);
  return costs;
}
