import { expect, test } from 'vitest';
import { findDoubleProfilers } from './one-profiler.js';

/** `pod/profiler:profiles`. */
const rows = (...texts: string[]) =>
  texts.map((text) => {
    const [pod = '', profiler = '', profiles = '0'] = text.split(/[/:]/);
    return { pod, profiler, profiles: Number(profiles) };
  });

test.each([
  ['one profiler', ['a/gospy:5', 'b/gospy:5'], null, []],
  ['two, each on pods of its own', ['a/gospy:5', 'b/ebpf:5'], null, []],
  ['two on one pod: that of the language stays', ['a/gospy:5', 'a/ebpf:9'], 'gospy', ['ebpf']],
  ['two of a kind: the one with more profiles stays', ['a/pyspy:5', 'a/scrape:9'], 'scrape', ['pyspy']],
  ['as many of both: by name', ['a/x:5', 'a/b:5'], 'b', ['x']],
  ['a third on another pod is left alone', ['a/gospy:5', 'a/ebpf:5', 'b/javaspy:5'], 'gospy', ['ebpf']],
  ['nothing', [], null, []],
])('%s', (_, texts, kept, others) => {
  expect(findDoubleProfilers(rows(...texts))).toEqual({ kept, others });
});
