import type { ServerResponse } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { createRecentAnswers } from '../src/sources/recent.js';
import { NOW } from './support/ask.js';
import { closers, SIGNAL, SUMMARY, scene, TWO } from './support/grafana-scene.js';
import { dataSource, PYROSCOPE } from './support/small-grafana.js';

// Data sources of a Grafana that come, go and change while the server runs.

describe('data sources come and go', () => {
  test('one that is gone is missing, its enablement is remembered, and it is back when it is back', async () => {
    const { ask, sources, grafana } = await scene(TWO);
    await sources.enable(['first'], SIGNAL);
    const [gone] = grafana.scene.sources.splice(0, 1);
    // There was no discovery since, so Grafana's own answer tells.
    const { text } = await ask('list_services', { source: 'first', from: 'now-1h' });
    expect(text).toMatch(/^Grafana has no such data source/);
    expect((await ask('list_services', { source: 'first' })).text).toMatch(
      /^The data source "name-first" \(uid first\) is missing[\s\S]*pyroscope-mcp sources disable first$/,
    );
    if (gone !== undefined) grafana.scene.sources.push(gone);
    await sources.refresh(SIGNAL);
    expect((await ask('list_services', { source: 'first', from: 'now-1h' })).isError).toBe(false);
  });

  test.each([404, 400, 403, 500])(
    'a uid that became something else between two looks gets one query, whose answer gives it away: %i',
    async (status) => {
      let [now, strange] = [0, false];
      const { ask, sources, grafana } = await scene(
        {
          ...TWO,
          override(path, response) {
            if (!strange || !path.includes('/proxy/')) return false;
            response.writeHead(status, { 'content-type': 'text/plain' }).end('404 page not found\n');
            return true;
          },
        },
        { now: () => now },
      );
      await sources.enable(['first'], SIGNAL);
      expect((await ask('list_services', { source: 'first', from: 'now-1h' })).isError).toBe(false);
      Object.assign(grafana.scene.sources[0] ?? {}, { type: 'prometheus' });
      [now, strange] = [60_000, true];
      const before = grafana.queries().length;
      const source = await sources.list(SIGNAL).then(([first]) => first?.source);
      await expect(
        source?.labelNames({ matchers: [], window: { from: 0, to: 1 } }, SIGNAL),
      ).rejects.toThrow();
      await expect(source?.labelNames({ matchers: [], window: { from: 0, to: 1 } }, SIGNAL)).rejects.toThrow(
        /its uid belongs to a data source of type prometheus now/,
      );
      expect(grafana.queries()).toHaveLength(before + 1);
      expect((await ask('list_services', { source: 'first', from: 'now-1h' })).text).toMatch(
        /^No data source is enabled\. Grafana has 1 of type Pyroscope: name-second/,
      );
      expect(grafana.queries()).toHaveLength(before + 1);
    },
  );

  test('a Pyroscope that refuses again and again is looked at once in a while', async () => {
    let now = 0;
    const { sources, grafana } = await scene(
      {
        ...TWO,
        override(path, response) {
          if (!path.includes('/proxy/')) return false;
          response.writeHead(400, { 'content-type': 'application/json' }).end('{"code":"invalid_argument"}');
          return true;
        },
      },
      { now: () => now },
    );
    await sources.enable(['first'], SIGNAL);
    const [held] = await sources.list(SIGNAL);
    const looks = () => grafana.seen.filter(({ path }) => path === '/api/datasources').length;
    const before = looks();
    for (let second = 0; second < 60; second++) {
      now = 60_000 + second * 1_000;
      const pending = held?.source?.labelNames({ matchers: [], window: { from: 0, to: 1 } }, SIGNAL);
      await expect(pending).rejects.toThrow();
    }
    expect(looks() - before).toBeLessThanOrEqual(4);
    expect(looks()).toBeGreaterThan(before);
  });

  test('a uid that became something else is not queried by one who got hold of it before, nor where the configuration enables it', async () => {
    const { sources, grafana } = await scene(TWO, { declared: ['first'] });
    const [held] = await sources.list(SIGNAL);
    const ask = () => held?.source?.labelNames({ matchers: [], window: { from: 0, to: 1 } }, SIGNAL);
    await ask();
    Object.assign(grafana.scene.sources[0] ?? {}, { type: 'prometheus' });
    await sources.refresh(SIGNAL);
    const before = grafana.queries().length;
    await expect(ask()).rejects.toThrow(/belongs to a data source of type prometheus now/);
    expect(grafana.queries()).toHaveLength(before);
  });

  test('a server looks on its own, and no more once it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    closers.push(async () => void vi.useRealTimers());
    const { sources, grafana } = await scene(TWO);
    await sources.refresh(SIGNAL);
    const looks = () => grafana.seen.filter(({ path }) => path === '/api/datasources').length;
    const before = looks();
    sources.keepLooking();
    sources.keepLooking();
    vi.advanceTimersByTime(11 * 60_000);
    await expect.poll(looks).toBe(before + 1);
    await sources.close();
    vi.advanceTimersByTime(60 * 60_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(looks()).toBe(before + 1);
  });

  test('a uid that became something else is not queried, and stays disabled when it is back', async () => {
    const { ask, sources, grafana } = await scene(TWO);
    await sources.enable(['first'], SIGNAL);
    Object.assign(grafana.scene.sources[0] ?? {}, { type: 'prometheus' });
    await sources.refresh(SIGNAL);
    await ask('list_services', { source: 'first' });
    Object.assign(grafana.scene.sources[0] ?? {}, { type: PYROSCOPE });
    await sources.refresh(SIGNAL);
    expect((await ask('list_services', { source: 'first' })).text).toContain('is disabled');
    expect(grafana.queries()).toEqual([]);
  });

  test('an upgrade that renames the type changes nothing', async () => {
    const { ask, sources, grafana } = await scene({ sources: [dataSource(1, 'a', { type: 'phlare' })] });
    await sources.enable(['a'], SIGNAL);
    Object.assign(grafana.scene.sources[0] ?? {}, { type: PYROSCOPE });
    await sources.refresh(SIGNAL);
    expect((await ask('summarize_profile', SUMMARY)).isError).toBe(false);
  });

  test('a new one is found after a while, or at once when it is named, and is disabled', async () => {
    let now = 0;
    const { ask, sources, grafana } = await scene(TWO, { now: () => now });
    const looks = () => grafana.seen.filter(({ path }) => path === '/api/datasources').length;
    await ask('list_data_sources');
    await ask('list_data_sources');
    expect(looks()).toBe(1);
    grafana.scene.sources.push(dataSource(3, 'new'));
    now += 20_000;
    expect((await ask('list_services', { source: 'new' })).text).toContain('sources enable new');
    expect(looks()).toBe(2);
    await ask('list_services', { source: 'nonsense' });
    expect(looks()).toBe(2);
    grafana.scene.sources.push(dataSource(4, 'newer'));
    now += 11 * 60_000;
    await sources.list(SIGNAL);
    await expect.poll(async () => (await sources.list(SIGNAL)).map(({ uid }) => uid)).toContain('newer');
    expect(looks()).toBe(3);
  });

  test('enabling needs one that is there', async () => {
    const { sources } = await scene(TWO);
    await expect(sources.enable(['first', 'nope'], SIGNAL)).rejects.toMatchObject({
      message: 'There is no Pyroscope data source "nope".',
      next: 'There is: first (name-first), second (name-second).',
    });
    expect((await sources.list(SIGNAL)).every(({ enabled }) => !enabled)).toBe(true);
  });
});

describe('a data source that is disabled in the middle of a call', () => {
  const badGateway = (response: ServerResponse) => void response.writeHead(502).end();
  /** Failures after which a request is sent once more, as far as the data source may still be asked. */
  const PASSING: readonly (readonly [name: string, fail: (response: ServerResponse) => void])[] = [
    ['502', badGateway],
    ['504', (response) => response.writeHead(504).end()],
    ['429 with a time', (response) => response.writeHead(429, { 'retry-after': '1' }).end()],
    ['503 with a time', (response) => response.writeHead(503, { 'retry-after': '1' }).end()],
    ['a cut connection', (response) => response.destroy()],
    [
      'a cut body',
      (response) => response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy()),
    ],
  ];

  /** Two that remember answers; the profile is held back until it is let go, and fails then. */
  async function heldBack(fail: (typeof PASSING)[number][1] = badGateway) {
    const held: (() => void)[] = [];
    let holds = true;
    const recent = createRecentAnswers({ now: () => NOW });
    const made = await scene(
      {
        ...TWO,
        override: (path, response) => {
          if (!holds || !path.endsWith('/SelectMergeProfile')) return false;
          held.push(() => fail(response));
          return true;
        },
      },
      { remembering: (source) => recent.wrap(source) },
    );
    await made.sources.enable(['first'], SIGNAL);
    return {
      ...made,
      recent,
      isHeld: () => expect.poll(() => held.length).toBe(1),
      letGo() {
        holds = false;
        for (const failHeld of held) failHeld();
      },
    };
  }

  test.each(PASSING)(
    'is asked nothing more after %s, by those that joined the question neither; enabled again it is asked anew',
    async (_, fail) => {
      const { ask, sources, grafana, isHeld, letGo } = await heldBack(fail);
      const calls = [ask('summarize_profile', SUMMARY), ask('summarize_profile', SUMMARY)];
      await isHeld();
      await sources.disable(['first'], SIGNAL);
      const before = grafana.queries().length;
      letGo();
      for (const { isError, text } of await Promise.all(calls)) expect(isError, text).toBe(true);
      const { text } = await ask('summarize_profile', SUMMARY);
      expect(text).toContain('No data source is enabled.');
      expect(grafana.queries()).toHaveLength(before);
      await sources.enable(['first'], SIGNAL);
      const again = await ask('summarize_profile', SUMMARY);
      expect([again.isError, again.text]).toEqual([false, expect.stringContaining('from source name-first')]);
      expect(grafana.queries().length).toBeGreaterThan(before);
    },
  );

  test('what is remembered of it is handed to no later call', async () => {
    const { ask, sources, grafana, recent, letGo } = await heldBack();
    letGo();
    expect((await ask('summarize_profile', SUMMARY)).isError).toBe(false);
    expect(recent.bytes()).toBeGreaterThan(0);
    await sources.disable(['first'], SIGNAL);
    const before = grafana.queries().length;
    for (const args of [SUMMARY, { ...SUMMARY, source: 'first' }]) {
      const { isError, text } = await ask('summarize_profile', args);
      expect([isError, text]).toEqual([true, expect.stringMatching(/is disabled|No data source is enabled/)]);
    }
    await sources.enable(['second'], SIGNAL);
    const { text } = await ask('summarize_profile', SUMMARY);
    expect(text).toContain('from source name-second');
    const queries = grafana.queries().slice(before);
    expect(queries.length).toBeGreaterThan(0);
    expect(queries.filter((path) => path.includes('first'))).toEqual([]);
  });

  test('one who got hold of it before asks nothing', async () => {
    const { sources, grafana, ask, letGo } = await heldBack();
    letGo();
    await ask('summarize_profile', SUMMARY);
    const [listed] = await sources.list(SIGNAL);
    await sources.disable(['first'], SIGNAL);
    const before = grafana.queries().length;
    const window = { from: NOW - 3_600_001, to: NOW - 1_800_001 };
    const query = { matchers: [], window };
    await expect(listed?.source?.labelNames(query, SIGNAL)).rejects.toThrow(
      /is disabled, so it is not queried/,
    );
    expect(grafana.queries()).toHaveLength(before);
  });
});
