import { applicationCost } from '../profile/charge.js';
import { frameOwner } from '../profile/frames.js';
import { hottestPath } from '../profile/hottest-path.js';
import { heaviestStack } from '../profile/stacks.js';
import { compareFunctions, functionTable, rankFunctions } from '../profile/table.js';
import { type Charge, functionData, type NamedFunction } from './functions.js';
import { divisorOf, type Measurement, round, roundShare } from './measurement.js';
import { type RankedFunction, rankedRows } from './top-functions.js';

/** Application functions listed by what they cost with the libraries they use. */
const APPLICATION_ROWS = 6;
/** An application function below this share of the total helps nobody. */
const APPLICATION_FLOOR = 0.01;
/** Branches listed where the hottest path stops explaining the cost. */
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

/** What one profile says, with shares of the active total. */
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
  /** Per row of `top`: who it is charged to, with the place, and for what share of the row's own cost. */
  charges: (Charge | null)[];
  application: ApplicationFunction[];
  /** Number of functions with own cost, and what the rows of `top` account for. */
  functions: number;
  topShare: number;
  heaviest: { share: number; distinct: number; leaf: NamedFunction } | null;
  unsymbolisedShare: number;
}

/** Draws the findings from a measurement. Pure; `limit` is the number of top functions. */
export function findingsOf(measured: Measurement, limit: number): Findings {
  const profile = measured.active;
  const table = functionTable(profile);
  const owner = profile.functions.map(frameOwner);
  const isApplication = (id: number) => owner[id] === 'application';
  const share = (value: number) => roundShare(table.total === 0 ? 0 : value / table.total);
  const divisor = divisorOf(measured);
  const named = (id: number, line = table.lines[id] ?? 0) => functionData(profile.functions[id], line);
  const totals = (id: number) => ({
    total: round((table.totals[id] ?? 0) / divisor),
    total_share: share(table.totals[id] ?? 0),
  });

  const path = hottestPath(profile, isApplication);
  const frames = path.steps.map((step, index) => ({
    ...named(step.functionId, step.line),
    total_share: share(step.total),
    parent_share: roundShare(step.total / (path.steps[index - 1]?.total ?? table.total)),
    self_share: share(step.self),
  }));

  const bySelf = rankFunctions(profile, table, 'self');
  const top = bySelf.slice(0, limit);
  const ranked = rankedRows(measured, profile, table, top, isApplication);
  const cost = applicationCost(profile, isApplication);
  const application = withCost(cost)
    .filter((id) => (cost[id] ?? 0) >= APPLICATION_FLOOR * table.total)
    .sort((a, b) => (cost[b] ?? 0) - (cost[a] ?? 0) || compareFunctions(profile, a, b))
    .slice(0, APPLICATION_ROWS);
  const heaviest = heaviestStack(profile);
  const leaf = heaviest?.functionIds.at(-1);

  return {
    path: {
      frames,
      application: path.steps.map((step) => isApplication(step.functionId)),
      explainsUntil: path.explainsUntil,
      explainsShare: frames[path.explainsUntil]?.total_share ?? 0,
      branches: path.branches
        .filter(({ total }) => total > 0)
        .slice(0, MAX_BRANCHES)
        .map(({ functionId, total }) => ({ ...named(functionId), total_share: share(total) })),
    },
    top: ranked.rows,
    charges: ranked.charges,
    application: application.map((id, index) => ({
      rank: index + 1,
      ...named(id),
      charged: round((cost[id] ?? 0) / divisor),
      charged_share: share(cost[id] ?? 0),
      ...totals(id),
    })),
    functions: bySelf.length,
    topShare: share(top.reduce((sum, id) => sum + (table.self[id] ?? 0), 0)),
    heaviest:
      heaviest === null || leaf === undefined
        ? null
        : { share: share(heaviest.value), distinct: heaviest.distinct, leaf: named(leaf) },
    unsymbolisedShare: share(
      owner.reduce((sum, kind, id) => sum + (kind === 'unsymbolised' ? (table.self[id] ?? 0) : 0), 0),
    ),
  };
}

function withCost(cost: Float64Array): number[] {
  return Array.from(cost.keys()).filter((id) => (cost[id] ?? 0) > 0);
}
