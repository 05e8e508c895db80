import { expect, test } from 'vitest';
import { pprofBytes } from '../../../test/support/profiles.js';
import { decodePprof } from '../../profile/pprof/pprof.js';
import { readHead } from './file-head.js';
import { listTypeIds, profileName } from './type-name.js';

function head(types: readonly string[], periodType?: string, leaf = 'main.work') {
  const pprof = decodePprof(
    pprofBytes({
      types,
      stacks: [{ frames: ['main.main', leaf], values: types.map(() => 1) }],
      ...(periodType === undefined ? {} : { periodType }),
    }),
  );
  return readHead({ ...pprof, timeUnit: null, hasWrongTime: false, pruneRefused: null });
}

test.each([
  [['samples/count', 'cpu/nanoseconds'], 'cpu/nanoseconds', 'process_cpu'],
  [['samples/count'], 'cpu/nanoseconds', 'process_cpu'],
  [['cpu/count'], undefined, 'process_cpu'],
  [['samples/count'], undefined, 'samples'],
  [['sample/count', 'wall/nanoseconds'], 'wall/nanoseconds', 'wall'],
  [['sample/count', 'wall/nanoseconds', 'cpu/nanoseconds'], 'wall/nanoseconds', 'wall'],
  [['samples/count'], 'wallclock/nanoseconds', 'wall'],
  [['samples/count', 'time/nanoseconds'], 'wallclock/nanoseconds', 'fgprof'],
  [['alloc_objects/count', 'alloc_space/bytes'], 'space/bytes', 'memory'],
  [['alloc_sample_objects/count', 'alloc_sample_bytes/bytes'], 'space/bytes', 'memory'],
  [['malloc_objects/count', 'malloc_bytes/bytes'], undefined, 'memory'],
  [['live/count'], 'objects/count', 'memory'],
  [['goroutine/count'], 'goroutine/count', 'goroutine'],
  [['goroutineleak/count'], 'goroutineleak/count', 'goroutineleak'],
  [['threadcreate/count'], 'threadcreate/count', 'threadcreate'],
  [['contentions/count', 'delay/nanoseconds'], 'block/count', 'block'],
  [['contentions/count', 'delay/nanoseconds'], 'mutex/count', 'mutex'],
  [['thing/us'], undefined, 'thing'],
])('%j with period type %s is %s', (types, period, name) => {
  expect(profileName('svc/file.pb.gz', head(types, period))).toBe(name);
});

test.each([
  ['svc/mutex.pb.gz', 'runtime.chanrecv1', 'block'],
  ['svc/block.pb.gz', 'sync.(*Mutex).Unlock', 'mutex'],
  ['svc/block.pb.gz', 'main.work', 'block'],
  ['svc/contentions.pb.gz', 'main.work', 'mutex'],
])('%s with stacks that end in %s is %s', (file, leaf, name) => {
  const file1 = head(['contentions/count', 'delay/nanoseconds'], 'contentions/count', leaf);
  expect(profileName(file, file1)).toBe(name);
});

test('a type without a name gets one, and colons do not break an id', () => {
  const unnamed = { ...head(['cpu/nanoseconds']), sampleTypes: [{ type: '', unit: '' }] };
  expect(profileName('svc/profile.pb.gz', unnamed)).toBe('unknown');
  expect(listTypeIds('unknown', unnamed)).toEqual(['unknown:unnamed:::']);
  expect(listTypeIds('x', head(['a:b/c:d'], 'p:q/r'))).toEqual(['x:a_b:c_d:p_q:r']);
});
