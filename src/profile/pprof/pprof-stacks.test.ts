import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Profile as Pprof, StringTable } from 'pprof-format';
import { describe, expect, test } from 'vitest';
import { buildProfile, findId, listStacks, pprofBytes, pprofFile } from '../../../test/support/profiles.js';
import { joinKey } from '../code/names.js';
import { totalValue } from '../model.js';
import { functionTable } from '../tables/table.js';
import { ProfileBuilder } from './builder.js';
import { addPprof, decodePprof, pprofToProfile, pprofTotal } from './pprof.js';

const START = 1_795_185_000_123_456_789n;

describe('stacks', () => {
  test('samples without a value are left out, those without a stack have a frame that says so', () => {
    const file = pprofFile({
      types: ['objects/count', 'space/bytes'],
      stacks: [
        { frames: [], values: [5, 50] },
        { frames: ['main', 'a'], values: [0, 10] },
        { frames: ['main', 'b'], values: [2, 0] },
      ],
    });
    expect(listStacks(pprofToProfile(file, 0))).toEqual([
      [['[no stack]'], 5],
      [['main', 'b'], 2],
    ]);
    expect(listStacks(pprofToProfile(file, 1))).toEqual([
      [['[no stack]'], 50],
      [['main', 'a'], 10],
    ]);
    expect([pprofTotal(file, 0), pprofTotal(file, 1)]).toEqual([7, 60]);
  });

  test('a location with several lines is inlined: the innermost function owns the cost', () => {
    const stringTable = new StringTable();
    const [inner, middle, outer, main] = ['inner', 'middle', 'outer', 'main'].map((name, index) => ({
      id: index + 1,
      name: stringTable.dedup(name),
    }));
    const bytes = new Pprof({
      sampleType: [{ type: stringTable.dedup('cpu'), unit: stringTable.dedup('nanoseconds') }],
      function: [inner, middle, outer, main].map((fn) => fn ?? { id: 0 }),
      location: [
        { id: 1, line: [1, 2, 3].map((functionId) => ({ functionId, line: functionId * 10 })) },
        { id: 2, line: [{ functionId: 4, line: 5 }] },
      ],
      sample: [{ locationId: [1, 2], value: [6] }],
      stringTable,
    }).encode();
    const profile = pprofToProfile(decodePprof(bytes));
    expect(listStacks(profile)).toEqual([[['main', 'outer', 'middle', 'inner'], 6]]);
    const { self, lines } = functionTable(profile);
    expect(self[findId(profile, 'inner')]).toBe(6);
    expect(['inner', 'middle', 'outer', 'main'].map((name) => lines[findId(profile, name)])).toEqual([
      10, 20, 30, 5,
    ]);
  });

  test('a location without symbols is named by binary and offset, exact to 64 bits', () => {
    const stringTable = new StringTable();
    const bytes = new Pprof({
      sampleType: [{ type: stringTable.dedup('cpu'), unit: stringTable.dedup('nanoseconds') }],
      mapping: [{ id: 1, filename: stringTable.dedup('/usr/lib/libssl.so.3') }],
      location: [
        { id: 1, mappingId: 1, address: 0x1f2e },
        { id: 2, address: 0xffff_ffff_8100_0001n },
      ],
      sample: [{ locationId: [1, 2], value: [6] }],
      stringTable,
    }).encode();
    const profile = pprofToProfile(decodePprof(bytes));
    expect(listStacks(profile)).toEqual([[['[unknown] 0xffffffff81000001', '[libssl.so.3] 0x1f2e'], 6]]);
    expect(profile.functions.map(({ isSymbolised }) => isSymbolised)).toEqual([false, false]);
  });

  test('two processes of a position-independent binary have the same functions, two builds have not', () => {
    const process = (start: bigint, buildId: string, fileOffset = 0) => {
      const stringTable = new StringTable();
      return pprofToProfile(
        decodePprof(
          new Pprof({
            sampleType: [{ type: stringTable.dedup('cpu'), unit: stringTable.dedup('nanoseconds') }],
            mapping: [
              {
                id: 1,
                filename: stringTable.dedup('/app/server'),
                buildId: stringTable.dedup(buildId),
                memoryStart: start,
                memoryLimit: start + 0x10_0000n,
                fileOffset,
              },
            ],
            location: [{ id: 1, mappingId: 1, address: start + 0x1000n }],
            sample: [{ locationId: [1], value: [6] }],
            stringTable,
          }).encode(),
        ),
      ).functions;
    };
    const [first, second] = [process(0x7f01_0000_0000n, ''), process(0x7f44_0000_0000n, '')];
    expect(first).toMatchObject([{ name: '[server] 0x1000', file: '', isSymbolised: false }]);
    expect(second).toEqual(first);
    expect(process(0x7f44_0000_0000n, '', 0x2000)).toMatchObject([{ name: '[server] 0x3000' }]);
    const builds = ['0123456789abcdef', 'fedcba9876543210'].map((id) => process(0x7f01_0000_0000n, id)[0]);
    expect(builds).toMatchObject([{ file: 'server@0123456789ab' }, { file: 'server@fedcba987654' }]);
    expect(new Set(builds.map((info) => info && joinKey(info))).size).toBe(2);
  });

  test('a function is named by its system name where it has no other, else it is unknown', () => {
    const profile = buildProfile([[{ name: '', systemName: '_ZN3fooE' }, { name: '' }], 1]);
    expect(profile.functions.map(({ name, isSymbolised }) => [name, isSymbolised])).toEqual(
      expect.arrayContaining([
        ['_ZN3fooE', true],
        ['[unknown]', false],
      ]),
    );
  });

  test.each([
    ['beyond 32 bits', 3_410_558_000n, 3_410_558_000],
    ['the largest exact one', BigInt(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
    ['beyond 2^53, rounded', 86_400_000_000_000_001n, 86_400_000_000_000_000],
    ['negative, as in the difference of two profiles', -5n, -5],
    ['far below zero', -(2n ** 62n), -(2 ** 62)],
  ])('values: %s', (_, written, read) => {
    const file = pprofFile({ stacks: [{ frames: ['main'], values: [written] }] });
    expect(listStacks(pprofToProfile(file))).toEqual([[['main'], read]]);
    expect(pprofTotal(file, 0)).toBe(read);
  });

  test('ids may be any 64-bit numbers in any order', () => {
    const stringTable = new StringTable();
    const ids = [2n ** 63n + 1n, 7, 2n ** 63n];
    const bytes = new Pprof({
      sampleType: [{ type: stringTable.dedup('cpu'), unit: stringTable.dedup('nanoseconds') }],
      function: ids.map((id, index) => ({ id, name: stringTable.dedup(`f${index}`) })),
      location: ids.toReversed().map((id) => ({ id, line: [{ functionId: id, line: 1 }] })),
      sample: [{ locationId: ids, value: [1] }],
      stringTable,
    }).encode();
    expect(listStacks(pprofToProfile(decodePprof(bytes)))).toEqual([[['f2', 'f1', 'f0'], 1]]);
  });

  test('order of the fields does not matter: names may come first', () => {
    const bytes = pprofBytes({ stacks: [{ frames: ['main', 'a'], values: [3] }], timeNanos: START });
    const fields: Uint8Array[] = [];
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const start = reader.pos;
      const [field, wireType] = reader.tag();
      reader.skip(wireType, field);
      fields.push(bytes.subarray(start, reader.pos));
    }
    const names = fields.filter(([key]) => key === 0x32);
    const others = fields.filter(([key]) => key !== 0x32);
    const reordered = decodePprof(Buffer.concat([...names, ...others.toReversed()]));
    expect(listStacks(pprofToProfile(reordered))).toEqual([[['main', 'a'], 3]]);
    expect(reordered.timeNanos).toBe(START);
  });
});

describe('addPprof', () => {
  const file = (...stacks: [string[], number][]) =>
    pprofFile({ stacks: stacks.map(([frames, value]) => ({ frames, values: [value] })) });

  test('merges files: functions are the same by name', () => {
    const builder = new ProfileBuilder('cpu', 'nanoseconds');
    addPprof(builder, file([['main', 'a'], 1]), 0);
    addPprof(builder, file([['other', 'a'], 2], [['main'], 4]), 0);
    const profile = builder.build();
    const { self, totals } = functionTable(profile);
    const figures = (name: string) => [self[findId(profile, name)], totals[findId(profile, name)]];
    expect(['main', 'a', 'other'].map(figures)).toEqual([
      [4, 5],
      [3, 3],
      [0, 2],
    ]);
  });

  test('a weight of -1 subtracts', () => {
    const builder = new ProfileBuilder('cpu', 'nanoseconds');
    addPprof(builder, file([['main', 'a'], 9]), 0);
    addPprof(builder, file([['main', 'a'], 4]), 0, -1);
    expect(totalValue(builder.build())).toBe(5);
  });
});

describe('the place of a function whose name stands in several files', () => {
  const handle = (file: string, line: number) => ({ name: 'Layer.handle', file, line, startLine: line - 1 });

  test('is the file with most of its own cost, and the line is one of that file', () => {
    const profile = buildProfile(
      [['main', handle('layer.js', 90)], 3],
      [['main', handle('layer.js', 95)], 3],
      [['main', handle('app.js', 40)], 5],
      [['main', handle('app.js', 40), 'leaf'], 50],
    );
    const id = findId(profile, 'Layer.handle');
    expect(profile.functions[id]).toMatchObject({ file: 'layer.js', startLine: 89 });
    const { self, lines } = functionTable(profile);
    expect([self[id], lines[id]]).toEqual([11, 90]);
  });

  test('is the file with most of its total where it has no own cost', () => {
    const profile = buildProfile(
      [['main', handle('layer.js', 90), 'leaf'], 3],
      [['main', handle('app.js', 40), 'leaf'], 5],
    );
    const id = findId(profile, 'Layer.handle');
    expect([profile.functions[id]?.file, functionTable(profile).lines[id]]).toEqual(['app.js', 40]);
  });

  test('is a known file rather than none when both cost the same', () => {
    const profile = buildProfile([['main', 'Layer.handle'], 5], [['main', handle('app.js', 40)], 5]);
    expect(profile.functions[findId(profile, 'Layer.handle')]?.file).toBe('app.js');
  });

  test('is unknown when most of its cost has no file: a native function that only shares the name', () => {
    const profile = buildProfile([['main', 'Layer.handle'], 100], [['main', handle('app.js', 40)], 5]);
    const id = findId(profile, 'Layer.handle');
    expect([profile.functions[id]?.file, functionTable(profile).lines[id]]).toEqual(['', 0]);
  });
});

test('functions without a name are kept apart by file and start line', () => {
  const unnamed = (name: string, file: string, startLine: number) => ({ name, file, startLine });
  const profile = buildProfile(
    [[unnamed('(anonymous)', 'a.js', 1)], 1],
    [[unnamed('(anonymous)', 'a.js', 9)], 1],
    [[unnamed('(anonymous)', 'b.js', 1)], 1],
    [[unnamed('<lambda>', 'x.py', 1)], 1],
    [[unnamed('<module>', 'x.py', 1)], 1],
    [[unnamed('<module>', 'y.py', 1)], 1],
  );
  expect(profile.functions).toHaveLength(6);
});
