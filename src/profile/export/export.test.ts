import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { speedscopeProblems } from '../../../test/support/speedscope-schema.js';
import { readCollapsed } from '../formats/collapsed.js';
import { readSpeedscope } from '../formats/speedscope.js';
import type { Profile } from '../model.js';
import { ProfileBuilder } from '../pprof/builder.js';
import { NO_STACK } from '../pprof/no-stack.js';
import { decodePprof, pprofToProfile } from '../pprof/pprof.js';
import { functionTable } from '../tables/table.js';
import { collapsedName } from './collapsed-file.js';
import { encodeProfile } from './encode.js';
import { type ExportFormat, type ExportHead, wholeValues } from './exported.js';
import { pgoObstacle } from './pgo.js';

const HEAD: ExportHead = {
  program: 'checkout-api',
  periodType: { type: 'cpu', unit: 'nanoseconds' },
  from: Date.parse('2026-11-20T14:30:00Z'),
  to: Date.parse('2026-11-20T14:45:00Z'),
  comments: ['of a test'],
  exporter: 'pyroscope-mcp 1',
  divisor: 1,
};

type Frame = readonly [name: string, file: string, startLine: number, line: number];

/** A profile of stacks, each leaf first. */
function buildProfile(
  stacks: readonly (readonly [frames: readonly Frame[], value: number])[],
  { sampleType = 'cpu', unit = 'nanoseconds' } = {},
): Profile {
  const builder = new ProfileBuilder(sampleType, unit, { isApart: true });
  for (const [frames, value] of stacks) {
    const ids = frames.map(([name, file, startLine, line]) =>
      builder.frameId(builder.functionId({ name, file, startLine, isSymbolised: true }), line),
    );
    builder.pushFrames(Uint32Array.from(ids), 0, ids.length);
    builder.endStack(value);
  }
  return builder.build();
}

const MAIN: Frame = ['main', 'main.go', 10, 12];
const WORK: Frame = ['work', 'work.go', 3, 7];
const text = (profile: Profile, format: ExportFormat, head = HEAD) =>
  new TextDecoder().decode(encodeProfile(profile, head, format).bytes);

/** Self and total of every function by name, in the unit of the profile. */
function sums(profile: Profile, toName: (name: string) => string = (name) => name) {
  const { self, totals } = functionTable(profile);
  const byName = new Map<string, { self: number; stacks: number }>();
  profile.functions.forEach(({ name }, fn) => {
    if ((totals[fn] ?? 0) === 0) return;
    const known = byName.get(toName(name)) ?? { self: 0, stacks: 0 };
    byName.set(toName(name), {
      self: known.self + (self[fn] ?? 0),
      stacks: known.stacks + (totals[fn] ?? 0),
    });
  });
  return Object.fromEntries([...byName].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const anyFrame: fc.Arbitrary<Frame> = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      'main',
      'net/http.(*conn).serve',
      'operator new(unsigned long)',
      'a;b',
      '',
      '12 34',
      '#x',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }).map((name) => name.toWellFormed()),
  ),
  fc.constantFrom('', 'main.go', '/srv/app/x.py'),
  fc.integer({ min: 0, max: 99 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);
const anyProfile = fc
  .array(
    fc.tuple(
      fc.array(anyFrame, { minLength: 1, maxLength: 6 }),
      fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 45 })),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((stacks) => buildProfile(stacks));

describe('whole values', () => {
  test.each([
    { what: 'whole numbers stay', values: [3, 1, 2], unit: 'count', divisor: 1, expected: [3, 1, 2] },
    { what: 'fractions are carried on', values: [0.4, 0.4, 0.4], unit: 'count', divisor: 1, expected: [1] },
    { what: 'a mean is carried on', values: [3, 3, 3], unit: 'count', divisor: 2, expected: [2, 1, 2] },
    { what: 'zero has no stack', values: [0, 5], unit: 'count', divisor: 1, expected: [5] },
    {
      what: 'seconds',
      values: [0.25, 1.5],
      unit: 'seconds',
      divisor: 1,
      expected: [250_000_000, 1_500_000_000],
    },
    { what: 'whole seconds stay', values: [2, 1], unit: 'seconds', divisor: 1, expected: [2, 1] },
  ])('$what', ({ values, unit, divisor, expected }) => {
    const profile = buildProfile(
      values.map((value, at) => [[['f', '', 0, at + 1]], value]),
      { unit },
    );
    const whole = wholeValues(profile, divisor);
    expect(whole.values).toEqual(expected);
    const isNanoseconds = unit === 'seconds' && !values.every(Number.isInteger);
    expect(whole.unit).toBe(isNanoseconds ? 'nanoseconds' : unit);
  });

  test('a difference is refused', () => {
    expect(() =>
      wholeValues(
        buildProfile([
          [[MAIN], 5],
          [[WORK], -1],
        ]),
      ),
    ).toThrow(RangeError);
  });

  test('every value and the total are within one of the exact ones, whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 300 }),
        (values, divisor) => {
          const profile = buildProfile(
            values.map((value, at) => [[['f', '', 0, at + 1]], value]),
            { unit: 'count' },
          );
          const whole = wholeValues(profile, divisor);
          const written = new Map(whole.stacks.map((stack, at) => [stack, whole.values[at] ?? 0]));
          const room = 1 + 1e-6;
          values.forEach((value, stack) => {
            const exact = written.get(stack) ?? 0;
            expect(Number.isInteger(exact) && exact >= 0).toBe(true);
            expect(Math.abs(exact - value / divisor)).toBeLessThanOrEqual(room);
          });
          const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
          expect(Math.abs(sum(whole.values) - sum(values) / divisor)).toBeLessThanOrEqual(room);
        },
      ),
    );
  });
});

describe('pprof', () => {
  const decoded = (profile: Profile, head = HEAD) => decodePprof(encodeProfile(profile, head, 'pprof').bytes);

  test('says what it is of', () => {
    const file = decoded(buildProfile([[[WORK, MAIN], 7]]));
    const { strings } = file;
    expect(file.sampleTypes).toEqual([{ type: 'cpu', unit: 'nanoseconds' }]);
    expect(file.periodType).toEqual({ type: 'cpu', unit: 'nanoseconds' });
    expect([file.timeNanos, file.durationNanos]).toEqual([BigInt(HEAD.from) * 1_000_000n, 900_000_000_000n]);
    expect(file.raw.comment.map((index) => strings[Number(index)])).toEqual(['of a test']);
    const [mapping] = file.raw.mapping;
    expect(strings[Number(mapping?.filename)]).toBe('checkout-api');
    expect(mapping).toMatchObject({ hasFunctions: true, hasFilenames: true, hasLineNumbers: true });
    // A system name makes pprof demangle the name again.
    expect(file.functions.map(({ systemName }) => systemName)).toEqual([0, 0]);
  });

  test('holds what the profile holds, read again', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const read = pprofToProfile(decoded(profile), 0, { isApart: true });
        const rows = (of: Profile) =>
          Array.from(of.values, (value, stack) => [
            ...Array.from(
              of.stackFrames.subarray(of.stackStart[stack], of.stackStart[stack + 1]),
              (frame) => {
                const { name = '', file, startLine } = of.functions[of.frameFunction[frame] ?? 0] ?? {};
                return [name === '[unknown]' ? '' : name, file, startLine, of.frameLine[frame]];
              },
            ),
            value,
          ]);
        const added = new Map<string, number>();
        for (const row of rows(profile)) {
          const key = JSON.stringify(row.slice(0, -1));
          added.set(key, (added.get(key) ?? 0) + Number(row.at(-1)));
        }
        expect(new Map(rows(read).map((row) => [JSON.stringify(row.slice(0, -1)), row.at(-1)]))).toEqual(
          added,
        );
      }),
    );
  });

  test('names stay apart, each in its file at its line', () => {
    const generic: Frame = ['sum[go.shape.int]', 'a.go', 1, 2];
    const other: Frame = ['sum[go.shape.string]', 'b.go', 5, 6];
    const read = pprofToProfile(
      decoded(
        buildProfile([
          [[generic], 1],
          [[other], 2],
        ]),
      ),
      0,
      { isApart: true },
    );
    expect(read.functions.map(({ name, file, startLine }) => [name, file, startLine])).toEqual([
      ['sum[go.shape.int]', 'a.go', 1],
      ['sum[go.shape.string]', 'b.go', 5],
    ]);
    expect([...read.frameLine]).toEqual([2, 6]);
  });

  test('a sample without a stack stays one', () => {
    const file = decoded(
      buildProfile([
        [[[NO_STACK.name, '', 0, 0]], 4],
        [[MAIN], 1],
      ]),
    );
    expect([...file.samples.starts]).toEqual([0, 0, 1]);
    expect(file.functions).toHaveLength(1);
  });

  test('equal stacks are one sample', () => {
    expect(
      decoded(
        buildProfile([
          [[WORK, MAIN], 7],
          [[WORK, MAIN], 8],
        ]),
      ).samples.values,
    ).toEqual(Float64Array.of(15));
  });
});

describe('collapsed stacks', () => {
  test('of a small profile', () => {
    const profile = buildProfile([
      [[WORK, MAIN], 7],
      [[['work', 'work.go', 3, 9], MAIN], 1],
      [[MAIN], 2],
    ]);
    expect(text(profile, 'collapsed')).toBe('main 2\nmain;work 8\n');
  });

  test.each([
    ['net/http.(*conn).serve', 'net/http.(*conn).serve'],
    ['a;b', 'a:b'],
    ['operator new(unsigned long)', 'operator_new(unsigned_long)'],
    ['worker 12', 'worker_12'],
    ['a\tb\nc\rd\u0085e\u2028f\u001bg', 'a_b_c_d_e_f_g'],
    ['', '[unknown]'],
    ['größe', 'größe'],
  ])('the name %j is %j', (name, safe) => {
    expect(collapsedName(name)).toBe(safe);
  });

  test('a first frame that looks like a comment', () => {
    expect(text(buildProfile([[[['#main', '', 0, 0]], 1]]), 'collapsed')).toBe('_main 1\n');
  });

  test('are read by flamegraph.pl frame by frame, whatever the names', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const lines = text(profile, 'collapsed').split('\n').slice(0, -1);
        let total = 0;
        for (const line of lines) {
          // The patterns of flamegraph.pl: a stack and a count, and for differences a second count before it.
          const [, stack = '', count = ''] = /^(.*)\s+?(\d+(?:\.\d*)?)$/.exec(line) ?? [];
          expect(stack).not.toBe('');
          expect(/^(.*)\s+?(\d+(?:\.\d*)?)$/.test(stack)).toBe(false);
          expect(stack.split(';').every((frame) => frame !== '' && !/\s/.test(frame))).toBe(true);
          total += Number(count);
        }
        expect(total).toBe(profile.values.reduce((sum, value) => sum + value, 0));
        expect(new Set(lines).size).toBe(lines.length);
      }),
    );
  });

  test('hold the sums of every function, read again', () => {
    const frame: fc.Arbitrary<Frame> = fc.constantFrom(MAIN, WORK, ['a;b', '', 0, 1], ['f (x)', '', 0, 2]);
    const stacks = fc.array(
      fc.tuple(fc.uniqueArray(frame, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 99 })),
      { minLength: 1, maxLength: 9 },
    );
    fc.assert(
      fc.property(stacks, (given) => {
        const profile = buildProfile(given);
        const read = pprofToProfile(readCollapsed(encodeProfile(profile, HEAD, 'collapsed').bytes));
        expect(sums(read)).toEqual(sums(profile, collapsedName));
      }),
    );
  });
});

describe('speedscope', () => {
  test('follows its schema, whatever the profile', () => {
    fc.assert(
      fc.property(
        anyProfile,
        fc.constantFrom('nanoseconds', 'bytes', 'count', 'seconds', 'objects'),
        (profile, unit) => {
          const problems = speedscopeProblems(JSON.parse(text({ ...profile, unit }, 'speedscope')));
          expect(problems).toEqual([]);
        },
      ),
    );
  });

  test('holds the sums of every function, read again', () => {
    const profile = buildProfile([
      [[WORK, MAIN], 7],
      [[['work', 'work.go', 3, 9], MAIN], 1],
      [[MAIN], 2],
    ]);
    const value: unknown = JSON.parse(text(profile, 'speedscope'));
    expect(sums(pprofToProfile(readSpeedscope(value)))).toEqual(sums(profile));
    expect(value).toMatchObject({
      shared: {
        frames: [
          { name: 'work', file: 'work.go', line: 3 },
          { name: 'main', file: 'main.go', line: 10 },
        ],
      },
      profiles: [{ name: 'checkout-api cpu', unit: 'nanoseconds', endValue: 10 }],
      exporter: 'pyroscope-mcp 1',
    });
  });

  test('the check of the schema finds faults', () => {
    const good = JSON.parse(text(buildProfile([[[WORK, MAIN], 7]]), 'speedscope'));
    const [profile] = good.profiles;
    const withProfile = (change: object) => ({ ...good, profiles: [{ ...profile, ...change }] });
    for (const bad of [
      { ...good, $schema: 'x' },
      { ...good, shared: {} },
      { ...good, shared: { frames: [{ file: 'a' }] } },
      { ...good, more: 1 },
      withProfile({ unit: 'count' }),
      withProfile({ weights: [] }),
      withProfile({ samples: [[0, 9]] }),
      withProfile({ endValue: 'x' }),
      withProfile({ type: 'other' }),
    ])
      expect(speedscopeProblems(bad)).not.toEqual([]);
  });
});

describe('profile-guided optimisation', () => {
  const go = { name: 'main.sum', file: '/app/main.go', startLine: 5, isSymbolised: true };
  test.each([
    [{ sampleType: 'cpu', unit: 'nanoseconds', functions: [go] }, null],
    [{ sampleType: 'samples', unit: 'count', functions: [go] }, null],
    [{ sampleType: 'cpu', unit: 'count', functions: [go] }, 'type'],
    [{ sampleType: 'wall', unit: 'nanoseconds', functions: [go] }, 'type'],
    [{ sampleType: 'cpu', unit: 'nanoseconds', functions: [] }, 'no_go'],
    [{ sampleType: 'cpu', unit: 'nanoseconds', functions: [{ ...go, file: 'main.py' }] }, 'no_go'],
    [{ sampleType: 'cpu', unit: 'nanoseconds', functions: [{ ...go, startLine: 0 }] }, 'no_start_lines'],
    [
      {
        sampleType: 'cpu',
        unit: 'nanoseconds',
        functions: [
          { ...go, startLine: 0 },
          { ...go, file: 'x.py' },
        ],
      },
      'no_start_lines',
    ],
  ] as const)('%j: %s', (profile, expected) => {
    expect(pgoObstacle(profile)).toBe(expected);
  });
});
