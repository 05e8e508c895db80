import { describe, expect, test } from 'vitest';
import { listStacks } from '../../../test/support/profiles.js';
import { pprofToProfile } from '../pprof/pprof.js';
import { readAnyProfile } from './read.js';

const bytes = (content: unknown) =>
  new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));

/** All types of a file with their stacks, entry point first. */
function read(content: unknown) {
  const file = readAnyProfile(bytes(content));
  return {
    file,
    types: file.sampleTypes.map(({ type, unit }) => `${type}/${unit}`),
    stacks: file.sampleTypes.map((_, index) => listStacks(pprofToProfile(file, index))),
  };
}

describe('collapsed stacks', () => {
  test('are read line by line, with blank lines, comments and line ends of Windows', () => {
    const { types, stacks } = read('# perf\nmain;handle;parse 7\r\n\nmain;handle 2\nmain;handle;parse 1\n');
    expect(types).toEqual(['samples/count']);
    expect(stacks[0]).toEqual([
      [['main', 'handle', 'parse'], 7],
      [['main', 'handle'], 2],
      [['main', 'handle', 'parse'], 1],
    ]);
  });

  test('names may hold spaces, brackets and colons; kinds of frames are cut, places are read', () => {
    const { file, stacks } = read(
      'java;void std::sort<int, int>(int*, int*);[unknown];Cart.total_[j] 3\nrun (app/views.py:12);do_syscall_64_[k] 1.5\n',
    );
    expect(stacks[0]).toEqual([
      [['java', 'void std::sort<int, int>(int*, int*)', '[unknown]', 'Cart.total'], 3],
      [['run', 'do_syscall_64'], 1.5],
    ]);
    const { functions } = pprofToProfile(file);
    expect(functions.find(({ name }) => name === 'run')?.file).toBe('app/views.py');
  });

  test('with two counts are a comparison: the second less the first', () => {
    expect(read('main;a 10 30\nmain;b 20 0\nmain;c 5 5\n').stacks[0]).toEqual([
      [['main', 'a'], 20],
      [['main', 'b'], -20],
    ]);
  });

  test.each([
    ['a line without a count', `${'main;a 1\n'.repeat(600)}main;b\n`, /line 601 has no count/],
    ['two counts behind one', `${'main;a 1\n'.repeat(600)}main;b 1 2\n`, /line 601 has two counts/],
  ])('%s is named', (_, text, reason) => {
    expect(() => read(text)).toThrow(reason);
  });
});

test('a first stack that is longer than what is looked at is known all the same', () => {
  const deep = Array.from({ length: 500 }, (_, at) => `com.example.Handler${at}.handle`);
  expect(read(`${deep.join(';')} 3\nmain;a 1\n`).stacks[0]).toEqual([
    [deep, 3],
    [['main', 'a'], 1],
  ]);
});

describe('speedscope', () => {
  const shared = { frames: [{ name: 'main', file: 'a.js', line: 3 }, { name: 'work' }, { name: 'log' }] };
  const sampled = (unit: string, weights: number[]) => ({
    type: 'sampled',
    name: 'main',
    unit,
    startValue: 0,
    endValue: 5,
    samples: [[0, 1], [0, 1, 2], [0]],
    weights,
  });

  test.each([
    ['nanoseconds', 'wall/nanoseconds', 1],
    ['microseconds', 'wall/nanoseconds', 1e3],
    ['milliseconds', 'wall/nanoseconds', 1e6],
    ['seconds', 'wall/nanoseconds', 1e9],
    ['bytes', 'size/bytes', 1],
    ['none', 'samples/count', 1],
  ])('samples in %s', (unit, type, size) => {
    const { types, stacks, file } = read({ shared, profiles: [sampled(unit, [2, 3, 0])] });
    expect(types).toEqual([type]);
    expect(stacks[0]).toEqual([
      [['main', 'work'], 2 * size],
      [['main', 'work', 'log'], 3 * size],
    ]);
    expect(file.durationNanos).toBe(type.startsWith('wall') ? BigInt(5 * size) : 0n);
  });

  test('without weights every sample counts one', () => {
    const { weights: _, ...profile } = sampled('none', []);
    expect(read({ shared, profiles: [profile] }).stacks[0]?.map(([, value]) => value)).toEqual([1, 1, 1]);
  });

  test('events: what is open between two of them is the stack', () => {
    const events = [
      ['O', 0, 0],
      ['O', 2, 1],
      ['C', 5, 1],
      ['O', 5, 2],
      ['C', 6, 2],
      ['C', 10, 0],
    ].map(([type, at, frame]) => ({ type, at, frame }));
    const profile = { type: 'evented', name: 't', unit: 'milliseconds', startValue: 0, endValue: 10, events };
    expect(read({ profiles: [profile], shared, $schema: 'x' }).stacks[0]).toEqual([
      [['main'], 2e6],
      [['main', 'work'], 3e6],
      [['main', 'log'], 1e6],
      [['main'], 4e6],
    ]);
  });

  test('several threads are added up, each with its name as a label', () => {
    const two = [sampled('seconds', [1, 0, 0]), { ...sampled('seconds', [2, 0, 0]), name: 'worker' }];
    const { file, stacks } = read({ shared, profiles: two });
    expect(stacks[0]?.map(([, value]) => value)).toEqual([1e9, 2e9]);
    expect(file.labels?.sets).toEqual([[['thread', 'main']], [['thread', 'worker']]]);
  });

  test.each([
    ['a frame that does not exist', { ...sampled('none', [1, 1, 1]), samples: [[7], [0], [0]] }],
    ['fewer weights than samples', sampled('none', [1])],
    ['an unknown type', { ...sampled('none', [1, 1, 1]), type: 'graph' }],
    [
      'a frame that was not opened',
      { type: 'evented', unit: 'none', startValue: 0, events: [{ type: 'C', at: 1, frame: 0 }] },
    ],
    [
      'time that goes back',
      {
        type: 'evented',
        unit: 'none',
        startValue: 5,
        events: [{ type: 'O', at: 1, frame: 0 }],
      },
    ],
  ])('%s is refused in words', (_, profile) => {
    expect(() => read({ shared, profiles: [profile] })).toThrow(/^JSON that cannot be read: /);
  });
});

describe('V8', () => {
  const frame = (functionName: string, url = 'file:///app/server.js', lineNumber = 9) => ({
    callFrame: { functionName, url, scriptId: '1', lineNumber, columnNumber: 0 },
  });
  const nodes = [
    { id: 1, ...frame('(root)', '', -1), hitCount: 0, children: [2, 4] },
    { id: 2, ...frame('handle'), hitCount: 1, children: [3] },
    { id: 3, ...frame(''), hitCount: 2, children: [] },
    { id: 4, ...frame('(idle)', '', -1), hitCount: 1, children: [] },
  ];

  test('a sample of a CPU profile lasts until the next one', () => {
    const { file, types, stacks } = read({
      nodes,
      startTime: 1_000_000,
      endTime: 1_100_000,
      samples: [2, 3, 3, 4],
      timeDeltas: [0, 10_000, 20_000, 30_000],
    });
    expect(types).toEqual(['samples/count', 'wall/nanoseconds']);
    expect(stacks[0]).toEqual([
      [['handle'], 1],
      [['handle', '(anonymous)'], 2],
      [['(idle)'], 1],
    ]);
    expect(stacks[1]).toEqual([
      [['handle'], 10e6],
      [['handle', '(anonymous)'], 50e6],
      [['(idle)'], 40e6],
    ]);
    expect([file.timeNanos, file.durationNanos]).toEqual([0n, 100_000_000n]);
    const { functions } = pprofToProfile(file);
    expect(functions[0]).toMatchObject({ name: 'handle', file: '/app/server.js', startLine: 10 });
  });

  test('a start since 1970 is the time of the profile', () => {
    const startTime = Date.parse('2026-09-21T14:13:20Z') * 1_000;
    const { file } = read({ nodes, startTime, endTime: startTime + 1, samples: [2], timeDeltas: [0] });
    expect(file.timeNanos).toBe(BigInt(startTime) * 1_000n);
  });

  test.each([
    ['an hour', 3_681_408_429],
    ['twelve days', 1_048_576_000_000],
    ['five months', 13_000_000_000_000],
  ])('a start since the machine has run for %s tells no time', (_uptime, startTime) => {
    const { file } = read({ nodes, startTime, endTime: startTime + 1, samples: [2], timeDeltas: [0] });
    expect(file.timeNanos).toBe(0n);
  });

  test('without samples the hits share the time, and parents may be named instead of children', () => {
    const byParent = nodes.map(({ children: _, ...node }) => ({
      ...node,
      ...(node.id === 1 ? {} : { parent: node.id === 3 ? 2 : 1 }),
    }));
    const { stacks } = read({ nodes: byParent, startTime: 0, endTime: 400 });
    expect(stacks[1]).toEqual([
      [['handle'], 100e3],
      [['handle', '(anonymous)'], 200e3],
      [['(idle)'], 100e3],
    ]);
  });

  test('a heap profile holds live bytes', () => {
    const { types, stacks } = read({
      head: {
        ...frame('(root)', '', -1),
        selfSize: 0,
        children: [
          { ...frame('load'), selfSize: 100, children: [{ ...frame('parse'), selfSize: 300, children: [] }] },
        ],
      },
      samples: [],
    });
    expect(types).toEqual(['inuse_space/bytes']);
    expect(stacks[0]).toEqual([
      [['load'], 100],
      [['load', 'parse'], 300],
    ]);
  });

  test.each([
    ['a sample of a missing node', { nodes, startTime: 0, endTime: 1, samples: [9], timeDeltas: [0] }],
    ['a missing child', { nodes: [{ ...nodes[0], children: [99] }], startTime: 0, endTime: 1 }],
  ])('%s is refused in words', (_, profile) => {
    expect(() => read(profile)).toThrow(/^JSON that cannot be read: /);
  });

  test('nodes in a circle end at a limit', () => {
    const circle = [
      { id: 1, ...frame('(root)'), hitCount: 1, children: [2] },
      { id: 2, ...frame('(root)'), hitCount: 1, children: [1] },
    ];
    expect(() => read({ nodes: circle, startTime: 0, endTime: 1 })).toThrow(
      'too large: over 16,384 frames in one sample',
    );
  });

  test('a heap profile that is one long chain is refused', () => {
    let text = '{"callFrame":{"functionName":"f"},"selfSize":1,"children":[';
    text = text.replace('1', '0').repeat(20_000) + ']}'.repeat(20_000);
    expect(() => read(`{"head":${text}}`)).toThrow('too large: over 16,384 frames in one sample');
  });
});

describe('what is small in bytes and huge in memory', () => {
  test.each([
    ['objects', `{"nodes":[${'{},'.repeat(2_200_000)}{}]}`, 'objects of JSON'],
    ['numbers', `{"timeDeltas":[${'1,'.repeat(8_500_000)}1]}`, 'values of JSON'],
    [
      'frames',
      {
        shared: { frames: [{ name: 'a' }] },
        profiles: [
          {
            type: 'evented',
            unit: 'none',
            startValue: 0,
            events: Array.from({ length: 20_000 }, (_, at) => ({
              type: 'O',
              at: at < 19_999 ? 0 : 1,
              frame: 0,
            })),
          },
        ],
      },
      'frames in one sample',
    ],
    ['stacks', `${'a;'.repeat(20_000)}a 1\n`, 'frames in one sample'],
  ])('%s are refused with the limit', (_, content, limit) => {
    expect(() => read(content)).toThrow(
      expect.objectContaining({ isTooLarge: true, message: expect.stringContaining(limit) }),
    );
  });
});

describe('other formats are named, with what to do', () => {
  test.each([
    ['FLR\0\0\x02', 'a recording of the JDK Flight Recorder', 'jfrconv'],
    ['PERFILE2\x68\0', 'a recording of Linux perf', 'stackcollapse-perf.pl'],
    ['Nettrace\x14\0', 'a trace of .NET', 'dotnet-trace convert'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:1\n', 'a pointer of Git LFS', 'git lfs pull'],
    ['heap profile: 1: 2 [ 3: 4] @ heap/1048576\n1: 2', 'text form of Go (debug=1)', 'debug='],
    ['goroutine profile: total 7\n3 @ 0x1\n', 'text form of Go', 'debug='],
    ['goroutine 1 [running]:\nmain.main()\n', 'text form of Go', 'debug='],
    ['heap_v2/524288\n  t*: 1: 2 [0: 0]\n', 'gperftools or jemalloc', 'pprof -proto'],
    ['--- contentionz 1 ---\n', 'text form', 'pprof -proto'],
    [
      'java 12 [001] 100.5: 10000 cpu-clock:\n\t    7f00aa11 f (/lib/x.so)\n',
      'the output of perf script',
      'stackcollapse-perf.pl',
    ],
    ['<html><title>Sign in</title>', 'an HTML page ("Sign in")', 'Fetch it again'],
    ['  <!DOCTYPE html>', 'an HTML page', 'Fetch it again'],
    ['<?xml version="1.0"?><svg>', 'an XML or SVG file', 'picture'],
    ['upstream connect error or disconnect', 'an error text', 'Fetch it again'],
    ['{"error":"no such profile"}', 'a JSON text ("no such profile")', 'Fetch it again'],
    ['{"traceEvents":[]}', 'a trace of Chrome', '.cpuprofile'],
    ['{"snapshot":{"meta":{}}}', 'a heap snapshot of V8', '--heap-prof'],
    ['[1,2,3]', 'a JSON text that is no profile', 'Fetch it again'],
    ['', 'an empty file', 'Fetch it again'],
  ])('%j', (content, what, todo) => {
    const raw = Uint8Array.from(content, (character) => character.charCodeAt(0));
    expect(() => readAnyProfile(raw)).toThrow(
      expect.objectContaining({
        name: 'UnreadableProfileError',
        message: expect.stringMatching(
          new RegExp(`${escaped(what)}.*which is not read\\. .*${escaped(todo)}`),
        ),
      }),
    );
  });

  test('a CPU profile of gperftools in either size of words', () => {
    for (const size of [4, 8]) {
      const view = new DataView(new ArrayBuffer(8 * size));
      for (const [at, word] of [0, 3, 0, 10_000, 0].entries()) view.setUint32(at * size, word, true);
      expect(() => readAnyProfile(new Uint8Array(view.buffer))).toThrow('binary form of gperftools');
    }
  });

  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
});
