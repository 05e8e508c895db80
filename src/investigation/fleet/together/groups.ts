import { offload } from '../../../offload.js';
import { MIN_POINTS } from '../../../profile/contrast/contrast.js';
import { type FunctionInfo, type Profile, totalValue } from '../../../profile/model.js';
import type { Matcher, Window } from '../../../sources/source.js';
import { escapePattern } from '../../../text/pattern.js';
import { isHeavyWork } from '../../../work/offload.js';
import { readQuantum } from '../../evidence/lens/quantum.js';
import { type LensType, type ReadContext, readActive } from '../../evidence/lens.js';
import { totalsIn } from '../../evidence/profile-times.js';
import type { Plan } from '../../evidence/windows.js';
import { GROUP_GATE } from '../../thresholds.js';
import type { Look } from '../looks.js';
import type { Unit } from '../units.js';
import type { GrownFunction } from './grown.js';
import { locate, type Sought } from './locate.js';

// Services that no request is left for one by one are compared in groups: a merge over all of a group shows a
// function that grew in one of them, and halving the group shows in which.

/** Units of one main type whose total changed by about the same factor. */
export interface Group {
  looks: readonly Look[];
  lens: LensType;
  /** Windows to compare: of new instances the later half of the incident, after their warm-up. */
  plan: Plan;
}

/** The totals of the units of a group changed by the same factor, give or take this one. */
const MAX_SPREAD = 1.15;

/**
 * Divides units into groups of at most so many. Within a group the main total changed by about the same
 * factor, so that what grew by more has another reason than the load.
 */
export function formGroups(looks: readonly Look[], maxSize: number): Group[] {
  const byKind = new Map<string, Look[]>();
  for (const look of looks) {
    const main = look.evidence.series[0]?.lens;
    if (main === undefined || (main.kind !== 'time' && main.kind !== 'amount')) continue;
    const key = JSON.stringify([main.type.id, look.unit.group, look.evidence.hasTurnover]);
    byKind.set(key, [...(byKind.get(key) ?? []), look]);
  }
  return [...byKind.values()].flatMap((some) => {
    const [first] = some;
    const lens = first?.evidence.series[0]?.lens;
    if (first === undefined || lens === undefined) return [];
    const { plan: whole } = first.evidence.context;
    const plan = first.evidence.hasTurnover ? settledPlan(whole) : whole;
    return bins(some, (look) => ratioIn(look, plan), maxSize).flatMap((bin) =>
      pieces(bin, maxSize).map((piece) => ({ looks: piece, lens, plan })),
    );
  });
}

/**
 * Items in ascending order, divided where one exceeds the first of its bin by more than the spread; bins of
 * few items are joined with their neighbours, since each takes requests.
 */
export function bins<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  maxSize: number,
): Item[][] {
  const sorted = items.map((item) => ({ item, size: sizeOf(item) })).sort((a, b) => a.size - b.size);
  const divided: { from: number; items: Item[] }[] = [];
  for (const { item, size } of sorted) {
    const bin = divided.at(-1);
    if (bin !== undefined && size <= MAX_SPREAD * bin.from) bin.items.push(item);
    else divided.push({ from: size, items: [item] });
  }
  const joined: { isOfFew: boolean; items: Item[] }[] = [];
  for (const { from, items: bin } of divided) {
    const last = joined.at(-1);
    const isOfFew = bin.length <= FEW_PART * maxSize && Number.isFinite(from);
    if (isOfFew && last?.isOfFew === true && last.items.length + bin.length <= maxSize)
      last.items.push(...bin);
    else joined.push({ isOfFew, items: bin });
  }
  return joined.map(({ items: bin }) => bin);
}

/** Part of the largest group up to which a bin has few items. */
const FEW_PART = 0.5;

/** A list in pieces of about the same length, at most so long. */
function pieces<Item>(items: readonly Item[], maxSize: number): Item[][] {
  const count = Math.ceil(items.length / maxSize);
  const at = (piece: number) => Math.round((piece * items.length) / count);
  return Array.from({ length: count }, (_, piece) => items.slice(at(piece), at(piece + 1)));
}

function settledPlan(plan: Plan): Plan {
  const { from, to } = plan.incident;
  const steps = Math.floor((to - from + 1) / plan.stepMs);
  return { ...plan, incident: { from: from + Math.floor(steps / 2) * plan.stepMs, to } };
}

/** Total in the incident ÷ total in the baseline. */
function ratioIn(look: Look, { baseline, incident }: Plan): number {
  const was = mainTotalIn(look, baseline);
  return was > 0 ? mainTotalIn(look, incident) / was : Number.POSITIVE_INFINITY;
}

function mainTotalIn({ evidence }: Look, window: Window): number {
  const [main] = evidence.series;
  return main === undefined ? 0 : totalsIn(main.times, window).value;
}

/** A function that grew in a group, and the value of one sample. */
export interface GroupChange {
  grown: GrownFunction;
  quantum: number;
}

/** The functions that grew in a group, and the names of all own functions. */
export interface GroupLook {
  changes: readonly GroupChange[];
  keys: ReadonlySet<string>;
}

/** Compares the composition of a group over both windows: two requests. */
export async function lookAtGroup(group: Group): Promise<GroupLook> {
  const { lens, plan } = group;
  const readContext = createReadContext(group);
  const [before, after] = await Promise.all([
    readActive(readContext, lens.type, plan.baseline),
    readActive(readContext, lens.type, plan.incident),
  ]);
  const both = { from: plan.baseline.from, to: plan.incident.to };
  const { value: quantum } = await readQuantum(readContext, lens.type, [before, after], both, []);
  const bounds = lens.type.isWallClock ? boundsOfActive(group, after) : computeBounds(group);
  if (bounds === null) return { changes: [], keys: new Set() };
  const question = {
    before,
    after,
    quantum,
    spread: bounds.spread,
    gate: GROUP_GATE,
    minGrowth: (MIN_POINTS * bounds.smallest) / quantum,
  };
  const isHeavy = isHeavyWork(before, after);
  const { grown, keys } = await offload('grown', [question], { isHeavy, signal: readContext.signal });
  return { changes: grown.map((one) => ({ grown: one, quantum })), keys };
}

/** Smallest and largest load of the units as parts of that of all, and the smallest total in the incident. */
interface GroupBounds {
  spread: readonly [number, number];
  smallest: number;
}

function computeBounds({ looks, plan }: Group): GroupBounds | null {
  const ratios = looks.map((look) => ratioIn(look, plan)).filter(Number.isFinite);
  const totals = looks.map((look) => mainTotalIn(look, plan.incident)).filter((total) => total > 0);
  const whole = ratioOfAll(looks, plan);
  if (whole <= 0 || totals.length === 0) return null;
  const spread = [Math.min(...ratios) / whole, Math.max(...ratios) / whole] as const;
  return { spread, smallest: Math.min(...totals) };
}

/** Idle threads hide the load of each unit: it is that of all, give or take this factor. */
const ACTIVE_SPREAD = 1.25;
/** They hide its size, too: small ones have about this part of the mean. */
const SMALL_UNIT = 0.2;

function boundsOfActive({ looks }: Group, after: Profile): GroupBounds | null {
  const active = totalValue(after);
  if (active <= 0) return null;
  return { spread: [1 / ACTIVE_SPREAD, ACTIVE_SPREAD], smallest: (SMALL_UNIT * active) / looks.length };
}

/**
 * The units whose names the name or the file of a function hints at, as `…/payments/session.Merge` does at
 * `payments-hub`; none where it hints at no unit more than at another. A hint only says where to look first.
 */
export function hintedBy<Item extends { unit: Pick<Unit, 'service'> }>(
  { name, file }: Pick<FunctionInfo, 'name' | 'file'>,
  looks: readonly Item[],
): Item[] {
  const said = new Set(wordsIn(`${name} ${file}`));
  const words = looks.map(({ unit }) => wordsIn(unit.service).filter((word) => said.has(word)));
  const owners = new Map<string, number>();
  for (const word of words.flat()) owners.set(word, (owners.get(word) ?? 0) + 1);
  const scores = words.map((some) => some.reduce((sum, word) => sum + 1 / (owners.get(word) ?? 1), 0));
  const best = Math.max(0, ...scores);
  return best === 0 ? [] : looks.filter((_, at) => scores[at] === best);
}

/** Shorter words name no service. */
const MIN_WORD = 3;

function wordsIn(text: string): string[] {
  const words = text.toLowerCase().split(/[^a-z]+/);
  return [...new Set(words.filter((word) => word.length >= MIN_WORD))];
}

/** A change with the units that it may come from. */
export interface GroupSuspicion {
  group: Group;
  change: GroupChange;
  /** Only one where its unit is known. */
  looks: readonly Look[];
}

/** How requests are made while units are looked for. */
export interface Asking {
  /** Whether two requests are left. */
  mayAsk(): boolean;
  /** Result of a question about a group; null where the store fails. */
  unlessUnread<Result>(group: Pick<Group, 'looks'>, ask: () => Promise<Result>): Promise<Result | null>;
}

/**
 * Finds the unit that each change comes from, in all groups of a type at once.
 *
 * @param suspicions the most important first
 * @param keysOf names of all own functions of a group
 */
export async function locateChanges(
  suspicions: readonly GroupSuspicion[],
  keysOf: (group: Group) => ReadonlySet<string>,
  asking: Asking,
): Promise<void> {
  const kinds = new Map<string, GroupSuspicion[]>();
  for (const suspicion of suspicions) {
    const { lens, looks } = suspicion.group;
    const kind = JSON.stringify([lens.type.id, looks[0]?.unit.group]);
    kinds.set(kind, [...(kinds.get(kind) ?? []), suspicion]);
  }
  for (const some of kinds.values()) await locateInKind(some, keysOf, asking);
}

async function locateInKind(
  suspicions: readonly GroupSuspicion[],
  keysOf: (group: Group) => ReadonlySet<string>,
  { mayAsk, unlessUnread }: Asking,
): Promise<void> {
  const [first] = suspicions;
  if (first === undefined) return;
  const { lens } = first.group;
  // The warm-up of new instances hides no function: all are looked for in the whole incident.
  const plan = first.group.looks[0]?.evidence.context.plan ?? first.group.plan;
  const groupOf = new Map(
    suspicions.flatMap(({ group }) => group.looks.map((look) => [look, group] as const)),
  );
  const sought = suspicions.map(
    ({ group, looks, change: { grown, quantum } }): Sought<Look> => ({
      key: grown.key,
      items: looks,
      hinted: hintedBy(grown.info, looks),
      before: grown.before * quantum,
      after: grown.after * quantum,
      mayHave: (look) => {
        const other = groupOf.get(look);
        return other !== group && other !== undefined && keysOf(other).has(grown.key);
      },
    }),
  );
  await locate(sought, {
    maxItems: Math.max(...suspicions.map(({ group }) => MAX_GROUPS_TOGETHER * group.looks.length)),
    loadOf: (looks) => ratioOfAll(looks, plan),
    async count(looks, keys, side) {
      if (!mayAsk()) return null;
      const readContext = createReadContext({ looks });
      const window = side === 'before' ? plan.baseline : plan.incident;
      return unlessUnread({ looks }, async () => {
        const profile = await readActive(readContext, lens.type, window);
        const options = { isHeavy: isHeavyWork(profile), signal: readContext.signal };
        return offload('functionCosts', [profile, keys], options);
      });
    },
  });
  for (const [at, suspicion] of suspicions.entries()) suspicion.looks = sought[at]?.items ?? suspicion.looks;
}

/** A merge that tells where functions are is as large as the two of so many groups. */
const MAX_GROUPS_TOGETHER = 2;

/** Total of some units in the incident ÷ in the baseline. */
function ratioOfAll(looks: readonly Look[], { baseline, incident }: Plan): number {
  const sum = (window: Window) => looks.reduce((all, look) => all + mainTotalIn(look, window), 0);
  const was = sum(baseline);
  return was > 0 ? sum(incident) / was : 0;
}

function createReadContext({ looks }: Pick<Group, 'looks'>): ReadContext {
  const [first] = looks;
  if (first === undefined) throw new Error('a group without units');
  const { readContext } = first.evidence.context;
  // The closer look at one alone reads its merge again, which its source keeps.
  if (looks.length === 1) return readContext;
  const { source } = first;
  return {
    ...readContext,
    source,
    matchers: groupMatchers(looks),
    repositories: [],
    waitingThreads: new Map(),
  };
}

/** Matchers of the question and one over all services of some units, which share their label value. */
function groupMatchers(looks: readonly Look[]): Matcher[] {
  const [first] = looks;
  const own = first?.evidence.context.readContext.matchers ?? [];
  const names = looks.map(({ unit }) => escapePattern(unit.service)).join('|');
  return own.map(
    (matcher): Matcher =>
      isOfUnit(matcher, first?.unit) ? { name: matcher.name, op: '=~', value: names } : matcher,
  );
}

function isOfUnit({ name, op, value }: Matcher, unit: Unit | undefined): boolean {
  return name === 'service_name' && op === '=' && value === unit?.service;
}
