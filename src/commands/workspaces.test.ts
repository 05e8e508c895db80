import { describe, expect, test } from 'vitest';
import { type Identity, type Rights, SERVER_RIGHTS } from '../access/identity.js';
import { createLog } from '../telemetry/log.js';
import type { Environment } from './environment.js';
import { createWorkspaces, type WorkspacesOptions } from './workspaces.js';

const MINUTE = 60_000;
const NEVER = new AbortController().signal;

function identity(source: string, client = 'anyone'): Identity {
  return { client, rights: { ...SERVER_RIGHTS, sources: [source] } };
}
const SERVER: Identity = { client: 'anyone', rights: SERVER_RIGHTS };

/** A request that is over when the test says so. */
function openRequest() {
  const controller = new AbortController();
  return { ended: controller.signal, end: () => controller.abort() };
}

/** Workspaces over environments that only tell whose they are and that they were closed. */
function scene(options: WorkspacesOptions = {}) {
  let now = 0;
  const made: string[] = [];
  const closed: string[] = [];
  const failing = new Set<string>();
  const nameRights = ({ sources }: Rights) => sources?.join() ?? 'server';
  const create = async (rights: Rights) => {
    const name = nameRights(rights);
    made.push(name);
    if (failing.has(name)) throw new Error(`${name} fails`);
    const close = async () => void closed.push(name);
    return { context: { sources: { close } }, name } as unknown as Environment & { name: string };
  };
  const workspaces = createWorkspaces(
    create,
    createLog('error', () => {}),
    { now: () => now, ...options },
  );
  return {
    workspaces,
    made,
    closed,
    failing,
    pass: (ms: number) => {
      now += ms;
    },
    /** Makes a whole request. */
    async ask(who: Identity) {
      const request = openRequest();
      const environment = await workspaces.environmentOf(who, request.ended);
      request.end();
      return environment;
    },
  };
}

describe('workspaces', () => {
  test('are one for each set of rights, whoever the client is', async () => {
    const { ask, made } = scene();
    const first = await ask(identity('a', 'one'));
    expect(await ask(identity('a', 'two'))).toBe(first);
    expect(await ask(identity('b', 'one'))).not.toBe(first);
    expect(await ask(SERVER)).toBe(await ask(SERVER));
    expect(made).toEqual(['a', 'b', 'server']);
  });

  test('are made once for two callers that come at once', async () => {
    const { workspaces, made } = scene();
    const both = [0, 1].map(() => workspaces.environmentOf(identity('a'), NEVER));
    const own = [0, 1].map(() => workspaces.environmentOf(SERVER, NEVER));
    const [a, b] = await Promise.all(both);
    expect(a).toBe(b);
    await Promise.all(own);
    expect(made).toEqual(['a', 'server']);
  });

  test('close the one whose last use is longest ago when there are too many, never the server’s own', async () => {
    const { ask, closed, workspaces } = scene({ maxKept: 2 });
    for (const name of ['a', 'b']) await ask(identity(name));
    await ask(SERVER);
    await ask(identity('a'));
    await ask(identity('c'));
    expect(closed).toEqual(['b']);
    await ask(identity('d'));
    expect(closed).toEqual(['b', 'a']);
    expect(workspaces.size()).toBe(2);
  });

  test('stay open while a request needs them, and close after it when there are too many', async () => {
    const { ask, closed, workspaces } = scene({ maxKept: 1 });
    const [first, second] = [openRequest(), openRequest()];
    await workspaces.environmentOf(identity('a'), first.ended);
    await workspaces.environmentOf(identity('a'), second.ended);
    await workspaces.environmentOf(identity('b'), NEVER);
    await ask(identity('c'));
    expect(closed).toEqual(['c']);
    first.end();
    expect(closed).toEqual(['c']);
    second.end();
    await ask(SERVER);
    expect(closed).toEqual(['c', 'a']);
  });

  test('close after a while without a call, counted from the end of the last one', async () => {
    const { ask, closed, workspaces, pass } = scene();
    await ask(SERVER);
    await ask(identity('a'));
    const request = openRequest();
    await workspaces.environmentOf(identity('b'), request.ended);
    pass(15 * MINUTE - 1);
    workspaces.closeIdle();
    expect(workspaces.size()).toBe(2);
    pass(1);
    workspaces.closeIdle();
    request.end();
    await ask(SERVER);
    expect(closed).toEqual(['a']);
    pass(15 * MINUTE);
    workspaces.closeIdle();
    await ask(SERVER);
    expect(closed).toEqual(['a', 'b']);
  });

  test('are made again after a failure', async () => {
    const { ask, failing, made, workspaces } = scene();
    failing.add('a');
    await expect(ask(identity('a'))).rejects.toThrow('a fails');
    expect(workspaces.size()).toBe(0);
    failing.clear();
    await ask(identity('a'));
    expect(made).toEqual(['a', 'a']);
  });

  test('of a request that is over already are not held', async () => {
    const { closed, workspaces, ask } = scene({ maxKept: 0 });
    await workspaces.environmentOf(identity('a'), AbortSignal.abort());
    await ask(SERVER);
    expect(closed).toEqual(['a']);
    expect(workspaces.size()).toBe(0);
  });

  test('all close with the server', async () => {
    const { ask, closed, workspaces } = scene();
    for (const who of [identity('a'), SERVER, identity('b')]) await ask(who);
    await workspaces.close();
    expect(closed.sort()).toEqual(['a', 'b', 'server']);
  });
});
