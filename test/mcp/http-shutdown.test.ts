import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { CLIENTS, connectHttp } from '../support/clients.js';
import { post, postCall, until } from '../support/http.js';
import { type Program, start } from '../support/process.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';

// How the built program stops over HTTP: what is in flight is answered first.

const SUMMARY = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };

const store = await startPyroscopeServer(demoSource());
afterAll(() => store.close());

let program: Program | undefined;
afterEach(() => {
  store.faults.clear();
  store.requests.clear();
  program?.child.kill('SIGKILL');
});

async function serving(...args: string[]): Promise<{ url: string; program: Program }> {
  const started = start(['--http', '0', '--pyroscope-url', store.url, '--log-level', 'info', ...args]);
  program = started;
  const [, url = ''] = await started.seen(/serves MCP at (http:\S+)/);
  return { url, program: started };
}

const isRefused = (url: string) =>
  fetch(new URL('/healthz', url)).then(
    () => false,
    () => true,
  );
/** The profile itself has been asked for, and its answer is on the way. */
const isAsked = () => until(() => store.requests.count('SelectMergeProfile') > 0);

describe('a stop', () => {
  test.each(CLIENTS)('answers the call in flight, and nobody new gets in (%s)', async (kind) => {
    const { url, program } = await serving();
    const client = await connectHttp(kind, url);
    store.faults.set({ kind: 'slow', ms: 1_500 }, { on: 'SelectMergeProfile' });
    const call = client.callTool('summarize_profile', SUMMARY);
    await isAsked();
    program.child.kill('SIGTERM');
    await until(() => isRefused(url));
    const { text, isError } = await call;
    expect(isError, text).toBe(false);
    expect(text).toContain('coupon.loadPattern');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    await client.close().catch(() => {});
  });

  test.each(CLIENTS)('ends a call that takes too long with an answer that says so (%s)', async (kind) => {
    const { url, program } = await serving('--shutdown-grace', '0.2');
    const client = await connectHttp(kind, url);
    store.faults.set({ kind: 'hang' }, { on: 'SelectMergeProfile' });
    const call = client.callTool('summarize_profile', SUMMARY);
    await isAsked();
    program.child.kill('SIGINT');
    const { text, isError } = await call;
    expect(isError).toBe(true);
    expect(text).toBe(
      'The server is being stopped and could not finish this call.\n' +
        'Next: Call again with the same arguments in a few seconds: another replica, or the server when it is back, will answer.',
    );
    expect(await program.exit).toEqual({ code: 0, signal: null });
    await client.close().catch(() => {});
  });

  test.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGTERM'],
  ] as const)('asked for twice (%s, %s) is at once', async (first, second) => {
    const { url, program } = await serving();
    store.faults.set({ kind: 'hang' });
    const call = postCall(url, 'summarize_profile', SUMMARY).catch(() => 'cut');
    await until(() => store.requests.log.length > 0);
    program.child.kill(first);
    await program.seen(/stopping: /);
    program.child.kill(second);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(await call).toBe('cut');
  });

  test('of an idle server is at once, kept connections or not', async () => {
    const { url, program } = await serving();
    expect((await post(url, { id: 1, method: 'tools/list' })).status).toBe(200);
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test('can be told ahead to a load balancer: not ready, and still serving', async () => {
    const { url, program } = await serving('--shutdown-delay', '600');
    const status = async (path: string) => (await fetch(new URL(path, url))).status;
    const ready = async () => {
      const response = await fetch(new URL('/readyz', url));
      return `${response.status} ${await response.text()}`;
    };
    /** The different answers of `/readyz`, up to the wanted one. */
    const saidUntil = async (wanted: string) => {
      const states: string[] = [];
      while (states.at(-1) !== wanted) {
        const now = await ready();
        if (now !== states.at(-1)) states.push(now);
        expect(await status('/healthz')).toBe(200);
      }
      return states;
    };
    expect(['503 starting,200 ready', '200 ready']).toContain(String(await saidUntil('200 ready')));
    // Ready stays ready …
    expect([await ready(), await ready()]).toEqual(['200 ready', '200 ready']);
    program.child.kill('SIGTERM');
    expect(['200 ready,503 stopping', '503 stopping']).toContain(String(await saidUntil('503 stopping')));
    // … and stopping stopping, while calls are answered.
    expect([await ready(), await ready()]).toEqual(['503 stopping', '503 stopping']);
    expect((await postCall(url, 'summarize_profile', SUMMARY)).text).toContain('coupon.loadPattern');
    expect(await ready()).toBe('503 stopping');
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 1, signal: null });
  });
});
