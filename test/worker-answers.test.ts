import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readExport } from '../src/mcp/exports/read.js';
import type { offload as runsJob } from '../src/offload.js';
import type { Reading } from '../src/profile/compare/analysis.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import {
  asker,
  askFiles,
  createEnvironment,
  demoSource,
  fixture,
  INCIDENT_WINDOW,
  INCIDENTS,
} from './support/ask.js';
import { askForPicture } from './support/pictures.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import { TOOL_CALLS } from './support/tool-arguments.js';

// A real thread (the built worker, as in the installed package) returns the same results as the main thread:
// for every job, with the arguments that the tools give it, and for whole answers.

const WORKER = new URL('../bundle/worker.js', import.meta.url);

interface Run {
  name: string;
  args: readonly unknown[];
  result: unknown;
}

const { seen } = vi.hoisted(() => ({ seen: { inThreads: false, runs: [] as Run[] } }));

/** Runs all work in place, or all of it in threads, whatever its size, and lists it. */
vi.mock('../src/offload.js', async (original) => {
  const real = await original<typeof import('../src/offload.js')>();
  const threads = real.createJobOffload(new URL('../bundle/worker.js', import.meta.url));
  const here = real.createJobOffload(null);
  // Its generic type cannot be followed through a list of runs of all kinds.
  const offload = (async (name, args, { signal }) => {
    const copy = structuredClone(args);
    const run = seen.inThreads ? threads : here;
    const result = await run(name, args, { isHeavy: true, signal });
    seen.runs.push({ name, args: copy, result: structuredClone(result) });
    return result;
  }) as typeof runsJob;
  return { ...real, offload };
});
vi.mock('../src/work/offload.js', async (original) => ({
  ...(await original<typeof import('../src/work/offload.js')>()),
  HEAVY_BYTES: 0,
}));

const { createJobOffload } = await vi.importActual<typeof import('../src/offload.js')>('../src/offload.js');
const { JOBS } = await import('../src/jobs.js');

const WINDOW = { service: 'checkout-api', ...INCIDENT_WINDOW };
/** The calls that every tool has, and some whose work is different. */
const CALLS: readonly [tool: string, args: object][] = [
  ...Object.entries(TOOL_CALLS).map(([tool, call]): [string, object] => [tool, call.arguments]),
  ['query_profile', { ...WINDOW, profile_type: 'alloc', sort: 'total', ignore: 'runtime\\.' }],
  ['summarize_profile', { ...WINDOW, profile_type: 'inuse', format: 'json' }],
  ['compare_profiles', { ...WINDOW, profile_type: 'inuse', format: 'json' }],
  [
    'compare_profiles',
    { ...WINDOW, profile_type: 'cpu', from: '2026-11-20T14:10:00Z', to: '2026-11-20T14:20:00Z' },
  ],
  ['inspect_function', { ...WINDOW, profile_type: 'cpu', function: 'loadPattern', format: 'json' }],
  // The id of one of the demo's profiles, which the files source makes from its path.
  [
    'compare_profiles',
    { ...WINDOW, profile_type: 'cpu', profile_id: 'bd3d3a29-d124-83f5-a3e9-3398ba06d682' },
  ],
  ['investigate', { ...WINDOW, format: 'json' }],
];

describe('whole answers', () => {
  let server: TestPyroscope;
  const sources = new Map<string, () => ProfileSource>([['files', demoSource]]);
  beforeAll(async () => {
    server = await startPyroscopeServer(demoSource());
    sources.set('pyroscope', () => createPyroscopeSource({ name: 'demo', uid: 'demo', url: server.url }));
  });
  afterAll(() => server.close());

  const answers = async (kind: string, inThreads: boolean) => {
    const source = sources.get(kind)?.();
    if (source === undefined) throw new Error(`no source ${kind}`);
    seen.inThreads = inThreads;
    const ask = asker(source);
    const collected: unknown[] = [];
    for (const [tool, args] of CALLS) collected.push([tool, args, await ask(tool, args)]);
    await source.close?.();
    return collected;
  };

  test.each(['files', 'pyroscope'])(
    'are the same bytes (%s)',
    async (kind) => {
      const here = await answers(kind, false);
      const inThreads = await answers(kind, true);
      expect(inThreads).toEqual(here);
      expect(JSON.stringify(inThreads)).toBe(JSON.stringify(here));
    },
    120_000,
  );
});

test('pictures and exported profiles are the same', async () => {
  const { signal } = new AbortController();
  const uri = `pyroscope://profile?${new URLSearchParams({ ...WINDOW, profile_type: 'cpu' })}`;
  const read = async (inThreads: boolean) => {
    seen.inThreads = inThreads;
    const source = demoSource();
    const { flames } = await askForPicture(source, 'compare_profiles', { ...WINDOW, profile_type: 'cpu' });
    const file = await readExport(uri, createEnvironment([source]), signal);
    await source.close?.();
    return { flames, file };
  };
  expect(await read(true)).toEqual(await read(false));
});

describe.each(INCIDENTS)('$name', ({ directory, service }) => {
  test('is found the same', async () => {
    const answers: unknown[] = [];
    for (const inThreads of [false, true]) {
      seen.inThreads = inThreads;
      answers.push(await askFiles(directory)('investigate', { service, ...INCIDENT_WINDOW, format: 'json' }));
    }
    expect(answers[1]).toEqual(answers[0]);
  }, 60_000);
});

// After the answers above, which gave every job something to do.
test('every job gives the same in a thread as in place', async () => {
  // Only large files and large fleets use these jobs.
  const directory = fixture('demo');
  const file = 'profiles/b00-checkout-api-7d9f4-m4qzt-process_cpu.pb.gz';
  const plan = {
    sampleType: 'cpu',
    unit: 'nanoseconds',
    parts: [{ file, index: 1, weight: 2, sets: null }],
    subtracts: false,
  };
  const [reading] = seen.runs.flatMap(({ name, args }) => (name === 'changes' ? [args[0] as Reading] : []));
  const [before, after] = [reading?.baseline[0]?.profile, reading?.incident[0]?.profile];
  const group = { before, after, quantum: 10_000_000, spread: [0.9, 1.1], gate: 4.1, minGrowth: 1 };
  const keys = before?.functions.map(({ name }) => name);
  const ofLarge = {
    fileHead: [directory, file],
    mergeFiles: [directory, plan],
    grown: [group],
    functionCosts: [before, keys],
  };
  for (const [name, args] of Object.entries(ofLarge)) seen.runs.push({ name, args, result: undefined });
  const names = new Set(seen.runs.map(({ name }) => name));
  expect([...names].sort()).toEqual(Object.keys(JOBS).sort());
  const [here, threads] = [createJobOffload(null), createJobOffload(WORKER)];
  const { signal } = new AbortController();
  for (const name of names) {
    // Some of each: the others went through the answers above.
    const runs = seen.runs.filter((run) => run.name === name).slice(-3);
    for (const { args, result } of runs) {
      // A job gets what it got from a tool.
      const jobArgs = args as never;
      const wanted = await here(name as keyof typeof JOBS, jobArgs, { isHeavy: false, signal });
      const got = await threads(name as keyof typeof JOBS, jobArgs, { isHeavy: true, signal });
      expect(structuredClone(got), name).toEqual(structuredClone(wanted));
      if (result !== undefined) expect(result, name).toEqual(structuredClone(wanted));
    }
  }
}, 120_000);
