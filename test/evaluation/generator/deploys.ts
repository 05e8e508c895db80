import type { FunctionInfo } from '../../../src/profile/model.js';
import { onlyOneRoute, withJobs } from './beside-jobs.js';
import type { DeployKind } from './case.js';
import type { Fleet } from './fleet.js';
import { buildFrame, type Path } from './frame.js';
import type { Language } from './languages/language.js';
import { leakSomewhere, leakThatWaits } from './leaks.js';
import { type LensContext, withStacks } from './lenses.js';
import { type LensPlan, passesThrough, type StackPlan, workStack } from './plan.js';
import { chooseNode, plantTime, totalMean } from './plant.js';
import { chance, gamma, integer, logUniform, normal, pick, pickSome, uniform } from './random.js';
import { replaceLibrary } from './replaced.js';
import { loadPerRequest, slowlyStarting, warmingTime } from './restarts.js';
import { calmLenses, finish, intensified, type Lenses, type Scenario } from './scenario.js';
import { stall } from './stalled.js';
import type { AppNode, CallTree } from './tree.js';
import { queueForPool, waitOnPurpose } from './waiting.js';

/** Number of stacks of the kind with large trees. */
const LARGE_TREE = [1_000, 100_000] as const;

/** Everything that a service emits around one of the deploys, with what happened planted in it. */
export function buildDeploy(
  kind: DeployKind,
  context: LensContext,
  fleet: Fleet,
  perProfile: number,
): Scenario {
  const { random } = context;
  if (kind === 'K') return leakSomewhere(context, fleet, perProfile);
  const calm = calmLenses(kind, context, fleet, perProfile);
  switch (kind) {
    case 'L':
      return leakThatWaits(context, fleet, calm);
    case 'M':
      return stall(context, calm);
    case 'p':
    case 'w':
      return plantLibrary(kind, context, fleet, calm);
    case 'q':
      return changeMix(context, calm);
    case 'H':
      return changeMix(context, { ...calm, time: withJobs(context, calm.time) });
    case 'Q':
      return finish({ ...calm, time: withJobs(context, calm.time) }, { shows: [] });
    case 'I': {
      const beside = { ...calm, time: withJobs(context, calm.time) };
      const routes = chance(random, 0.5) ? ([context, beside] as const) : onlyOneRoute(context, beside);
      const { planted, ...finding } = plantOwn(routes[0], fleet, routes[1], chance(random, 0.5) ? 'a' : 'b');
      return finish(planted, finding);
    }
    case 'N': {
      const time = chance(random, 0.5) ? warmingTime(context, calm) : slowlyStarting(random, calm.time);
      return finish({ ...calm, time }, { shows: [] });
    }
    case 's':
    case 'J':
      return finish({ ...calm, time: warmingTime(context, calm) }, { shows: [] });
    case 'P': {
      const warm = { ...calm, time: warmingTime(context, calm) };
      if (chance(random, 0.4)) return loadPerRequest(context, fleet, warm);
      const { planted, ...finding } = plantOwn(context, fleet, warm, chance(random, 0.5) ? 'a' : 'b');
      return finish(planted, finding);
    }
    case 'A':
      return finish(calm, { shows: [] });
    case 'C':
      return waitOnPurpose(context, fleet, calm);
    case 'D':
      return queueForPool(context, fleet, calm);
    case 'E':
      return plantTwoKinds(context, fleet, calm);
    case 'F':
    case 'G':
      return replaceLibrary(context, calm, kind === 'G');
    case 't':
      return throttle(context, calm);
    case 'u':
      return plantTwo(context, fleet, calm);
    case 'v': {
      const names = renamedIn(context, calm, []);
      const [first] = [...names.values()];
      const also = [...names.keys(), ...names.values()];
      return finish(renameLenses(calm, names), { culprit: first ?? null, also, shows: [] });
    }
    case 'x': {
      const { planted, ...finding } = plantOwn(context, fleet, calm);
      const names = renamedIn(context, calm, [finding.culprit]);
      return finish(renameLenses(planted, names), finding);
    }
    case 'y': {
      const large = { ...calm, time: branched(context, calm.time) };
      const { planted, ...finding } = plantOwn(context, fleet, large);
      return finish(planted, finding);
    }
    default: {
      const { planted, ...finding } = plantOwn(context, fleet, calm, chance(random, 0.5) ? 'a' : 'b');
      return finish(planted, finding);
    }
  }
}

/** A change in own code, with its own cost or in the libraries that it calls. */
function plantOwn(context: LensContext, fleet: Fleet, calm: Lenses, kind: 'a' | 'b' = 'b') {
  const { random, language, tree } = context;
  const plant = plantTime(random, kind, language, tree, calm.time);
  const { culprit, caller, also } = plant;
  const guilty = ({ path }: StackPlan) => passesThrough(path, [culprit]);
  const time = intensified(random, plant.lens, fleet, guilty);
  const shows = [{ lens: 'time', scale: 'share', guilty }] as const;
  return { planted: { ...calm, time }, culprit, caller, also, shows };
}

/** A function of a library that all four languages could have. */
function libraryFunction(language: Language, at: number): FunctionInfo {
  const places = {
    go: ['github.com/kestrel/parsekit/v3.(*Reader).field', 'github.com/kestrel/parsekit/v3@v3.2.1/reader.go'],
    node: ['readField', '/srv/app/node_modules/parsekit/lib/reader.js'],
    python: ['_read_field_', '/usr/local/lib/python3.12/site-packages/parsekit/reader.py'],
    java: ['com/fasterxml/jackson/databind/node/TreeReader.readField', 'TreeReader.java'],
  } as const;
  const [stem, file] = places[language.name];
  return { name: `${stem}${at}`, file, startLine: 20 + 9 * at, isSymbolised: true };
}

/**
 * The culprit is a library: below an own function or (middleware) below the entry point alone. In kind (w)
 * other data makes its many small functions call one another more often.
 */
function plantLibrary(kind: 'p' | 'w', context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random, language, tree } = context;
  const total = totalMean(calm.time);
  const node = chance(random, kind === 'w' ? 0.8 : 0.5)
    ? chooseNode(random, tree, calm.time, [0.005, 0.15], null)
    : null;
  const above: Path = node === null ? pick(random, language.entries) : node.path;
  const functions = Array.from({ length: kind === 'w' ? integer(random, 6, 14) : 3 }, (_, at) =>
    libraryFunction(language, at),
  );
  const [first, ...inner] = functions;
  if (first === undefined) throw new Error('a library without functions');
  const root = [...above, buildFrame(first, 3)];
  const stacks =
    kind === 'p'
      ? [root, [...root, ...inner.map((fn) => buildFrame(fn))]].map((path, at) => ({
          path,
          weight: at + 0.5,
        }))
      : Array.from({ length: integer(random, 15, 60) }, () => ({
          path: [
            ...root,
            ...Array.from({ length: integer(random, 1, 9) }, () => buildFrame(pick(random, inner))),
          ],
          weight: gamma(random, 1),
        }));
  const sum = stacks.reduce((all, { weight }) => all + weight, 0);
  const base = uniform(random, 0.005, 0.08) * total;
  const lens = withStacks(
    calm.time,
    stacks.map(({ path, weight }) => workStack(path, (base * weight) / sum, { planted: weight / sum })),
  );
  const guilty = ({ path }: StackPlan) => passesThrough(path, [first]);
  const time = intensified(random, lens, fleet, guilty);
  return finish(
    { ...calm, time },
    {
      culprit: first,
      caller: node?.fn ?? null,
      also: inner,
      shows: [{ lens: 'time', scale: 'share', guilty }],
    },
  );
}

/** More of one kind of request and fewer of the others; what each costs stays. */
function changeMix({ random, tree }: LensContext, calm: Lenses): Scenario {
  const handlers = tree.nodes.filter(({ caller }) => caller === null);
  const more = new Set(pickSome(random, handlers, integer(random, 1, Math.max(1, handlers.length - 1))));
  const factors = new Map(
    handlers.map((handler) => [
      handler.fn,
      more.has(handler) ? logUniform(random, 1.5, 5) : uniform(random, 0.3, 1),
    ]),
  );
  const mixed = (lens: LensPlan): LensPlan => ({
    ...lens,
    stacks: lens.stacks.map((stack) => {
      const handler = stack.path.find(({ fn }) => factors.has(fn));
      const factor = handler === undefined ? 1 : (factors.get(handler.fn) ?? 1);
      return { ...stack, planted: stack.mean * (factor - 1) };
    }),
  });
  return finish(
    { ...calm, time: mixed(calm.time), alloc: calm.alloc === null ? null : mixed(calm.alloc) },
    { shows: [] },
  );
}

/** The host is throttled: everything waits longer, and the CPU does as much as before or less. */
function throttle({ random, language }: LensContext, calm: Lenses): Scenario {
  const isWall = calm.time.name === 'wall';
  const factor = isWall ? uniform(random, 1.2, 2.5) : uniform(random, 0.6, 1);
  const waiting = logUniform(random, 3, 40);
  const times = (lens: LensPlan, by: number, spread: number): LensPlan => ({
    ...lens,
    stacks: lens.stacks.map((stack) =>
      stack.role === 'idle'
        ? stack
        : { ...stack, planted: stack.mean * (by * Math.exp(spread * normal(random)) - 1) },
    ),
  });
  const longer = (lens: LensPlan | null) => (lens === null ? null : times(lens, waiting, 0.3));
  const more = language.name === 'go' ? uniform(random, 1, 1.5) : 1;
  const { goroutines } = calm;
  return finish(
    {
      ...calm,
      time: times(calm.time, factor, isWall ? 0.05 : 0.02),
      mutex: longer(calm.mutex),
      block: longer(calm.block),
      goroutines: goroutines === null ? null : times(goroutines, more, 0.05),
    },
    { shows: [] },
  );
}

/** Two independent changes in one window and one type. */
function plantTwo(context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random, language, tree } = context;
  const first = plantTime(random, 'b', language, tree, calm.time);
  const isApart = ({ path, fn }: AppNode) =>
    !passesThrough(path, [first.culprit]) &&
    !calm.time.stacks.some(
      ({ path: other }) => passesThrough(other, [first.culprit]) && passesThrough(other, [fn]),
    );
  const apart: CallTree = { ...tree, nodes: tree.nodes.filter(isApart) };
  const isPossible = apart.nodes.some(({ caller }) => caller !== null);
  const second = plantTime(random, 'a', language, isPossible ? apart : tree, calm.time);
  const both = [first, second].map(({ lens, culprit }) => {
    const guilty = ({ path }: StackPlan) => passesThrough(path, [culprit]);
    return { culprit, guilty, lens: intensified(random, lens, fleet, guilty) };
  });
  const stacks = both.flatMap(({ lens }) => lens.stacks.filter(({ planted }) => planted > 0));
  return finish(
    { ...calm, time: withStacks(calm.time, stacks) },
    {
      culprit: first.culprit,
      also: [second.culprit],
      causes: both.map(({ culprit }) => [culprit.name]),
      shows: both.map(({ guilty }) => ({ lens: 'time', scale: 'share', guilty })),
    },
  );
}

/** A function newly does two kinds of work, in functions of the team or in libraries: it is the culprit. */
function plantTwoKinds(context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random, language, tree } = context;
  const node = chooseNode(random, tree, calm.time, [0.005, 0.15], null);
  const isOwn = chance(random, 0.5);
  const libraries = pickSome(random, language.libraries, 2);
  const works = libraries.map(
    (library): Path => (isOwn ? [buildFrame(tree.newFunction()), ...library] : library),
  );
  const first = uniform(random, 0.35, 0.65);
  const above = node.path.slice(0, -1);
  const stacks = works.map((work, at) =>
    workStack([...above, buildFrame(node.fn, 11 + 4 * at), ...work], 0, {
      planted: at === 0 ? first : 1 - first,
    }),
  );
  const guilty = ({ path }: StackPlan) => passesThrough(path, [node.fn]);
  const time = intensified(random, withStacks(calm.time, stacks), fleet, guilty);
  return finish(
    { ...calm, time },
    { culprit: node.fn, caller: node.caller, shows: [{ lens: 'time', scale: 'share', guilty }] },
  );
}

type Names = ReadonlyMap<FunctionInfo, FunctionInfo>;

/**
 * A library that goes by another name after an upgrade, or a part of the team's functions after a
 * refactoring.
 */
function renamedIn(
  { random, language, tree }: LensContext,
  { time }: Lenses,
  kept: readonly FunctionInfo[],
): Names {
  const functions = new Set(tree.nodes.map(({ fn }) => fn));
  const renameAll = (functions: Iterable<FunctionInfo>): Names =>
    new Map([...functions].filter((fn) => !kept.includes(fn)).map((fn) => [fn, language.renamed(fn)]));
  if (chance(random, 0.5)) {
    const part = uniform(random, 0.2, 1);
    return renameAll([...functions].filter((_, at) => at === 0 || chance(random, part)));
  }
  const used = language.libraries.filter((path) =>
    time.stacks.some((stack) => path.every((frame) => stack.path.includes(frame))),
  );
  const libraries = pickSome(random, used, Math.min(used.length, integer(random, 1, 3)));
  return renameAll(new Set(libraries.flatMap((path) => path.map(({ fn }) => fn))));
}

function renameLenses(lenses: Lenses, names: Names): Lenses {
  const renamed = (lens: LensPlan | null) => (lens === null ? null : renameAllIn(lens, names));
  const { alloc, inUse, goroutines, mutex, block } = lenses;
  return {
    time: renameAllIn(lenses.time, names),
    alloc: renamed(alloc),
    inUse: renamed(inUse),
    goroutines: renamed(goroutines),
    mutex: renamed(mutex),
    block: renamed(block),
  };
}

/**
 * Lets every stack with one of the names vanish as the change comes, and the same under the new ones arrive.
 */
function renameAllIn(lens: LensPlan, names: Names): LensPlan {
  const isRenamed = ({ path }: StackPlan) => path.some(({ fn }) => names.has(fn));
  const indices = [...lens.stacks.keys()].filter((at) => {
    const stack = lens.stacks[at];
    return stack !== undefined && isRenamed(stack);
  });
  const arriving = indices.flatMap((at) => {
    const stack = lens.stacks[at];
    if (stack === undefined) return [];
    const path = stack.path.map(({ fn, line }) => {
      const to = names.get(fn);
      return to === undefined ? { fn, line } : buildFrame(to, line - fn.startLine);
    });
    return [{ ...stack, path, mean: 0, planted: stack.mean + stack.planted, vanishes: false }];
  });
  return {
    ...lens,
    stacks: [
      ...lens.stacks.map((stack, at) =>
        indices.includes(at) ? { ...stack, planted: 0, vanishes: true } : stack,
      ),
      ...arriving,
    ],
    types: lens.types.map((type) => ({
      ...type,
      per: Float64Array.from([...type.per, ...indices.map((at) => type.per[at] ?? 0)]),
    })),
  };
}

/** The lens with each of its stacks divided into many: a tree as large as real ones are. */
function branched({ random, language, tree }: LensContext, lens: LensPlan): LensPlan {
  const wanted = logUniform(random, ...LARGE_TREE);
  const pool = [
    ...Array.from({ length: 150 }, () => tree.newFunction()),
    ...Array.from({ length: 150 }, (_, at) => libraryFunction(language, at)),
  ];
  const work = lens.stacks.filter(({ role }) => role === 'work').length;
  const branches = Math.max(2, Math.round(wanted / work));
  const stacks = lens.stacks.flatMap((stack) => {
    if (stack.role !== 'work') return [stack];
    const weights = Array.from({ length: branches }, () => gamma(random, 0.7));
    const sum = weights.reduce((all, weight) => all + weight, 0);
    return weights.map((weight): StackPlan => {
      const below = Array.from({ length: integer(random, 0, 4) }, () =>
        buildFrame(pick(random, pool), integer(random, 1, 9)),
      );
      return { ...stack, path: [...stack.path, ...below], mean: (stack.mean * weight) / sum };
    });
  });
  const grown: LensPlan = {
    ...lens,
    stacks,
    types: lens.types.map((type) => ({
      ...type,
      per: new Float64Array(stacks.length).fill(type.per[0] ?? 1),
    })),
  };
  return grown;
}
