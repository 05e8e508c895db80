import { expect, test } from 'vitest';
import { frameOwner } from './frames.js';

const owner = (name: string, file = '') => frameOwner({ name, file, startLine: 0, isSymbolised: true });

test.each([
  ['io/pyroscope/vendor/com/google/protobuf/CodedInputStream.readMessage', ''],
  ['one/profiler/AsyncProfiler.execute0', 'AsyncProfiler.java'],
  [
    'github.com/grafana/pyroscope-go/godeltaprof/internal/pprof.PrintCountCycleProfile',
    'github.com/grafana/pyroscope-go/godeltaprof@v0.1.12/internal/pprof/delta_mutex.go',
  ],
  ['<pyroscope::backend::pprof::Pprof as pyroscope::backend::backend::Backend>::report', 'pprof.rs'],
  ['pprof::profiler::Profiler::start', 'profiler.rs'],
  ['serialize', '/app/node_modules/@datadog/pprof/out/src/profile-serializer.js'],
  ['export', '/app/node_modules/@pyroscope/nodejs/dist/esm/pyroscope-api-exporter.js'],
  ['configure', 'pyroscope/__init__.py'],
  ['configure', '/usr/lib/python3/site-packages/pyroscope/__init__.py'],
])('the work of a profiler in the process is nobody’s code: %s', (name, file) => {
  expect(owner(name, file)).toBe('runtime');
});

test.each([
  [
    'github.com/grafana/pyroscope/pkg/querier.(*Querier).Select',
    '/src/pkg/querier/querier.go',
    'application',
  ],
  ['render', '/app/src/pyroscope/render.js', 'application'],
  ['pprof_server::handle', '/src/main.rs', 'application'],
])('what only bears such a name is: %s', (name, file, expected) => {
  expect(owner(name, file)).toBe(expected);
});
