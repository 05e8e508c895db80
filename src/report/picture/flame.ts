import { filterStacks } from '../../profile/code/filter.js';
import type { FrameOwner } from '../../profile/code/frames.js';
import { functionData, type NamedFunction } from '../../profile/code/named-function.js';
import { listOwners } from '../../profile/code/owners.js';
import { shareShifts } from '../../profile/compare/movers/movers.js';
import { share } from '../../profile/contrast/contrast.js';
import type { JoinedPart } from '../../profile/contrast/join.js';
import {
  buildFlameTree,
  cutFlameTree,
  type FlameStacks,
  type FlameTree,
  followPath,
} from '../../profile/flame/tree.js';
import { findHottestPath } from '../../profile/hottest-path.js';
import { getDivisor } from '../../profile/measurement.js';
import { type FunctionInfo, isDifference, type Profile } from '../../profile/model.js';
import { selectStacks } from '../../profile/tables/stacks.js';
import { functionTable } from '../../profile/tables/table.js';
import type { ProfileType } from '../../profile/types/types.js';
import { safeText } from '../../text/sanitise.js';
import { type Flame, MARK, type Sides } from './format.js';
import type { ChangeMaterial, ProfileMaterial } from './material.js';

/** Longest name or file that a picture carries. */
const MAX_NAME = 400;
/** Functions that the table lists whether or not a node of theirs is kept. */
const MAX_EXTRA_FUNCTIONS = 50;
/** Part of the growth of a level from which on a node is coloured. */
const MIN_GROWTH_PART = 0.1;

type Judge = (before: number, after: number) => number;

interface Tree {
  functions: readonly FunctionInfo[];
  owner: (fn: number) => number;
  tree: FlameTree;
  /** Self and total of each function, on each side. */
  costs: Sides<{ self: Float64Array; totals: Float64Array }>;
  judge: Judge;
  path: readonly number[];
  named: number;
}

/** The flame graph of one profile, its hottest path marked. */
export function profileFlame({ measured, filter, of }: ProfileMaterial, limit: number): Flame {
  const { type, window, idle } = measured;
  const profile = measured.reduced?.tree ?? filterStacks(measured.active, filter);
  const parts = splitDifference(profile);
  const tree = buildFlameTree(
    parts.fell === null ? [] : [parts.fell],
    [parts.rose],
    profile.functions.length,
  );
  const owners = listOwners(profile);
  const hottest = findHottestPath(parts.rose, (id) => owners[id] === 'application');
  const steps = hottest.steps.slice(0, hottest.explainsUntil + 1);
  const named = steps.findLastIndex(({ functionId }) => owners[functionId] === 'application');
  const readCosts = (side: Profile) => {
    const { self, totals } = functionTable(side);
    return { self, totals };
  };
  const base = {
    functions: profile.functions,
    owner: (fn: number) => ownerNumber(owners[fn]),
    tree,
    costs: [parts.fell === null ? null : readCosts(parts.fell), readCosts(parts.rose)] as const,
    judge: parts.fell === null ? () => MARK.none : riseOrFall,
    path: followPath(
      tree,
      steps.map(
        ({ functionId }) =>
          (fn) =>
            fn === functionId,
      ),
    ),
    named: named < 0 ? steps.length - 1 : named,
  };
  const divisor = getDivisor(measured);
  return {
    title: type.alias,
    of:
      measured.reduced === null ? of : `${measured.reduced.reason}: only the heavy branches are drawn. ${of}`,
    ...describeType(type),
    per: type.kind === 'instant' && measured.profiles !== null ? 'mean snapshot' : '',
    windows: [parts.fell === null ? null : window, window],
    divisors: [parts.fell === null ? null : divisor, divisor],
    ...encode(base, limit),
    idle: idle > 0 ? idle / divisor : null,
    by: 'amount',
    rule:
      parts.fell === null
        ? ''
        : 'The file is the difference of two profiles: what it adds is drawn as growth.',
  };
}

/** The two sides of a difference as profiles with values above 0; a plain profile has only one. */
function splitDifference(profile: Profile): { fell: Profile | null; rose: Profile } {
  if (!isDifference(profile)) return { fell: null, rose: profile };
  const rose = selectStacks(profile, (stack) => (profile.values[stack] ?? 0) > 0);
  const negative = selectStacks(profile, (stack) => (profile.values[stack] ?? 0) < 0);
  return { fell: { ...negative, values: negative.values.map((value) => -value) }, rose };
}

const riseOrFall: Judge = (before, after) =>
  after > before ? MARK.grew : after < before ? MARK.shrank : MARK.none;

/** The flame graph of two sides: changes that stand out of the noise are marked, and the finding's path. */
export function changeFlame(material: ChangeMaterial, limit: number): Flame {
  const { type, sides, windows, finding, of } = material;
  const { joined, before, after } = sides;
  const collectStacks = (parts: readonly number[]) =>
    parts.flatMap((part) => (joined.parts[part] === undefined ? [] : [joinedStacks(joined.parts[part])]));
  const tree = buildFlameTree(
    collectStacks(before.parts),
    collectStacks(after.parts),
    joined.functions.length,
  );
  const named = joined.functions.map((info) => functionData(info, 0));
  const isMeant = (other: NamedFunction) => (fn: number) => {
    const mine = named[fn];
    return mine?.function === other.function && mine.file === other.file;
  };
  const culprit = finding === null || finding.fn === null ? -1 : named.findIndex((_, fn) => isMeantBy(fn));
  function isMeantBy(fn: number): boolean {
    return finding?.fn != null && isMeant(finding.fn)(fn);
  }
  const { judge, rule } = createJudge(material, culprit < 0 ? null : culprit);
  const path = finding === null ? [] : followPath(tree, finding.path.map(isMeant));
  return {
    title: type.alias,
    // Comparisons read merges without idle stacks, whose values are not added up.
    of: type.isWallClock ? `${of} Idle threads are left out on both sides.`.trim() : of,
    ...describeType(type),
    per: type.kind === 'instant' ? 'mean snapshot' : 'per profile',
    windows: [windows.before, windows.after],
    divisors: [Math.max(1, before.profiles), Math.max(1, after.profiles)],
    ...encode(
      {
        functions: joined.functions,
        owner: (fn) =>
          joined.application[fn] === 1
            ? 0
            : joined.library[fn] === 1
              ? 1
              : joined.functions[fn]?.isSymbolised === false
                ? 3
                : 2,
        tree,
        costs: [before.costs, after.costs],
        judge,
        path,
        named: finding === null || finding.at >= path.length ? -1 : finding.at,
      },
      limit,
    ),
    idle: null,
    by: sides.dispersion === undefined ? 'amount' : 'share',
    rule,
  };
}

function joinedStacks({ profile, frameFunction }: JoinedPart): FlameStacks {
  const { stackStart, stackFrames, values } = profile;
  return { stackStart, stackFrames, values, frameFunction };
}

/**
 * Tells what changed by the rule of the verdict. Shares that chance may explain are noise, and so is a fall
 * that only the growth of the named function makes.
 */
function createJudge(
  { sides, gate }: ChangeMaterial,
  culprit: number | null,
): { judge: Judge; rule: string } {
  const { joined, before, after, quantum, dispersion } = sides;
  if (quantum === undefined || dispersion === undefined) {
    const each = (value: number, profiles: number) => share(value, profiles);
    const whole = Math.abs(
      each(after.costs.total, after.profiles) - each(before.costs.total, before.profiles),
    );
    return {
      judge: (v1, v2) => {
        const growth = each(v2, after.profiles) - each(v1, before.profiles);
        if (Math.abs(growth) < MIN_GROWTH_PART * whole || whole === 0) return MARK.none;
        return growth > 0 ? MARK.grew : MARK.shrank;
      },
      rule: `Coloured: what holds at least ${100 * MIN_GROWTH_PART}% of the growth. Grey: the rest.`,
    };
  }
  const measureShift = shareShifts({ joined, before, after, quantum, dispersion }, culprit);
  return {
    judge: (v1, v2) => {
      const shift = measureShift(v1, v2);
      if (shift === null || Math.abs(shift.z) < gate) return MARK.none;
      if (shift.shareAfter > shift.shareBefore) return MARK.grew;
      return culprit !== null && shift.outside > -gate ? MARK.none : MARK.shrank;
    },
    rule: `Coloured: shares of the total that changed by more than noise explains (${gate} standard errors). Grey: within noise.`,
  };
}

function ownerNumber(owner: FrameOwner | undefined): number {
  return owner === 'application' ? 0 : owner === 'library' ? 1 : owner === 'unsymbolised' ? 3 : 2;
}

function describeType({ id, alias, meaning, unit, noun }: ProfileType): Pick<Flame, 'type'> {
  return { type: { id, alias, meaning: safeText(meaning), unit, noun } };
}

type Encoded = Pick<Flame, 'scale' | 'totals' | 'strings' | 'functions' | 'nodes' | 'path' | 'named' | 'cut'>;

function encode({ functions, owner, tree, costs, judge, path, named }: Tree, limit: number): Encoded {
  const cut = cutFlameTree(tree, limit, path);
  const [costsBefore, costsAfter] = costs;
  const compares = costsBefore !== null;
  const shown = new Map<number, number>();
  for (const node of cut.order) if (node >= 0) note(shown, tree.fn[node] ?? 0);
  for (const fn of costliest(costs, functions.length)) note(shown, fn);
  const ids = [...shown.keys()];
  const strings = new Map<string, number>();
  const text = (value: string) => note(strings, safeText(value, MAX_NAME));
  const name = ids.map((fn) => text(functions[fn]?.name ?? ''));
  const file = ids.map((fn) => text(functions[fn]?.file ?? ''));

  const fns: number[] = [];
  const depths: number[] = [];
  const [selfBefore, selfAfter]: [number[], number[]] = [[], []];
  const marks: number[] = [];
  const place = new Map<number, number>();
  const push = (fn: number, depth: number, self: readonly [number, number], mark: number) => {
    fns.push(fn);
    depths.push(depth);
    selfBefore.push(self[0]);
    selfAfter.push(self[1]);
    marks.push(mark);
  };
  cut.order.forEach((node, at) => {
    const depth = cut.depth[at] ?? 0;
    if (node < 0) {
      push(ids.length, depth, [cut.hiddenBefore[~node] ?? 0, cut.hiddenAfter[~node] ?? 0], MARK.none);
      return;
    }
    place.set(node, fns.length);
    push(
      shown.get(tree.fn[node] ?? 0) ?? 0,
      depth,
      [tree.selfBefore[node] ?? 0, tree.selfAfter[node] ?? 0],
      compares ? judge(tree.totalBefore[node] ?? 0, tree.totalAfter[node] ?? 0) : MARK.none,
    );
  });

  const columns = [
    ids.map((fn) => costsBefore?.self[fn] ?? 0),
    ids.map((fn) => costsAfter.self[fn] ?? 0),
    ids.map((fn) => costsBefore?.totals[fn] ?? 0),
    ids.map((fn) => costsAfter.totals[fn] ?? 0),
  ] as const;
  const totals = [tree.totalBefore[0] ?? 0, tree.totalAfter[0] ?? 0] as const;
  const scale = commonDivisor([totals, selfBefore, selfAfter, ...columns]);
  const scaled = (values: readonly number[]) => values.map((value) => value / scale);
  const side = <T>(before: T, after: T): Sides<T> => [compares ? before : null, after];
  return {
    scale,
    totals: side(totals[0], totals[1]),
    strings: [...strings.keys()],
    functions: {
      name,
      file,
      owner: ids.map(owner),
      mark: ids.map((_, at) => (compares ? judge(columns[2][at] ?? 0, columns[3][at] ?? 0) : MARK.none)),
      self: side(scaled(columns[0]), scaled(columns[1])),
      total: side(scaled(columns[2]), scaled(columns[3])),
    },
    nodes: {
      fn: fns,
      depth: depths,
      self: side(scaled(selfBefore), scaled(selfAfter)),
      mark: marks,
    },
    path: path.map((node) => place.get(node) ?? -1),
    named,
    cut: cut.hidden === 0 ? null : { nodes: cut.hidden, largest: cut.largestHidden },
  };
}

/** The place of a key in a map; a new key gets the next. */
function note<K>(places: Map<K, number>, key: K): number {
  const known = places.get(key);
  if (known !== undefined) return known;
  places.set(key, places.size);
  return places.size - 1;
}

/**
 * Functions with most own cost, then those with most in all: the table lists them whatever the tree keeps.
 */
function costliest([before, after]: Tree['costs'], functions: number): number[] {
  const best = (weight: (fn: number) => number) =>
    Array.from({ length: functions }, (_, fn) => fn)
      .filter((fn) => weight(fn) > 0)
      .sort((a, b) => weight(b) - weight(a) || a - b)
      .slice(0, MAX_EXTRA_FUNCTIONS);
  return [
    ...best((fn) => (after.self[fn] ?? 0) + (before?.self[fn] ?? 0)),
    ...best((fn) => (after.totals[fn] ?? 0) + (before?.totals[fn] ?? 0)),
  ];
}

/** The largest number that divides all values; 1 where one of them is no safe integer. */
function commonDivisor(columns: readonly (readonly number[])[]): number {
  let divisor = 0;
  for (const column of columns) {
    for (const value of column) {
      if (!Number.isSafeInteger(value)) return 1;
      let [a, b] = [divisor, Math.abs(value)];
      while (b > 0) [a, b] = [b, a % b];
      divisor = a;
      if (divisor === 1) return 1;
    }
  }
  return Math.max(1, divisor);
}
