import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.js';
import { readConfig } from './read.js';

const read = (...argv: string[]) => readConfig(['export', ...argv], {}).export;

test('with a file only, the defaults hold', () => {
  expect(read('--output', 'a.pb.gz')).toEqual({
    question: {},
    output: 'a.pb.gz',
    format: 'pprof',
    isForPgo: false,
    mayReplace: false,
  });
});

test('every option is read, under the names that the tools use', () => {
  const argv = ['--source', 'prod', '--service', 'shop', '--profile-type', 'alloc', '--selector', 'pod="a"'];
  expect(
    read(...argv, '--from', 'now-2h', '--to', 'now-1h', '--output', '-', '--format', 'collapsed'),
  ).toEqual({
    question: {
      source: 'prod',
      service: 'shop',
      profile_type: 'alloc',
      selector: 'pod="a"',
      from: 'now-2h',
      to: 'now-1h',
    },
    output: '-',
    format: 'collapsed',
    isForPgo: false,
    mayReplace: false,
  });
});

test('other commands do not have the options, nor do they read them', () => {
  expect(readConfig(['demo'], {}).export).toBeNull();
  expect(readConfig(['export', '--help'], {})).toMatchObject({ help: true, export: null });
  expect(() => readConfig(['demo', '--pgo'], {})).toThrow(UsageError);
  expect(() => readConfig(['export', 'a.pb.gz', '--output', 'b.pb.gz'], {})).toThrow(
    /does not take "a\.pb\.gz"/,
  );
});

describe('the format', () => {
  test.each([
    ['a.pb.gz', 'pprof'],
    ['a.pb', 'pprof'],
    ['dir.json/A.PPROF', 'pprof'],
    ['a.pprof.gz', 'pprof'],
    ['cpu.prof', 'pprof'],
    ['default.pgo', 'pprof'],
    ['a.collapsed', 'collapsed'],
    ['a.folded', 'collapsed'],
    ['a.txt', 'collapsed'],
    ['a.speedscope.json', 'speedscope'],
    ['a.json', 'speedscope'],
  ])('of %s is %s', (output, format) => {
    expect(read('--output', output)?.format).toBe(format);
    expect(read('--output', output, '--format', 'collapsed')?.format).toBe('collapsed');
  });

  test.each([['a'], ['a.gz'], ['a.svg'], ['-'], ['pb.gz/a']])('of %s must be given', (output) => {
    expect(() => read('--output', output)).toThrow(/does not say which format/);
    expect(read('--output', output, '--format', 'speedscope')?.format).toBe('speedscope');
  });

  test.each<[string[], RegExp]>([
    [[], /export needs --output/],
    [['--output', 'a.json', '--format', 'svg'], /--format "svg" is not valid/],
    [['--output', 'a.json', '--pgo'], /--pgo writes pprof, not speedscope/],
    [['--output', 'a.pgo', '--pgo', '--format', 'collapsed'], /--pgo writes pprof, not collapsed/],
  ])('%j is refused', (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });

  test('for the compiler needs no ending', () => {
    expect(read('--output', '-', '--pgo')).toMatchObject({ format: 'pprof', isForPgo: true });
  });
});
