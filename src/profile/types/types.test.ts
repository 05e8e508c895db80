import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultProfileType,
  listAliases,
  orderTypes,
  PROFILE_TYPE_ALIASES,
  parseProfileType,
  resolveProfileType,
} from './types.js';

const GO = [
  'process_cpu:samples:count:cpu:nanoseconds',
  'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  'memory:alloc_objects:count:space:bytes',
  'memory:alloc_space:bytes:space:bytes',
  'memory:inuse_objects:count:space:bytes',
  'memory:inuse_space:bytes:space:bytes',
  'goroutine:goroutine:count:goroutine:count',
  'mutex:contentions:count:mutex:count',
  'mutex:delay:nanoseconds:mutex:count',
  'block:contentions:count:block:count',
  'block:delay:nanoseconds:block:count',
];
const NODE = [
  'wall:samples:count:wall:nanoseconds',
  'wall:wall:microseconds:wall:microseconds',
  'memory:inuse_objects:count:inuse_space:bytes',
  'memory:inuse_space:bytes:inuse_space:bytes',
];
const JAVA = [
  'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  'wall:wall:nanoseconds:wall:nanoseconds',
  'memory:alloc_in_new_tlab_objects:count:space:bytes',
  'memory:alloc_in_new_tlab_bytes:bytes:space:bytes',
  'memory:alloc_outside_tlab_bytes:bytes:space:bytes',
  'memory:live:count:objects:count',
  'mutex:delay:nanoseconds:mutex:count',
  'block:delay:nanoseconds:block:count',
];
const DOTNET = [
  'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  'process_cpu:wall:nanoseconds:cpu:nanoseconds',
  'process_cpu:alloc_samples:count:cpu:nanoseconds',
  'process_cpu:alloc_size:bytes:cpu:nanoseconds',
  'process_cpu:lock_count:count:cpu:nanoseconds',
  'process_cpu:lock_time:nanoseconds:cpu:nanoseconds',
  'process_cpu:exception:count:cpu:nanoseconds',
  'heap:inuse_objects:count:heap:bytes',
  'heap:inuse_space:bytes:heap:bytes',
];
const EBPF = ['process_cpu:cpu:nanoseconds:cpu:nanoseconds', 'off_cpu:off_cpu:nanoseconds::'];

describe('parseProfileType', () => {
  test.each([
    ['process_cpu:cpu:nanoseconds:cpu:nanoseconds', 'cpu', 'cumulative'],
    ['process_cpu:cpu:nanoseconds:cpu:nanoseconds:delta', 'cpu', 'cumulative'],
    ['process_cpu:samples:count:cpu:nanoseconds', 'cpu_samples', 'cumulative'],
    ['process_cpu:sample:count:cpu:nanoseconds', 'cpu_samples', 'cumulative'],
    ['wall:wall:nanoseconds:wall:nanoseconds', 'wall', 'cumulative'],
    ['wall:wall:microseconds:wall:microseconds', 'wall', 'cumulative'],
    ['wall:cpu:nanoseconds:cpu:nanoseconds', 'wall', 'cumulative'],
    ['process_cpu:wall:nanoseconds:cpu:nanoseconds', 'wall', 'cumulative'],
    ['wall:sample:count:wall:microseconds', 'wall_samples', 'cumulative'],
    ['off_cpu:off_cpu:nanoseconds::', 'off_cpu', 'cumulative'],
    ['memory:alloc_space:bytes:space:bytes', 'alloc', 'cumulative'],
    ['memory:alloc_in_new_tlab_bytes:bytes:space:bytes', 'alloc', 'cumulative'],
    ['memory:alloc_in_new_tlab_bytes:bytes::', 'alloc', 'cumulative'],
    ['process_cpu:alloc_size:bytes:cpu:nanoseconds', 'alloc', 'cumulative'],
    ['memory:alloc_objects:count:space:bytes', 'alloc_objects', 'cumulative'],
    ['memory:alloc_in_new_tlab_objects:count:space:bytes', 'alloc_objects', 'cumulative'],
    ['process_cpu:alloc_samples:count:cpu:nanoseconds', 'alloc_objects', 'cumulative'],
    ['memory:alloc_outside_tlab_bytes:bytes:space:bytes', 'alloc_outside_tlab', 'cumulative'],
    ['memory:inuse_space:bytes:space:bytes', 'inuse', 'instant'],
    ['memory:inuse_space:bytes:inuse_space:bytes', 'inuse', 'instant'],
    ['memory:space:bytes:space:bytes', 'inuse', 'instant'],
    ['heap:inuse_space:bytes:heap:bytes', 'inuse', 'instant'],
    ['memory:inuse_objects:count:space:bytes', 'inuse_objects', 'instant'],
    ['memory:objects:count:space:bytes', 'inuse_objects', 'instant'],
    ['memory:live:count:objects:count', 'inuse_objects', 'instant'],
    ['goroutine:goroutine:count:goroutine:count', 'goroutines', 'instant'],
    ['goroutines:goroutine:count:goroutine:count', 'goroutines', 'instant'],
    ['threadcreate:threadcreate:count:threadcreate:count', 'threads', 'instant'],
    ['goroutineleak:goroutineleak:count:goroutineleak:count', 'leaked_goroutines', 'instant'],
    ['memory:alloc_sample_bytes:bytes:space:bytes', 'alloc', 'cumulative'],
    ['memory:alloc_sample_objects:count:space:bytes', 'alloc_objects', 'cumulative'],
    ['space:alloc_space:bytes:space:bytes', 'alloc', 'cumulative'],
    ['memory:malloc_bytes:bytes::', 'native_alloc', 'cumulative'],
    ['memory:malloc_objects:count::', 'native_alloc_objects', 'cumulative'],
    ['memory:alloc_outside_tlab_objects:count:space:bytes', 'alloc_outside_tlab_objects', 'cumulative'],
    ['memory:samples:bytes::', 'memory_samples', 'cumulative'],
    ['fgprof:time:nanoseconds:wallclock:nanoseconds', 'wall', 'cumulative'],
    ['fgprof:samples:count:wallclock:nanoseconds', 'wall_samples', 'cumulative'],
    ['samples:samples:count:cpu:nanoseconds', 'cpu_samples', 'cumulative'],
    ['samples:samples:count::', 'cpu_samples', 'cumulative'],
    ['samples:samples:count:wall:nanoseconds', 'wall_samples', 'cumulative'],
    ['process_cpu:cpu_samples:count:cpu:nanoseconds', 'cpu_samples', 'cumulative'],
    ['process_cpu:samples:count::milliseconds', 'cpu_samples', 'cumulative'],
    ['process_cpu:cpu:count::', 'cpu_samples', 'cumulative'],
    ['process_cpu:cpu:ms:cpu:ms', 'cpu', 'cumulative'],
    ['wall:cpu:nanoseconds:wall:nanoseconds', 'cpu', 'cumulative'],
    ['gc:cpu:nanoseconds:cpu:nanoseconds', 'gc_cpu', 'cumulative'],
    ['gc:cpu_samples:count:cpu:nanoseconds', 'gc_cpu_samples', 'cumulative'],
    ['gc:gc_stw_timeline:nanoseconds:cpu:nanoseconds', 'gc_pause', 'cumulative'],
    ['exceptions:samples:count::', 'exceptions', 'cumulative'],
    ['contentions:delay:nanoseconds:contentions:count', 'contention', 'cumulative'],
    [':events:count::', 'events', 'cumulative'],
    [':cpu:nanoseconds::', 'cpu', 'cumulative'],
    // A type under a foreign name is read alike, and never bears the alias.
    ['gc_threads:cpu:nanoseconds:cpu:nanoseconds', 'gc_threads_cpu', 'cumulative'],
    ['gpu:wall:nanoseconds::', 'gpu_wall', 'cumulative'],
    ['gpu:inuse_space:bytes::', 'gpu_inuse_space', 'instant'],
    ['broker:mutex:count::', 'broker_mutex', 'cumulative'],
    ['memory:inuse:widgets::', 'memory:inuse', 'instant'],
    // An unknown one by its unit and its words.
    ['network:net_bytes:bytes::', 'net_bytes', 'cumulative'],
    ['sockets:open:count::', 'open', 'instant'],
    ['pool:openConnections:count::', 'openConnections', 'instant'],
    ['pool:connections_opened:count::', 'connections_opened', 'cumulative'],
    ['io:read_wait:us::', 'read_wait', 'cumulative'],
    ['process_cpu::nanoseconds:cpu:nanoseconds', 'process_cpu_unnamed', 'cumulative'],
    ['thing::bytes::', 'thing', 'cumulative'],
    ['unknown:unnamed:::', 'unnamed', 'cumulative'],
    ['mutex:delay:nanoseconds:mutex:count', 'mutex', 'cumulative'],
    ['mutex:delay:nanoseconds:contentions:count', 'mutex', 'cumulative'],
    ['mutex:contentions:count:contentions:count', 'mutex_contentions', 'cumulative'],
    ['block:delay:nanoseconds:block:count', 'block', 'cumulative'],
    ['block:contentions:count:block:count', 'block_contentions', 'cumulative'],
    ['process_cpu:lock_time:nanoseconds:cpu:nanoseconds', 'lock', 'cumulative'],
    ['block:lock_duration:nanoseconds::', 'lock', 'cumulative'],
    ['process_cpu:lock_count:count:cpu:nanoseconds', 'lock_count', 'cumulative'],
    ['process_cpu:exception:count:cpu:nanoseconds', 'exceptions', 'cumulative'],
    ['exceptions:exception:count:exception:count', 'exceptions', 'cumulative'],
    ['gpu:kernel_time:nanoseconds::', 'kernel_time', 'cumulative'],
    ['custom:inuse_handles:count::', 'inuse_handles', 'instant'],
  ])('%s is %s, %s', (id, alias, kind) => {
    expect(parseProfileType(id)).toMatchObject({ id, alias, kind });
  });

  test.each([
    ['wall:wall:nanoseconds:wall:nanoseconds', true],
    ['wall:cpu:nanoseconds:cpu:nanoseconds', true],
    ['off_cpu:off_cpu:nanoseconds::', true],
    ['process_cpu:cpu:nanoseconds:cpu:nanoseconds', false],
    ['goroutine:goroutine:count:goroutine:count', false],
    ['block:delay:nanoseconds:block:count', false],
    ['mutex:delay:nanoseconds:mutex:count', false],
  ])('%s: waiting is set apart: %s', (id, isWallClock) => {
    expect(parseProfileType(id)?.isWallClock).toBe(isWallClock);
  });

  test('takes name, sample type and unit from the first three parts', () => {
    expect(parseProfileType('memory:alloc_space:bytes:space:bytes')).toMatchObject({
      name: 'memory',
      sampleType: 'alloc_space',
      unit: 'bytes',
      meaning: 'bytes allocated, freed or not',
    });
    expect(parseProfileType('gpu:kernel_time:::')?.meaning).toBe('kernel_time in unknown unit');
  });

  test.each(['', 'cpu', 'process_cpu:cpu', 'a:b:c:d', 'a:b:c:d:e:f:g', '::nanoseconds:cpu:nanoseconds'])(
    '%j is no type id',
    (id) => {
      expect(parseProfileType(id)).toBeNull();
    },
  );
});

describe('nature', () => {
  test.each([
    ['process_cpu:cpu:nanoseconds:cpu:nanoseconds', 'time'],
    ['gc_threads:cpu:nanoseconds:cpu:nanoseconds', 'time'],
    ['exception:exception:count:cpu:nanoseconds', 'amount'],
    ['gc:gc_cpu_timeline:nanoseconds:cpu:nanoseconds', 'amount'],
    ['network:request_time:nanoseconds:cpu:nanoseconds', 'amount'],
    ['memory:inuse_space:bytes:space:bytes', 'level'],
    ['threadcreate:threadcreate:count:threadcreate:count', 'level'],
    ['mutex:delay:nanoseconds:mutex:count', 'wait'],
    ['contentions:delay:nanoseconds:contentions:count', 'wait'],
    ['io:read_wait:us::', 'wait'],
    ['db:queue_time:ms::', 'wait'],
    ['app:cpu-time:nanoseconds::', 'time'],
    ['app:heap-live-size:bytes::', 'level'],
    ['files:handles:count::', 'level'],
    ['rss:bytes:bytes::', 'level'],
    ['cache:misses:count::', 'amount'],
    ['disk:bytes_written:kilobytes::', 'amount'],
    ['anything:else:widgets::', 'amount'],
  ])('%s is %s', (id, nature) => {
    expect(parseProfileType(id)?.nature).toBe(nature);
  });
});

test.each([
  ['memory:alloc_sample_objects:count:space:bytes', 'objects'],
  ['memory:live:count:objects:count', 'objects'],
  ['process_cpu:lock_count:count:cpu:nanoseconds', 'contentions'],
  ['threadcreate:threadcreate:count:threadcreate:count', 'threads'],
  ['http:requests_total:count::', 'requests'],
  ['db:query:count::', 'queries'],
  ['db:fetch:1::', 'fetches'],
  ['cache:miss_count:count::', 'misses'],
  ['x:count:count::', ''],
  ['net:net_bytes:bytes::', ''],
])('%s counts %s', (id, noun) => {
  expect(parseProfileType(id)?.noun).toBe(noun);
});

describe('what a type is may depend on the others', () => {
  const JVM_WALL = 'wall:cpu:nanoseconds:cpu:nanoseconds';

  test('wall:cpu alone is the wall clock of older JVM agents', () => {
    expect(orderTypes([JVM_WALL])[0]).toMatchObject({ alias: 'wall', isWallClock: true });
    expect(resolveProfileType('cpu', [JVM_WALL])).toBeNull();
  });

  test('beside wall:wall it is time on CPU', () => {
    const both = [JVM_WALL, 'wall:wall:nanoseconds:cpu:nanoseconds'];
    expect(resolveProfileType('cpu', both)).toMatchObject({ id: JVM_WALL, isWallClock: true });
    expect(resolveProfileType('cpu', both)?.meaning).toContain('time on CPU');
    expect(resolveProfileType('wall', both)?.id).toBe(both[1]);
  });

  test('unknown types with one sample type get the names of their profiles', () => {
    const ids = ['a:hits:count::', 'b:hits:count::', 'b:hits:bytes::'];
    expect(listAliases(ids)).toEqual(['a_hits', 'b:hits:bytes', 'b:hits:count']);
    for (const type of orderTypes(ids)) expect(resolveProfileType(type.alias, ids)?.id).toBe(type.id);
  });

  test('the usual name comes first among types with one alias', () => {
    const ids = ['cpu:cpu:nanoseconds:cpu:nanoseconds', 'process_cpu:cpu:nanoseconds:cpu:nanoseconds'];
    expect(resolveProfileType('cpu', ids)?.id).toBe(ids[1]);
  });
});

describe('orderTypes', () => {
  test('puts the types of a service in the order of the table and leaves out what is no type', () => {
    const aliases = orderTypes([...GO.toReversed(), 'nonsense', ...GO]).map(({ alias }) => alias);
    expect(aliases).toEqual([
      'cpu',
      'cpu_samples',
      'alloc',
      'alloc_objects',
      'inuse',
      'inuse_objects',
      'goroutines',
      'mutex',
      'mutex_contentions',
      'block',
      'block_contentions',
    ]);
  });

  test('unknown types come last, by id', () => {
    const ids = ['z:b:count::', 'a:a:count::', 'memory:inuse_space:bytes:space:bytes'];
    expect(orderTypes(ids).map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]]);
  });
});

describe('resolveProfileType', () => {
  test.each([
    ['cpu', GO, GO[1]],
    ['CPU', GO, GO[1]],
    [' process_cpu ', GO, GO[1]],
    ['alloc', GO, GO[3]],
    ['allocations', GO, GO[3]],
    ['memory', GO, GO[5]],
    ['heap', GO, GO[5]],
    ['inuse_space', GO, GO[5]],
    ['goroutine', GO, GO[6]],
    ['goroutines', GO, GO[6]],
    ['mutex', GO, GO[8]],
    ['contention', GO, GO[8]],
    ['lock', GO, GO[8]],
    ['lock_count', GO, GO[7]],
    ['block', GO, GO[10]],
    ['memory:alloc_space:bytes:space:bytes', GO, GO[3]],
    ['memory:alloc_space:bytes:space:bytes:delta', GO, GO[3]],
    ['wall', NODE, NODE[1]],
    ['inuse', NODE, NODE[3]],
    ['memory', NODE, NODE[3]],
    ['wall', JAVA, JAVA[1]],
    ['alloc', JAVA, JAVA[3]],
    ['alloc_in_new_tlab_bytes', JAVA, JAVA[3]],
    ['memory', JAVA, JAVA[3]],
    ['live', JAVA, JAVA[5]],
    ['mutex', JAVA, JAVA[6]],
    ['cpu', DOTNET, DOTNET[0]],
    ['wall', DOTNET, DOTNET[1]],
    ['alloc', DOTNET, DOTNET[3]],
    ['mutex', DOTNET, DOTNET[5]],
    ['mutex_contentions', DOTNET, DOTNET[4]],
    ['exceptions', DOTNET, DOTNET[6]],
    ['heap', DOTNET, DOTNET[8]],
    ['off_cpu', EBPF, EBPF[1]],
    ['offcpu', EBPF, EBPF[1]],
    [
      'threads',
      ['threadcreate:threadcreate:count:threadcreate:count'],
      'threadcreate:threadcreate:count:threadcreate:count',
    ],
    ['threadcreate', ['threadcreate:threadcreate:count::'], 'threadcreate:threadcreate:count::'],
    ['threads', GO, GO[6]],
    ['goroutineleak', ['goroutineleak:goroutineleak:count::'], 'goroutineleak:goroutineleak:count::'],
    ['inuse', ['memory:live:count:objects:count'], 'memory:live:count:objects:count'],
    ['cpu', ['process_cpu:samples:count::'], 'process_cpu:samples:count::'],
    ['wall', ['wall:samples:count::'], 'wall:samples:count::'],
    ['alloc', ['memory:alloc_objects:count::'], 'memory:alloc_objects:count::'],
    ['cpu', ['app:cpu:nanoseconds::', 'app:x:count::'], 'app:cpu:nanoseconds::'],
    [
      'cpu',
      ['gc:cpu:nanoseconds:cpu:nanoseconds', 'process_cpu:samples:count::'],
      'process_cpu:samples:count::',
    ],
    ['gc_cpu', ['gc:cpu:nanoseconds:cpu:nanoseconds', ...GO], 'gc:cpu:nanoseconds:cpu:nanoseconds'],
    ['gc:cpu', ['gc:cpu:nanoseconds:cpu:nanoseconds', ...GO], 'gc:cpu:nanoseconds:cpu:nanoseconds'],
    ['memory:alloc_space', GO, GO[3]],
    [
      'contention',
      ['contentions:delay:nanoseconds:contentions:count'],
      'contentions:delay:nanoseconds:contentions:count',
    ],
    [
      'mutex',
      ['contentions:delay:nanoseconds:contentions:count'],
      'contentions:delay:nanoseconds:contentions:count',
    ],
  ])('%j of %j', (wanted, existing, id) => {
    expect(resolveProfileType(wanted, existing)?.id).toBe(id);
  });

  test.each([
    ['goroutines', NODE],
    ['inuse', EBPF],
    ['cpu', NODE],
    ['wall', GO],
    ['nonsense', GO],
    ['', GO],
    ['process_cpu:cpu:nanoseconds:cpu:seconds', GO],
    ['cpu', []],
    // The collector's time is no answer to a question about the service's.
    ['cpu', ['gc:cpu:nanoseconds:cpu:nanoseconds']],
  ])('%j of %j: none', (wanted, existing) => {
    expect(resolveProfileType(wanted, existing)).toBeNull();
  });

  test('gives only what exists', () => {
    const all = [...GO, ...NODE, ...JAVA, ...DOTNET, ...EBPF];
    const wanted = fc.oneof(fc.constantFrom(...PROFILE_TYPE_ALIASES, ...all, 'memory', 'heap'), fc.string());
    fc.assert(
      fc.property(fc.subarray(all), wanted, (existing, word) => {
        const type = resolveProfileType(word, existing);
        if (type !== null) expect(existing).toContain(type.id);
      }),
    );
  });
});

test.each([
  ['Go', GO, 'cpu'],
  ['Node.js', NODE, 'wall'],
  ['Java', JAVA, 'cpu'],
  ['.NET', DOTNET, 'cpu'],
  ['eBPF', EBPF, 'cpu'],
])('defaultProfileType of a %s service', (_, existing, alias) => {
  expect(defaultProfileType(existing)?.alias).toBe(alias);
});

test('there is no default type where there are none', () => {
  expect(defaultProfileType([])).toBeNull();
});
