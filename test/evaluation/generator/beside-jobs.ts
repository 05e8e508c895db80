import { buildFrame, chain, type Path } from './frame.js';
import type { LanguageName } from './languages/language.js';
import { type LensContext, withStacks } from './lenses.js';
import { type LensPlan, passesThrough, type StackPlan, workStack } from './plan.js';
import { totalMean } from './plant.js';
import { chance, integer, pick, uniform } from './random.js';
import type { Lenses } from './scenario.js';

// Jobs that run next to the requests of a service.

/** The callers of a job: a thread, a timer or none. */
const JOB_ROOTS: Readonly<Record<LanguageName, Path>> = {
  go: [],
  java: chain('java/lang/Thread.run @ Thread.java:1583'),
  node: chain(`listOnTimeout @ node:internal/timers:569
    processTimers @ node:internal/timers:512`),
  python: chain(`_bootstrap_inner @ /usr/local/lib/python3.12/threading.py:1032
    run @ /usr/local/lib/python3.12/threading.py:991`),
};

/**
 * Jobs that run at their own pace next to the requests, on threads that no server calls: one of 12 to 70 % of
 * what requests cost, or several that are too small to be a kind of work each.
 */
export function withJobs({ random, language, tree }: LensContext, lens: LensPlan): LensPlan {
  const addJob = (part: number, steps: number) => {
    const job = [...JOB_ROOTS[language.name], buildFrame(tree.newFunction())];
    const cost = (totalMean(lens) * part) / steps;
    return Array.from({ length: steps }, () => {
      const step = pick(random, language.libraries);
      return workStack([...job, buildFrame(tree.newFunction()), ...step], cost, { scales: false });
    });
  };
  const stacks = chance(random, 0.5)
    ? addJob(uniform(random, 0.12, 0.7), integer(random, 1, 3))
    : Array.from({ length: integer(random, 4, 8) }, () => addJob(uniform(random, 0.025, 0.038), 1)).flat();
  return withStacks(lens, stacks);
}

/** A service with the first of its routes only. */
export function onlyOneRoute(context: LensContext, calm: Lenses): readonly [LensContext, Lenses] {
  const { tree } = context;
  const others = tree.nodes.filter(({ route, caller }) => route > 0 && caller === null).map(({ fn }) => fn);
  const time = withoutStacks(calm.time, ({ path }) => passesThrough(path, others));
  const nodes = tree.nodes.filter(({ route }) => route === 0);
  return [
    { ...context, tree: { ...tree, nodes } },
    { ...calm, time },
  ];
}

/** The lens without some of its stacks. */
function withoutStacks(lens: LensPlan, isLeftOut: (stack: StackPlan) => boolean): LensPlan {
  const isKept = (_: unknown, at: number) => {
    const stack = lens.stacks[at];
    return stack !== undefined && !isLeftOut(stack);
  };
  return {
    ...lens,
    stacks: lens.stacks.filter(isKept),
    types: lens.types.map((type) => ({ ...type, per: type.per.filter(isKept) })),
  };
}
