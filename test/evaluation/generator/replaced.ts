import type { FunctionInfo } from '../../../src/profile/model.js';
import { buildFrame, type Path } from './frame.js';
import type { Language } from './languages/language.js';
import { type LensContext, withStacks } from './lenses.js';
import { type LensPlan, passesThrough, type StackPlan, workStack } from './plan.js';
import { chooseNode, totalMean } from './plant.js';
import { chance, gamma, integer, logUniform, normal, pick, type Random, uniform } from './random.js';
import { finish, type Lenses, type Scenario } from './scenario.js';
import type { AppNode, CallTree } from './tree.js';

/** Cost of the new library in that of the old one: alike, and clearly dearer. */
const ALIKE = [0.88, 1.02] as const;
const DEARER = [1.5, 4] as const;
/** How unevenly the rest changes on a busy host, as the spread of the logarithm of its routes' factors. */
const UNEVEN = [0.02, 0.05] as const;
/** Part of the service that the old library costs. */
const COST = [0.05, 0.35] as const;

/**
 * Another library takes the place of one, or its next version does, below the same own function: none of its
 * functions has an old name.
 *
 * @param isDearer whether the new library costs clearly more
 */
export function replaceLibrary(
  { random, language, tree }: LensContext,
  calm: Lenses,
  isDearer: boolean,
): Scenario {
  const node = chooseNode(random, tree, calm.time, [0.02, 0.3], null);
  const cost = uniform(random, ...COST) * totalMean(calm.time);
  const factor = isDearer ? logUniform(random, ...DEARER) : uniform(random, ...ALIKE);
  const shapes = (['old', 'next'] as const).map((side) => {
    const functions = Array.from({ length: integer(random, 4, 14) }, (_, at) =>
      nameFunction(language, side, at),
    );
    return { functions, stacks: growBelow({ random }, node, functions) };
  });
  const [old, next] = shapes;
  if (old === undefined || next === undefined) throw new Error('a library without functions');
  const stacks = [
    ...old.stacks.map(({ path, part }) => workStack(path, part * cost, { vanishes: true })),
    ...next.stacks.map(({ path, part }) => workStack(path, 0, { planted: part * cost * factor })),
  ];
  const time = withStacks(unevenly(random, tree, node, calm.time), stacks);
  const guilty = ({ path }: StackPlan) => passesThrough(path, [node.fn]);
  const [first = node.fn, ...inner] = next.functions;
  return finish(
    { ...calm, time },
    {
      culprit: isDearer ? node.fn : first,
      caller: node.caller,
      also: isDearer ? next.functions : [...inner, ...old.functions, node.fn],
      shows: isDearer ? [{ lens: 'time', scale: 'share', guilty }] : [],
    },
  );
}

/** Lets the routes that do not call the library cost more or less than before, in every second case. */
function unevenly(random: Random, tree: CallTree, node: AppNode, lens: LensPlan): LensPlan {
  if (chance(random, 0.5)) return lens;
  const spread = uniform(random, ...UNEVEN);
  const others = tree.nodes.filter(({ caller, fn }) => caller === null && !passesThrough(node.path, [fn]));
  const factors = new Map(others.map(({ fn }) => [fn, Math.exp(spread * normal(random))]));
  const stacks = lens.stacks.map((stack) => {
    const factor = stack.path.map(({ fn }) => factors.get(fn)).find((one) => one !== undefined) ?? 1;
    return { ...stack, planted: stack.mean * (factor - 1) };
  });
  return { ...lens, stacks };
}

/** Stacks of a library below an own function, through its first function, with their parts of its cost. */
function growBelow(
  { random }: Pick<LensContext, 'random'>,
  { path: above }: AppNode,
  functions: readonly FunctionInfo[],
): { path: Path; part: number }[] {
  const [first, ...inner] = functions;
  if (first === undefined) return [];
  const stacks = Array.from({ length: integer(random, 6, 30) }, () => ({
    path: [
      ...above,
      buildFrame(first, 3),
      ...Array.from({ length: integer(random, 0, 5) }, () => buildFrame(pick(random, inner))),
    ],
    weight: gamma(random, 1),
  }));
  const sum = stacks.reduce((all, { weight }) => all + weight, 0);
  return stacks.map(({ path, weight }) => ({ path, part: weight / sum }));
}

/** Words that functions of a parser have, and of another one: no name is like one of the other library. */
const OLD = 'scan match token lookup merge flush shift reduce accept rewind peek close emit bind'.split(' ');
const NEXT = 'visit walk enter leave fold render collect attach split weigh choose yield open seal'.split(
  ' ',
);

function nameFunction({ name }: Language, side: 'old' | 'next', at: number): FunctionInfo {
  const word = (side === 'old' ? OLD : NEXT)[at] ?? `other${at}`;
  const places = {
    go: {
      old: [`github.com/kestrel/markkit.(*Lexer).${word}`, 'github.com/kestrel/markkit@v1.9.0/lexer.go'],
      next: [
        `github.com/heron/docplane/v3/engine.${word}Node`,
        'github.com/heron/docplane/v3@v3.0.1/engine/node.go',
      ],
    },
    node: {
      old: [word, '/srv/app/node_modules/markkit/lib/lexer.js'],
      next: [`${word}Node`, '/srv/app/node_modules/docplane/dist/engine.js'],
    },
    python: {
      old: [word, '/usr/local/lib/python3.12/site-packages/markkit/lexer.py'],
      next: [`${word}_node`, '/usr/local/lib/python3.12/site-packages/docplane/engine.py'],
    },
    java: {
      old: [`org/markkit/Lexer.${word}`, 'Lexer.java'],
      next: [`io/docplane/engine/NodeEngine.${word}Node`, 'NodeEngine.java'],
    },
  } as const;
  const [full, file] = places[name][side];
  return { name: full, file, startLine: 20 + 9 * at, isSymbolised: true };
}
