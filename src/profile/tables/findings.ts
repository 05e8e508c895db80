import { type Charge, functionData, type GuessedOwner, type NamedFunction } from '../code/named-function.js';
import { listOwners, listOwnerships } from '../code/owners.js';
import { findHottestPath } from '../hottest-path.js';
import { getDivisor, type Measurement, round, roundShare } from '../measurement.js';
import { isDifference, type Profile } from '../model.js';
import { NO_STACK } from '../pprof/no-stack.js';
import { sumApplicationCost } from './charge.js';
import { CUT_OFF } from './stack-tree.js';
import { findHeaviestStack, selectStacks } from './stacks.js';
import { compareFunctions, type FunctionTable, functionTable, rankFunctions } from './table.js';
import { type RankedFunction, raiseTotals, rankedRows } from './top-functions.js';

/** Maximum number of application functions listed by what they cost with the libraries they use. */
const MAX_APPLICATION_ROWS = 6;
/** Minimum share of the total of a listed application function. */
const MIN_APPLICATION_SHARE = 0.01;
/** Maximum number of branches listed where the hottest path stops explaining the cost. */
const MAX_BRANCHES = 4;

export interface PathFrame extends NamedFunction {
  total_share: number;
  /** Share of the caller's total; of the whole for the entry point. */
  parent_share: number;
  self_share: number;
}

export interface ApplicationFunction extends NamedFunction {
  rank: number;
  /** Own cost plus that of the libraries and runtime it calls, up to the next application function. */
  charged: number;
  charged_share: number;
  total: number;
  total_share: number;
}

/** The findings of one profile; shares are of the active total. */
export interface Findings {
  path: {
    frames: PathFrame[];
    /** Whether each frame is the team's own code. */
    application: boolean[];
    explainsUntil: number;
    explainsShare: number;
    branches: (NamedFunction & { total_share: number })[];
  };
  top: RankedFunction[];
  /**
   * For each row of `top` the function that it is charged to, with its place and the part of the row's own
   * cost.
   */
  charges: (Charge | null)[];
  application: ApplicationFunction[];
  /** The most expensive of them, where a guess says that it is the team's. */
  guessed: readonly GuessedOwner[];
  /** Number of functions with own cost, and the share of the total that the rows of `top` hold. */
  functions: number;
  topShare: number;
  heaviest: { share: number; distinct: number; leaf: NamedFunction } | null;
  unsymbolisedShare: number;
  /** Share of samples without a stack. */
  noStackShare: number;
}

/** Draws the findings from a measurement. Pure; `limit` is the number of top functions. */
export function drawFindings(measured: Measurement, limit: number): Findings {
  const profile = measured.active;
  const table = functionTable(profile);
  const ownerships = listOwnerships(profile);
  const owner = listOwners(profile);
  const isApplication = (id: number) => owner[id] === 'application';
  const share = (value: number) => roundShare(table.total === 0 ? 0 : value / table.total);
  const divisor = getDivisor(measured);
  const named = (id: number, line = table.lines[id] ?? 0) => functionData(profile.functions[id], line);
  const totals = (id: number) => ({
    total: round((table.totals[id] ?? 0) / divisor),
    total_share: share(table.totals[id] ?? 0),
  });

  const path = findPath(measured, table);
  raiseTotals(measured, table);
  const top = rankFunctions(profile, table, 'self', limit);
  const ranked = rankedRows(measured, profile, table, top, isApplication);
  // It is unknown which application function is nearest to the leaf of a stack that was cut.
  const cost = measured.reduced === null ? sumApplicationCost(profile, isApplication) : new Float64Array();
  const application = withCost(cost)
    .filter((id) => Math.abs(cost[id] ?? 0) >= MIN_APPLICATION_SHARE * table.total)
    .sort((a, b) => Math.abs(cost[b] ?? 0) - Math.abs(cost[a] ?? 0) || compareFunctions(profile, a, b))
    .slice(0, MAX_APPLICATION_ROWS);
  const heaviest = measured.reduced === null ? findHeaviestStack(keepIncreases(profile)) : null;
  const leaf = heaviest?.functionIds.at(-1);

  return {
    path,
    top: ranked.rows,
    charges: ranked.charges,
    application: application.map((id, index) => ({
      rank: index + 1,
      ...named(id),
      charged: round((cost[id] ?? 0) / divisor),
      charged_share: share(cost[id] ?? 0),
      ...totals(id),
    })),
    guessed: application
      .slice(0, 1)
      .filter((id) => ownerships[id]?.isGuess === true)
      .map((id) => ({ fn: named(id), isOwn: true })),
    functions: withCost(table.self).length,
    topShare: share(top.reduce((sum, id) => sum + Math.abs(table.self[id] ?? 0), 0)),
    heaviest:
      heaviest === null || leaf === undefined
        ? null
        : { share: share(heaviest.value), distinct: heaviest.distinct, leaf: named(leaf) },
    unsymbolisedShare: share(
      owner.reduce(
        (sum, kind, id) =>
          sum + (kind === 'unsymbolised' && !isNoStack(profile, id) ? (table.self[id] ?? 0) : 0),
        0,
      ),
    ),
    noStackShare: share(
      owner.reduce((sum, _, id) => sum + (isNoStack(profile, id) ? (table.self[id] ?? 0) : 0), 0),
    ),
  };
}

/** The hottest path; of a profile that was read in part, that through the heavy branches of its call tree. */
function findPath({ active, reduced }: Measurement, { total, lines }: FunctionTable): Findings['path'] {
  const profile = reduced === null ? keepIncreases(active) : reduced.tree;
  if (profile === null)
    return { frames: [], application: [], explainsUntil: -1, explainsShare: 0, branches: [] };
  const isOwn = listOwners(profile).map((owner) => owner === 'application');
  const share = (value: number) => roundShare(total === 0 ? 0 : value / total);
  const named = (id: number, line: number) => functionData(profile.functions[id], line);
  const { branches, ...hottest } = findHottestPath(profile, (id) => isOwn[id] ?? false);
  const cut = reduced === null ? -1 : hottest.steps.findIndex((step) => isCutOff(profile, step.functionId));
  const steps = cut < 0 ? hottest.steps : hottest.steps.slice(0, cut);
  const explainsUntil = Math.min(hottest.explainsUntil, steps.length - 1);
  const frames = steps.map((step, index) =>
    // A copy with further fields has a hidden class of its own, which takes longer than all else here.
    Object.assign(named(step.functionId, step.line), {
      total_share: share(step.total),
      parent_share: roundShare(step.total / (steps[index - 1]?.total ?? total)),
      self_share: share(step.self),
    }),
  );
  return {
    frames,
    application: steps.map((step) => isOwn[step.functionId] ?? false),
    explainsUntil,
    explainsShare: frames[explainsUntil]?.total_share ?? 0,
    branches: branches
      .filter((branch) => branch.total > 0)
      .slice(0, MAX_BRANCHES)
      .map((branch) => ({
        ...named(branch.functionId, reduced === null ? (lines[branch.functionId] ?? 0) : 0),
        total_share: share(branch.total),
      })),
  };
}

/**
 * The stacks of a difference that grew, or all stacks of another profile. Samples without a stack are on no
 * path.
 */
function keepIncreases(profile: Profile): Profile {
  const { frameFunction, stackFrames, stackStart, values } = profile;
  const noStack = profile.functions.findIndex((_, id) => isNoStack(profile, id));
  if (noStack < 0 && !isDifference(profile)) return profile;
  return selectStacks(profile, (stack) => {
    const leaf = frameFunction[stackFrames[stackStart[stack] ?? 0] ?? 0];
    return (values[stack] ?? 0) > 0 && leaf !== noStack;
  });
}

function isNoStack({ functions }: Profile, id: number): boolean {
  return functions[id]?.name === NO_STACK.name;
}

function isCutOff({ functions }: Profile, id: number): boolean {
  return functions[id]?.name === CUT_OFF;
}

/** Ids of the functions with a cost. */
function withCost(costs: Float64Array): number[] {
  const ids: number[] = [];
  for (let id = 0; id < costs.length; id++) if (costs[id] !== 0) ids.push(id);
  return ids;
}
