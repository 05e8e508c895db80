import { buildFrame, chain, type Path } from './frame.js';
import type { LanguageName } from './languages/language.js';
import { type LensContext, withStacks } from './lenses.js';
import { type LensPlan, passesThrough, type StackPlan, workStack } from './plan.js';
import { totalMean } from './plant.js';
import { integer, pick, uniform } from './random.js';
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

/** A job that runs at its own pace next to the requests, on threads that no server calls. */
export function withJob({ random, language, tree }: LensContext, lens: LensPlan): LensPlan {
  const job = [...JOB_ROOTS[language.name], buildFrame(tree.newFunction())];
  const cost = totalMean(lens) * uniform(random, 0.12, 0.7);
  const steps = Array.from({ length: integer(random, 1, 3) }, () => pick(random, language.libraries));
  const stacks = steps.map((step) =>
    workStack([...job, buildFrame(tree.newFunction()), ...step], cost / steps.length, { scales: false }),
  );
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
