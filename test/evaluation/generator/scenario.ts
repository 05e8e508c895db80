import type { FunctionInfo } from '../../../src/profile/model.js';
import type { Effect, Kind, Verdict } from './case.js';
import { intensityFor, measureMasses } from './effect.js';
import type { Fleet } from './fleet.js';
import { buildFrame, type Path } from './frame.js';
import type { GenerateOptions } from './generate.js';
import {
  allocLens,
  goroutineLens,
  inUseLens,
  type LensContext,
  lockFrames,
  lockLens,
  parked,
  timeLens,
  withStacks,
} from './lenses.js';
import { type LensPlan, passesThrough, type StackPlan, workStack } from './plan.js';
import { anySite, plantTime, renameIn, totalMean } from './plant.js';
import { chance, logUniform, pick, type Random, uniform } from './random.js';

/** Standard errors that are aimed at: hardly visible to plain. */
const ERRORS = [5, 40] as const;
/** A change of less than this part of the active samples is not worth a page. */
const MIN_POINTS = 0.03;

/** All that the profiles of a case are drawn from, and who did it. */
export interface Scenario {
  lenses: LensPlan[];
  /** Index of the CPU or wall-clock lens. */
  timeLens: number;
  culprit: FunctionInfo | null;
  caller: FunctionInfo | null;
  also: readonly FunctionInfo[];
  /** Names of the culprits of each of several changes. */
  causes?: readonly (readonly string[])[];
  /** The right verdict where the kind does not tell it. */
  verdict?: Verdict;
  /** Lenses that show the change, that of the culprit first. */
  shows: { lens: number; typeIndex: number; scale: Effect['scale']; guilty: (stack: StackPlan) => boolean }[];
}

/** Properties of a planted change that are not drawn. */
export type PlantOptions = Pick<GenerateOptions, 'growth' | 'isWaiting'>;

export interface Lenses {
  time: LensPlan;
  alloc: LensPlan | null;
  inUse: LensPlan | null;
  goroutines: LensPlan | null;
  mutex: LensPlan | null;
  block: LensPlan | null;
}

/** Everything that a service of this kind and language emits, with the change planted in it. */
export function buildScenario(
  kind: Kind,
  context: LensContext,
  fleet: Fleet,
  perProfile: number,
  options: PlantOptions = {},
): Scenario {
  const lenses = calmLenses(kind, context, fleet, perProfile);
  switch (kind) {
    case 'h':
      return finish(lenses, {
        shows: [{ lens: 'time', scale: 'rate', guilty: ({ role }) => role !== 'idle' }],
      });
    case 'i':
      return finish(lenses, { shows: [] });
    case 'c':
      return plantCollector(context, fleet, lenses);
    case 'd':
    case 'e':
      return plantLeak(kind, context, lenses);
    case 'f':
      return plantContention(context, lenses);
    default:
      return plantInTime(kind, context, fleet, lenses, options);
  }
}

export function calmLenses(kind: Kind, context: LensContext, fleet: Fleet, perProfile: number): Lenses {
  const { random, language } = context;
  const { name } = language;
  const wall = name === 'node' || (name === 'java' && kind === 'm');
  const idleShare = kind === 'm' ? uniform(random, 0.88, 0.97) : uniform(random, 0.7, 0.95);
  const time = timeLens(context, perProfile, wall, idleShare);
  const locks = (name === 'go' || name === 'java') && ('ftCDLM'.includes(kind) || chance(random, 0.3));
  return {
    time: { ...time, stacks: drifting(context, fleet, time) },
    alloc:
      name === 'go' || name === 'java'
        ? allocLens(context, Math.min(800, Math.max(25, perProfile * uniform(random, 0.3, 1))))
        : null,
    inUse:
      name === 'go' || name === 'node'
        ? inUseLens(context, logUniform(random, 40, 400), kind === 'e' ? null : cacheFill(random, fleet))
        : null,
    goroutines:
      name === 'go' && (kind === 'd' || kind === 'L' || chance(random, 0.6))
        ? goroutineLens(context, logUniform(random, 20, 200))
        : null,
    mutex: locks ? lockLens(context, 'mutex', logUniform(random, 3, 40)) : null,
    block: locks ? lockLens(context, 'block', logUniform(random, 3, 40)) : null,
  };
}

/**
 * Plants a slow drift of the mix of routes, by at most half a standard error between the windows, so that no
 * code is to blame.
 */
function drifting({ random, tree }: LensContext, fleet: Fleet, lens: LensPlan): StackPlan[] {
  const samples = (side: 'baseline' | 'incident') =>
    totalMean(lens) * fleet.snapshots.reduce((sum, at) => sum + (at.side === side ? at.podFactor : 0), 0);
  const sides = 1 / samples('baseline') + 1 / samples('incident');
  let { stacks } = lens;
  for (const handler of tree.nodes.filter(({ caller }) => caller === null)) {
    const inRoute = stacks.map(({ path }) => passesThrough(path, [handler.fn]));
    const share = stacks.reduce((sum, { mean }, at) => sum + (inRoute[at] ? mean : 0), 0) / totalMean(lens);
    const error = Math.sqrt(lens.phi * share * (1 - share) * sides);
    const drift = uniform(random, -1, 1) * Math.min(0.05, error / share);
    stacks = stacks.map((stack, at) => (inRoute[at] ? { ...stack, drift } : stack));
  }
  return [...stacks];
}

/** A cache that fills once and then stays: in calm services in-use memory doubles so; never a leak. */
function cacheFill(random: Random, { windows }: Fleet): ((time: number) => number) | null {
  if (!chance(random, 0.4)) return null;
  const early = chance(random, 0.7);
  const { from, to } = early ? windows.baseline : windows.incident;
  const end = from + uniform(random, 0.25, 0.45) * (to - from);
  const factor = early ? uniform(random, 1.5, 3) : uniform(random, 1.2, 1.6);
  return (time) => 1 + (factor - 1) * Math.min(1, Math.max(0, (time - from) / (end - from)));
}

function plantInTime(
  kind: Kind,
  context: LensContext,
  fleet: Fleet,
  calm: Lenses,
  { growth, isWaiting }: PlantOptions,
): Scenario {
  const { random, language, tree } = context;
  const plant = plantTime(random, kind, language, tree, calm.time, isWaiting);
  const { culprit, rename } = plant;
  const guilty = ({ path }: StackPlan) => passesThrough(path, [culprit]);
  const shows = [{ lens: 'time', scale: 'share', guilty }] as const;
  if (kind === 'j') {
    const moved = (lens: LensPlan | null) =>
      lens === null || rename === undefined ? lens : renameIn(lens, rename.from, rename.to);
    const { alloc, inUse, goroutines, mutex, block } = calm;
    const others = { alloc: moved(alloc), inUse: moved(inUse), goroutines: moved(goroutines) };
    return finish(
      { ...others, mutex: moved(mutex), block: moved(block), time: plant.lens },
      { ...plant, shows },
    );
  }
  const time = intensified(random, plant.lens, fleet, guilty, growth);
  const first = time.stacks.find(({ planted }) => planted > 0)?.path ?? [];
  const site = first.slice(0, first.findIndex(({ fn }) => fn === culprit) + 1);
  const alloc =
    growth === undefined && isWaiting !== true && calm.alloc !== null && kind !== 'l' && chance(random, 0.5)
      ? addTo(calm.alloc, site, uniform(random, 0.1, 0.8) * totalMean(calm.alloc))
      : calm.alloc;
  return finish({ ...calm, time, alloc }, { ...plant, shows });
}

/**
 * The planted parts at an intensity drawn in standard errors, or with the growth that is asked for.
 *
 * @param points least growth where it is drawn
 */
export function intensified(
  random: Random,
  lens: LensPlan,
  fleet: Fleet,
  guilty: (stack: StackPlan) => boolean,
  growth?: number,
  points = MIN_POINTS,
): LensPlan {
  const drawn = logUniform(random, ...ERRORS);
  const wanted = {
    errors: growth === undefined ? drawn : Number.NEGATIVE_INFINITY,
    points: growth ?? points,
    phi: lens.phi,
    most: 2.5 * totalMean(lens),
  };
  const intensity = intensityFor(measureMasses(lens, fleet.snapshots, guilty), wanted);
  return {
    ...lens,
    stacks: lens.stacks.map((stack) => ({ ...stack, planted: stack.planted * intensity })),
  };
}

/** Garbage collection pressure: the site stands in the allocations, on the CPU there is the collector. */
function plantCollector(context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random, language, tree } = context;
  if (calm.alloc === null) throw new Error('garbage collection pressure needs a profile of allocations');
  const site = anySite(random, tree);
  const below = chance(random, 0.5) ? pick(random, language.libraries) : [];
  const guilty = ({ path }: StackPlan) => passesThrough(path, [site.fn]);
  const alloc = intensified(
    random,
    addTo(calm.alloc, [...site.path, ...below], 1),
    fleet,
    guilty,
    undefined,
    0.1,
  );
  const isCollector = ({ role }: StackPlan) => role === 'collector';
  const collector = calm.time.stacks.filter(isCollector).reduce((sum, { mean }) => sum + mean, 0);
  const planted = calm.time.stacks.map((stack) =>
    isCollector(stack) ? { ...stack, planted: stack.mean / collector } : stack,
  );
  const time = intensified(random, { ...calm.time, stacks: planted }, fleet, isCollector, undefined, 0.04);
  return finish(
    { ...calm, alloc, time },
    {
      culprit: site.fn,
      caller: site.caller,
      shows: [
        { lens: 'alloc', scale: 'share', guilty, typeIndex: 1 },
        { lens: 'time', scale: 'share', guilty: isCollector },
      ],
    },
  );
}

/** A leak grows over the window to 1.5 to 60 times (goroutines) or 10 times (heap) of what there was. */
export function plantLeak(kind: 'd' | 'e', context: LensContext, calm: Lenses): Scenario {
  const { random, tree } = context;
  if (kind === 'e') {
    if (calm.inUse === null) throw new Error('a memory leak needs a profile of live memory');
    const site = anySite(random, tree);
    const guilty = ({ path }: StackPlan) => passesThrough(path, [site.fn]);
    const inUse = addTo(calm.inUse, site.path, totalMean(calm.inUse) * logUniform(random, 1.5, 10), false);
    const shows = [{ lens: 'inUse', scale: 'rate', guilty, typeIndex: 1 }] as const;
    return finish({ ...calm, inUse }, { culprit: site.fn, caller: site.caller, shows });
  }
  if (calm.goroutines === null) throw new Error('a goroutine leak needs a profile of goroutines');
  const culprit = tree.newFunction();
  const caller = chance(random, 0.6) ? tree.newFunction() : null;
  const path = parked(random, caller === null ? [culprit] : [caller, culprit]);
  const leaked = totalMean(calm.goroutines) * logUniform(random, 1.5, 60);
  const guilty = (stack: StackPlan) => passesThrough(stack.path, [culprit]);
  return finish(
    { ...calm, goroutines: addTo(calm.goroutines, path, leaked, false) },
    { culprit, caller, shows: [{ lens: 'goroutines', scale: 'rate', guilty }] },
  );
}

/** Waiting for the lock that is fought over, as a part of the time served. */
const MIN_WAITING = 0.03;

/** Plants contention for a lock: more waits and longer ones, without a change of the CPU. */
function plantContention(context: LensContext, calm: Lenses): Scenario {
  const { random, language, tree } = context;
  if (calm.mutex === null || calm.block === null) throw new Error('contention needs profiles of locks');
  const site = anySite(random, tree);
  const guilty = ({ path }: StackPlan) => passesThrough(path, [site.fn]);
  const factor = logUniform(random, 4, 30);
  const drawn = logUniform(random, 2e6, 4e7);
  const served = totalMean(calm.time) * (calm.time.types.at(-1)?.per[0] ?? 0);
  const fought = (lens: LensPlan, name: 'mutex' | 'block') => {
    const waits = factor * Math.max(3, totalMean(lens) / 4);
    // Waiting that callers notice, next to what is served in the same time.
    const delay = Math.max(drawn, (MIN_WAITING * served) / waits);
    return withStacks(
      lens,
      [
        workStack([...site.path.slice(0, -1), buildFrame(site.fn, 17), ...lockFrames(language, name)], 0.2, {
          planted: waits,
        }),
      ],
      ({ spread }) => (spread ? delay : 1),
    );
  };
  return finish(
    { ...calm, mutex: fought(calm.mutex, 'mutex'), block: fought(calm.block, 'block') },
    {
      culprit: site.fn,
      caller: site.caller,
      shows: [
        { lens: 'mutex', scale: 'rate', guilty, typeIndex: 1 },
        { lens: 'block', scale: 'rate', guilty, typeIndex: 1 },
      ],
    },
  );
}

export function addTo(lens: LensPlan, path: Path, planted: number, scales = true): LensPlan {
  return withStacks(lens, [workStack(path, 0, { planted, scales })]);
}

interface Finding {
  verdict?: Verdict;
  causes?: readonly (readonly string[])[];
  culprit?: FunctionInfo | null;
  caller?: FunctionInfo | null;
  also?: readonly FunctionInfo[];
  shows: readonly {
    lens: keyof Lenses;
    scale: Effect['scale'];
    guilty: (stack: StackPlan) => boolean;
    typeIndex?: number;
  }[];
}

/** Lists the lenses that exist, and where the change shows among them. */
export function finish(
  lenses: Lenses,
  { culprit = null, caller = null, also = [], shows, causes, verdict }: Finding,
): Scenario {
  const { time, alloc, inUse, goroutines, mutex, block } = lenses;
  const all = [time, alloc, inUse, goroutines, mutex, block].filter((lens) => lens !== null);
  return {
    lenses: all,
    timeLens: 0,
    culprit,
    caller,
    also,
    ...(causes === undefined ? {} : { causes }),
    ...(verdict === undefined ? {} : { verdict }),
    shows: shows.flatMap(({ lens, scale, guilty, typeIndex }) => {
      const plan = lenses[lens];
      if (plan === null) return [];
      return [{ lens: all.indexOf(plan), scale, guilty, typeIndex: typeIndex ?? plan.types.length - 1 }];
    }),
  };
}
