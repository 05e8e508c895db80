import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { askFiles } from '../support/ask.js';
import { directoryWith } from '../support/directory.js';
import { MAIN } from '../support/process.js';

// Profiles of other formats than pprof, under any name, in a directory or alone.

const COLLAPSED = 'main;handle;parse 70\nmain;handle;render 30\n';
const SPEEDSCOPE = JSON.stringify({
  profiles: [
    {
      type: 'sampled',
      name: 'main',
      unit: 'milliseconds',
      startValue: 0,
      endValue: 100,
      samples: [
        [0, 1],
        [0, 2],
      ],
      weights: [70, 30],
    },
  ],
  shared: {
    frames: [{ name: 'main' }, { name: 'parse', file: '/app/parse.js', line: 3 }, { name: 'render' }],
  },
});
const frame = (functionName: string) => ({ functionName, url: 'file:///app/server.js', lineNumber: 9 });
const CPUPROFILE = JSON.stringify({
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 4] },
    { id: 2, callFrame: frame('parse') },
    { id: 3, callFrame: frame('render') },
    { id: 4, callFrame: { functionName: '(idle)', url: '', lineNumber: -1 } },
  ],
  startTime: 0,
  endTime: 200_000,
  samples: [...Array(7).fill(2), ...Array(3).fill(3), ...Array(10).fill(4)],
  timeDeltas: [0, ...Array(19).fill(10_000)],
});
const HEAPPROFILE = JSON.stringify({
  head: {
    callFrame: frame('(root)'),
    selfSize: 0,
    children: [
      { callFrame: frame('parse'), selfSize: 70, children: [] },
      { callFrame: frame('render'), selfSize: 30, children: [] },
    ],
  },
});

const FORMATS = [
  ['collapsed stacks', COLLAPSED, 'samples'],
  ['speedscope', SPEEDSCOPE, 'wall'],
  ['V8 CPU profile', CPUPROFILE, 'wall'],
  ['V8 heap profile', HEAPPROFILE, 'inuse'],
] as const;

describe.each(FORMATS)('%s', (_, content, alias) => {
  const shares = async (directory: string) => {
    const { text, isError } = await askFiles(directory)('summarize_profile', { format: 'json' });
    expect(isError, text).toBe(false);
    const { scope, top_functions } = JSON.parse(text);
    return [
      scope.profile_type_id.includes(alias),
      ...top_functions.map((row: { function: string; self_share: number }) => [row.function, row.self_share]),
    ];
  };
  const right = [true, ['parse', 0.7], ['render', 0.3]];

  test.each(['shop/profile.txt', 'shop/17', 'shop/export.json', 'shop/cpu.pb.gz'])('as %s', async (name) => {
    const directory = await directoryWith({ [name]: content });
    expect(await shares(directory)).toEqual(right);
    expect(await shares(path.join(directory, name))).toEqual(right);
  });

  test('compressed', async () => {
    expect(await shares(await directoryWith({ 'shop/export.gz': gzipSync(content) }))).toEqual(right);
  });
});

test('a single file is served by the program, and named where it is not read', async () => {
  const directory = await directoryWith({ 'shop/stacks': COLLAPSED, 'shop/page': '<html>' });
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, ...args]);
  const { stdout } = await run(
    'call',
    'summarize_profile',
    '{}',
    '--profiles',
    path.join(directory, 'shop/stacks'),
  );
  expect(stdout).toMatch(/^shop: cpu_samples \(number of CPU samples; samples:samples:count::\)/);
  const doctor = await run('doctor', '--profiles', path.join(directory, 'shop/page')).catch(
    (error: { stdout: string }) => error,
  );
  expect(doctor.stdout).toContain('page could not be read and is left out: an HTML page');
});

test('a directory without a profile says what it holds', async () => {
  const directory = await directoryWith(
    Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`docs/page-${at}.md`, `# Page ${at}`])),
  );
  const { text } = await askFiles(directory)('list_services', {});
  expect(text).toContain(
    '9 files of no known profile format: docs/page-0.md, docs/page-1.md, docs/page-2.md, docs/page-3.md, docs/page-4.md and 4 more.',
  );
});
