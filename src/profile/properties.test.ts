import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildProfile,
  identity,
  listStacks,
  pprofFile,
  type TestFrame,
} from '../../test/support/profiles.js';
import { filterStacks } from './code/filter.js';
import { splitIdle } from './code/idle.js';
import { findHottestPath } from './hottest-path.js';
import { type Profile, totalValue } from './model.js';
import { ProfileBuilder } from './pprof/builder.js';
import { addPprof, pprofToProfile, pprofTotal } from './pprof/pprof.js';
import { type CallNode, callTreeRoot, expandNode } from './tables/calltree.js';
import { chargeLeaves, sumApplicationCost } from './tables/charge.js';
import { coalesceStacks, findHeaviestStack } from './tables/stacks.js';
import { functionTable, rankFunctions } from './tables/table.js';
import { callTreeRows } from './tables/tree.js';

type Stack = [frames: TestFrame[], value: number];

/**
 * Few names, so that recursion, ties and shared prefixes are common; one name in two files, and unnamed
 * functions.
 */
const frame: fc.Arbitrary<TestFrame> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('main', 'a', 'b', 'c', 'app.d', 'app.e') },
  {
    weight: 2,
    arbitrary: fc.record({
      name: fc.constantFrom('a', 'app.d'),
      file: fc.constantFrom('one.go', 'two.go'),
      line: fc.nat(3),
      startLine: fc.nat(2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      name: fc.constantFrom('(anonymous)', '<lambda>'),
      file: fc.constantFrom('x.js', 'y.js'),
      line: fc.nat(3),
      startLine: fc.integer({ min: 1, max: 2 }),
    }),
  },
);
const stack: fc.Arbitrary<Stack> = fc.tuple(
  fc.array(frame, { minLength: 1, maxLength: 8 }),
  fc.integer({ min: 1, max: 20 }),
);
const stacks = fc.array(stack, { minLength: 1, maxLength: 25 });
const shuffled = stacks.chain((some) =>
  fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length })),
);

function isApplication(profile: Profile): (id: number) => boolean {
  return (id) => profile.functions[id]?.name.startsWith('app.') ?? false;
}

/** Everything that answers are made of, with names in the place of ids. */
function findings(profile: Profile) {
  const name = (id: number) => identity(profile, id);
  const table = functionTable(profile);
  const application = isApplication(profile);
  const path = findHottestPath(profile, application);
  const heaviest = findHeaviestStack(profile);
  const ranked = rankFunctions(profile, table, 'self');
  const byName = (id: number) => [name(id), table.self[id], table.totals[id], table.lines[id]] as const;
  return {
    total: table.total,
    ranked: ranked.map(byName),
    rankedByTotal: rankFunctions(profile, table, 'total').map(byName),
    path: path.steps.map((step) => ({ ...step, functionId: name(step.functionId) })),
    explainsUntil: path.explainsUntil,
    branches: path.branches.map(({ functionId, total }) => [name(functionId), total]),
    heaviest: heaviest && { ...heaviest, functionIds: heaviest.functionIds.map(name) },
    tree: callTreeRows(profile, { limit: 20, pathDepth: path.steps.length, keep: application }).map(
      (row) => ({
        ...row,
        functionId: name(row.functionId),
      }),
    ),
    charged: [...chargeLeaves(profile, ranked, application)].map(([leaf, { functionId, value }]) => [
      name(leaf),
      name(functionId),
      value,
    ]),
    cost: Array.from(sumApplicationCost(profile, application), (cost, id): [string, number] => [
      name(id),
      cost,
    ])
      .filter(([, cost]) => cost > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** Visits every node of the call tree. */
function visit(
  profile: Profile,
  node: CallNode,
  look: (node: CallNode, children: CallNode[], self: number) => void,
) {
  const { children, self } = expandNode(profile, node);
  look(node, children, self);
  for (const child of children) visit(profile, child, look);
}

describe('a ranking', () => {
  test('of a few begins as that of all', () => {
    fc.assert(
      fc.property(stacks, fc.integer({ min: 1, max: 12 }), (some, most) => {
        const profile = buildProfile(...some);
        const table = functionTable(profile);
        for (const by of ['self', 'total'] as const)
          expect(rankFunctions(profile, table, by, most)).toEqual(
            rankFunctions(profile, table, by).slice(0, most),
          );
      }),
    );
  });
});

describe('function table', () => {
  test('own cost sums to the total; every total lies between own cost and the whole', () => {
    fc.assert(
      fc.property(stacks, (some) => {
        const table = functionTable(buildProfile(...some));
        expect(table.self.reduce((sum, value) => sum + value, 0)).toBe(table.total);
        table.totals.forEach((total, id) => {
          expect(total).toBeGreaterThanOrEqual(table.self[id] ?? 0);
          expect(total).toBeLessThanOrEqual(table.total);
        });
      }),
    );
  });

  test('a stack counts once for a function however often it recurs', () => {
    fc.assert(
      fc.property(stacks, (some) => {
        const profile = buildProfile(...some);
        const { totals } = functionTable(profile);
        profile.functions.forEach((_, id) => {
          const through = Array.from(profile.values).filter((_, at) => {
            const frames = profile.stackFrames.subarray(profile.stackStart[at], profile.stackStart[at + 1]);
            return frames.some((frame) => profile.frameFunction[frame] === id);
          });
          expect(totals[id]).toBe(through.reduce((sum, value) => sum + value, 0));
        });
      }),
    );
  });
});

describe('the order of things changes nothing', () => {
  test('order of stacks', () => {
    fc.assert(
      fc.property(shuffled, ([some, other]) => {
        expect(findings(buildProfile(...other))).toEqual(findings(buildProfile(...some)));
      }),
      { numRuns: 300 },
    );
  });

  test('order of merged files', () => {
    const merge = (files: Stack[][]) => {
      const builder = new ProfileBuilder('cpu', 'nanoseconds');
      for (const some of files) {
        const file = pprofFile({ stacks: some.map(([frames, value]) => ({ frames, values: [value] })) });
        addPprof(builder, file, 0);
      }
      return builder.build();
    };
    fc.assert(
      fc.property(fc.array(stacks, { minLength: 2, maxLength: 4 }), (files) => {
        expect(findings(merge(files.toReversed()))).toEqual(findings(merge(files)));
        expect(findings(merge([files.flat()]))).toEqual(findings(merge(files)));
      }),
    );
  });
});

describe('hottest path', () => {
  test('is never empty, its shares never rise, and the mark lies on it', () => {
    fc.assert(
      fc.property(stacks, (some) => {
        const profile = buildProfile(...some);
        const { steps, explainsUntil } = findHottestPath(profile, isApplication(profile));
        expect(steps.length).toBeGreaterThan(0);
        steps.forEach(({ total, self }, index) => {
          expect(total).toBeLessThanOrEqual(steps[index - 1]?.total ?? totalValue(profile));
          expect(total).toBeGreaterThanOrEqual(self);
        });
        expect(steps[explainsUntil]).toBeDefined();
      }),
    );
  });

  test('is empty for a profile without stacks', () => {
    expect(findHottestPath(buildProfile(), () => true)).toEqual({
      steps: [],
      explainsUntil: -1,
      branches: [],
    });
  });

  test('scaling all values changes no share, no frame and no mark', () => {
    fc.assert(
      fc.property(stacks, fc.integer({ min: 2, max: 1_000_000 }), (some, factor) => {
        const shares = (profile: Profile) => {
          const table = functionTable(profile);
          const { steps, explainsUntil } = findHottestPath(profile, isApplication(profile));
          return {
            explainsUntil,
            steps: steps.map(({ total, self, ...step }) => ({
              ...step,
              total: total / table.total,
              self: self / table.total,
            })),
            self: table.self.map((value) => value / table.total),
            totals: table.totals.map((value) => value / table.total),
          };
        };
        const scaled = some.map(([frames, value]): Stack => [frames, value * factor]);
        expect(shares(buildProfile(...scaled))).toEqual(shares(buildProfile(...some)));
      }),
    );
  });

  test('direct recursion folds: repeating a frame changes no step', () => {
    fc.assert(
      fc.property(stacks, fc.integer({ min: 2, max: 5 }), (some, times) => {
        const repeated = some.map(
          ([frames, value]): Stack => [
            frames.flatMap((name) => Array.from({ length: times }, () => name)),
            value,
          ],
        );
        const [plain, recursive] = [buildProfile(...some), buildProfile(...repeated)];
        expect(findHottestPath(recursive, isApplication(recursive))).toEqual(
          findHottestPath(plain, isApplication(plain)),
        );
      }),
    );
  });
});

describe('call tree', () => {
  test("own cost + the children's totals = the total, at every node", () => {
    fc.assert(
      fc.property(stacks, (some) => {
        const profile = buildProfile(...some);
        visit(profile, callTreeRoot(profile), (node, children, self) => {
          expect(children.reduce((sum, { total }) => sum + total, self)).toBe(node.total);
          expect(children.map(({ functionId }) => functionId)).not.toContain(node.functionId);
        });
      }),
    );
  });

  test('what is shown and what is hidden below a row is its total', () => {
    fc.assert(
      fc.property(stacks, fc.integer({ min: 1, max: 30 }), (some, limit) => {
        const profile = buildProfile(...some);
        const rows = callTreeRows(profile, { limit, pathDepth: 3, keep: () => true });
        expect(rows.length).toBeLessThanOrEqual(limit);
        rows.forEach((row, index) => {
          const end = rows.findIndex(({ depth }, other) => other > index && depth <= row.depth);
          const below = rows.slice(index + 1, end < 0 ? rows.length : end);
          const shown = below.filter(({ depth }) => depth === row.depth + 1);
          const sum = shown.reduce((all, { total }) => all + total, row.self + (row.hidden?.total ?? 0));
          expect(sum).toBe(row.total);
        });
      }),
    );
  });
});

describe('idle frames of a wall-clock profile', () => {
  test('an idle root that is set apart changes nothing', () => {
    fc.assert(
      fc.property(stacks, fc.integer({ min: 1, max: 1_000_000 }), (some, value) => {
        const busy = buildProfile(...some);
        const { active, idle } = splitIdle(buildProfile(...some, [['(idle)'], value]));
        expect(idle).toBe(value);
        expect(findings(active)).toEqual(findings(busy));
      }),
    );
  });
});

describe('filters', () => {
  const pattern = fc.constantFrom('^a$', 'app', '^(?:main|b)$', 'e', 'nothing', '');

  test('focus and ignore with the same pattern part the stacks', () => {
    fc.assert(
      fc.property(stacks, pattern, (some, text) => {
        const profile = buildProfile(...some);
        const focused = listStacks(filterStacks(profile, { focus: text }));
        const ignored = listStacks(filterStacks(profile, { ignore: text }));
        const matches = (names: readonly string[]) => names.some((name) => new RegExp(text).test(name));
        expect(focused).toEqual(listStacks(profile).filter(([names]) => matches(names)));
        expect(ignored).toEqual(listStacks(profile).filter(([names]) => !matches(names)));
      }),
    );
  });

  test('focus and ignore together keep what both keep', () => {
    fc.assert(
      fc.property(stacks, pattern, pattern, (some, focus, ignore) => {
        const profile = buildProfile(...some);
        expect(listStacks(filterStacks(profile, { focus, ignore }))).toEqual(
          listStacks(filterStacks(filterStacks(profile, { focus }), { ignore })),
        );
      }),
    );
  });
});

describe('adding up equal stacks', () => {
  test('changes no sum', () => {
    fc.assert(
      fc.property(stacks, (some) => {
        const doubled = buildProfile(...some, ...some);
        const united = coalesceStacks(doubled);
        expect(united.values.length).toBeLessThanOrEqual(some.length);
        expect(functionTable(united)).toEqual(functionTable(doubled));
      }),
    );
  });

  test('a profile less itself is nothing; less a part of itself, the rest', () => {
    fc.assert(
      fc.property(stacks, stacks, (some, more) => {
        const [part, rest] = [some, more].map((all) =>
          pprofFile({ stacks: all.map(([frames, value]) => ({ frames, values: [value] })) }),
        );
        if (part === undefined || rest === undefined) throw new Error('two files');
        const builder = new ProfileBuilder('cpu', 'nanoseconds');
        addPprof(builder, part, 0);
        addPprof(builder, rest, 0);
        addPprof(builder, part, 0, -1);
        const left = coalesceStacks(builder.build());
        expect(totalValue(left)).toBe(totalValue(pprofToProfile(rest)));
        const sumSelf = (profile: Profile) =>
          Object.fromEntries(
            Array.from(
              functionTable(profile).self,
              (self, id) => [profile.functions[id]?.name, self] as const,
            )
              .filter(([, self]) => self > 0)
              .sort(),
          );
        expect(sumSelf(left)).toEqual(sumSelf(pprofToProfile(rest)));
      }),
    );
  });
});

describe('a file that is used up', () => {
  const gaps = fc.array(
    fc.record({
      frames: fc.array(frame, { maxLength: 4 }),
      values: fc.tuple(fc.nat(2), fc.nat(2)),
    }),
    { maxLength: 8 },
  );

  test.each([
    [
      'whose samples all have a stack and a value',
      stacks.map((some) => some.map(([frames, value]) => ({ frames, values: [value] }))),
      ['cpu/nanoseconds'],
    ],
    [
      'with samples that lack one of them',
      gaps.map((some) => some.map(({ frames, values: [value] }) => ({ frames, values: [value] }))),
      ['cpu/nanoseconds'],
    ],
    ['with two types', gaps, ['samples/count', 'cpu/nanoseconds']],
  ])('gives the same profile: one %s', (_, arbitrary, types) => {
    fc.assert(
      fc.property(arbitrary, (some) => {
        const kept = pprofFile({ types, stacks: some });
        expect(pprofToProfile(pprofFile({ types, stacks: some }), 0, { mayUseUp: true })).toEqual(
          pprofToProfile(kept),
        );
      }),
    );
  });

  test('has no samples afterwards', () => {
    const file = pprofFile({ stacks: [{ frames: ['main', 'a'], values: [3] }] });
    expect(listStacks(pprofToProfile(file, 0, { mayUseUp: true }))).toEqual([[['main', 'a'], 3]]);
    expect(pprofTotal(file, 0)).toBe(0);
  });
});
