import { describe, expect, onTestFinished, test } from 'vitest';
import { createFilesSource } from '../src/sources/files/source.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { askerIn, createEnvironment } from './support/ask.js';
import { directoryWith, manifest } from './support/directory.js';
import { pprofBytes } from './support/profiles.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';

// A wall-clock profile that is too large to be read whole: what waits is left out of what was read, as it is
// of the whole.

const ARGS = {
  service: 'shop',
  profile_type: 'wall',
  from: '2026-11-20T14:29:00Z',
  to: '2026-11-20T14:31:00Z',
  format: 'json',
};
const WAIT = { name: 'wait', file: '/usr/lib/python3.12/threading.py' };
const file = (name: string) => ({ name, file: `/srv/shop/${name}.py` });
const MS = 1e6;
/** Entry point first. */
const STACKS = [
  // Waiting outweighs all work: by its leaf, by a frame near it, by the runtime's own file alone.
  { frames: [file('main'), file('pool'), { name: 'epoll_wait' }], value: 900 },
  {
    frames: [file('main'), file('pool'), { name: 'futex_wait' }, { name: 'syscall' }, { name: 'entry' }],
    value: 700,
  },
  { frames: [file('main'), file('pool'), WAIT], value: 500 },
  { frames: [file('main'), file('serve'), file('cook')], value: 120 },
  { frames: [file('main'), file('serve'), file('bill')], value: 60 },
];

describe.each(['v2', 'v1'] as const)('%s storage', (mode) => {
  const serve = async (): Promise<TestPyroscope> => {
    const stacks = STACKS.map(({ frames, value }) => ({ frames, values: [value * MS] }));
    const listed = {
      file: 'wall.pb',
      time: '2026-11-20T14:30:00Z',
      labels: { service_name: 'shop', pod: 'a' },
      type_name: 'wall',
    };
    const directory = await directoryWith({
      'wall.pb': pprofBytes({ types: ['wall/nanoseconds'], stacks }),
      'profiles.json': manifest([listed]),
    });
    const server = await startPyroscopeServer(createFilesSource({ directory }), { mode });
    onTestFinished(() => server.close());
    return server;
  };

  /** The answer of a fresh source, where so many requests for the profile are refused for its size first. */
  const ask = async (server: TestPyroscope, tool: string, refused: number, more: object = {}) => {
    const source = createPyroscopeSource({ name: 'p', uid: 'p', url: server.url });
    if (refused > 0)
      server.faults.set({ kind: 'status', status: 413 }, { on: 'SelectMergeProfile', times: refused });
    const { text, isError } = await askerIn(createEnvironment([source]))(tool, { ...ARGS, ...more });
    await source.close();
    server.faults.clear();
    if (isError) throw new Error(text);
    return text;
  };

  test('idle time, active total and own costs are those of the whole; the path leads through work', async () => {
    const server = await serve();
    const whole = JSON.parse(await ask(server, 'summarize_profile', 0));
    const part = JSON.parse(await ask(server, 'summarize_profile', 1));
    expect(part.coverage.truncated).toBe(true);
    expect(part.idle).toEqual(whole.idle);
    expect(part.idle.value).toBe(2_100 * MS);
    expect(part.total).toEqual(whole.total);
    const ownCosts = ({ top_functions: rows }: { top_functions: Record<string, unknown>[] }) =>
      rows.map(({ function: name, self, self_share }) => [name, self, self_share]);
    expect(ownCosts(part)).toEqual(ownCosts(whole));
    const path = ({ hottest_path: { frames } }: { hottest_path: { frames: Record<string, unknown>[] } }) =>
      frames.map(({ function: name, total_share }) => [name, total_share]);
    expect(path(part)).toEqual(path(whole));
    expect(path(part).map(([name]) => name)).toEqual(['main', 'serve', 'cook']);
    const text = await ask(server, 'summarize_profile', 1, { format: 'text' });
    expect(text).toContain('Of the call tree waiting stacks are left out');
  });

  test('the tree holds no waiting', async () => {
    const server = await serve();
    const tree = async (refused: number) =>
      JSON.parse(await ask(server, 'query_profile', refused, { view: 'tree' })).tree.map(
        (row: { function: string; total_share: number }) => [row.function, row.total_share],
      );
    expect(await tree(1)).toEqual(await tree(0));
  });
});
