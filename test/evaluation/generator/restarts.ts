import type { Fleet } from './fleet.js';
import { buildFrame, type Path } from './frame.js';
import { type LensContext, withStacks } from './lenses.js';
import { type LensPlan, passesThrough, type StackPlan, workStack } from './plan.js';
import { chooseNode, totalMean } from './plant.js';
import { chance, integer, logUniform, pick, uniform } from './random.js';
import { finish, intensified, type Lenses, type Scenario } from './scenario.js';

/**
 * The time of a service with that of a restart: loading, compiling and filling caches cost a lot at first, in
 * libraries and in own code.
 */
export function warmingTime({ random, language, tree }: LensContext, calm: Lenses): LensPlan {
  const total = totalMean(calm.time);
  const factor = logUniform(random, 1, 8);
  const stacks = calm.time.stacks.map((stack) =>
    stack.role === 'warmup' ? { ...stack, mean: stack.mean * factor } : stack,
  );
  const loading = Array.from({ length: integer(random, 1, 5) }, () => {
    const fn = tree.newFunction();
    const [entry = []] = language.warmup;
    const below = chance(random, 0.5) ? pick(random, language.libraries) : [];
    const path = [...entry.slice(0, 2), buildFrame(fn), ...below];
    return workStack(path, total * uniform(random, 0.02, 0.25), { role: 'warmup', scales: false });
  });
  return withStacks({ ...calm.time, stacks }, loading);
}

/** The time of a service of which all costs more until it is compiled, by the same factor. */
export function slowlyStarting(random: LensContext['random'], time: LensPlan): LensPlan {
  const slowStart = logUniform(random, 0.5, 4);
  const isWork = ({ role }: StackPlan) => role === 'work';
  return { ...time, stacks: time.stacks.map((stack) => (isWork(stack) ? { ...stack, slowStart } : stack)) };
}

/** The frames that load a module, a class or a template below any function of the team. */
function loadingIn({ name, warmup }: LensContext['language']): Path {
  const [first = [], second = []] = warmup;
  if (name === 'java') return second;
  // Below the main function, which no request calls.
  return name === 'go' ? first.slice(2) : first;
}

/** A function that newly loads a module, a class or a template in each request: it does not settle. */
export function loadPerRequest(context: LensContext, fleet: Fleet, warm: Lenses): Scenario {
  const { random, language, tree } = context;
  const node = chooseNode(random, tree, warm.time, [0.005, 0.15], null);
  const above = node.path.slice(0, -1);
  const loading = loadingIn(language);
  const stack = workStack([...above, buildFrame(node.fn, 13), ...loading], 0, { planted: 1 });
  const guilty = ({ path }: StackPlan) => passesThrough(path, [node.fn]);
  const time = intensified(random, withStacks(warm.time, [stack]), fleet, guilty);
  return finish(
    { ...warm, time },
    { culprit: node.fn, caller: node.caller, shows: [{ lens: 'time', scale: 'share', guilty }] },
  );
}
