import { expect, test } from 'vitest';
import { asker, demoSource, INCIDENT_WINDOW, NOW } from '../../test/support/ask.js';
import { TOOL_CALLS } from '../../test/support/tool-arguments.js';
import { createRecentAnswers } from './recent.js';
import type { ProfileSource, SeriesQuery } from './source.js';

const never = new AbortController().signal;
const END = Date.parse(INCIDENT_WINDOW.to);
const query: SeriesQuery = { matchers: [], window: { from: END - 60_000, to: END } };

/** A source whose answers about labels are numbered. */
function numbered(answer = async (n: number) => [`answer ${n}`]): { source: ProfileSource; calls(): number } {
  let count = 0;
  return {
    source: { ...demoSource(), labelNames: () => answer(++count) },
    calls: () => count,
  };
}

test('the same question within a minute is asked once; another, or of another source, for itself', async () => {
  let now = END + 3_600_000;
  const { source, calls } = numbered();
  const recent = createRecentAnswers({ now: () => now });
  const [a, b] = [recent.wrap(source), recent.wrap(source)];
  expect(await a.labelNames(query, never)).toEqual(['answer 1']);
  expect(await a.labelNames(query, never)).toEqual(['answer 1']);
  expect(await b.labelNames(query, never)).toEqual(['answer 2']);
  const later = { ...query, window: { from: query.window.from, to: END + 1 } };
  expect(await a.labelNames(later, never)).toEqual(['answer 3']);
  now += 60_000;
  expect(await a.labelNames(query, never)).toEqual(['answer 4']);
  expect(calls()).toBe(4);
});

test('a window that ended less than five minutes ago is always asked about', async () => {
  const { source } = numbered();
  const recent = createRecentAnswers({ now: () => END + 299_999 }).wrap(source);
  expect(await recent.labelNames(query, never)).toEqual(['answer 1']);
  expect(await recent.labelNames(query, never)).toEqual(['answer 2']);
});

test('a question under way is joined; a failure is not remembered', async () => {
  const { source, calls } = numbered(async (n) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (n === 1) throw new Error('no answer');
    return [`answer ${n}`];
  });
  const recent = createRecentAnswers({ now: () => END + 3_600_000 }).wrap(source);
  const ask = () => recent.labelNames(query, never);
  const failed = await Promise.allSettled([ask(), ask(), ask()]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(calls()).toBe(1);
  expect(await Promise.all([ask(), ask()])).toEqual([['answer 2'], ['answer 2']]);
});

test('a caller that leaves does not end the question of another', async () => {
  const { source } = numbered(async (n) => {
    await new Promise((resolve) => setImmediate(resolve));
    return [`answer ${n}`];
  });
  const recent = createRecentAnswers({ now: () => END + 3_600_000 }).wrap(source);
  const caller = new AbortController();
  const [left, stays] = [recent.labelNames(query, caller.signal), recent.labelNames(query, never)];
  caller.abort(new Error('hung up'));
  await expect(left).rejects.toThrow('hung up');
  expect(await stays).toEqual(['answer 1']);
});

test('what is remembered stays below its bytes', async () => {
  const { source } = numbered(async (n) => ['x'.repeat(1_000), String(n)]);
  const recent = createRecentAnswers({ now: () => END + 3_600_000, maxBytes: 10_000 });
  const remembering = recent.wrap(source);
  for (let before = 0; before < 20; before++) {
    await remembering.labelNames({ ...query, window: { from: before, to: END } }, never);
    expect(recent.bytes()).toBeLessThanOrEqual(10_000);
  }
  expect(recent.bytes()).toBeGreaterThan(0);
});

test('every tool answers the same from memory, and no tool changes what is remembered', async () => {
  const source = demoSource();
  const plain = asker(source);
  const remembering = asker(createRecentAnswers({ now: () => NOW }).wrap(source));
  for (const name of ['first', 'again']) {
    for (const [tool, call] of Object.entries(TOOL_CALLS)) {
      const [wanted, got] = [await plain(tool, call.arguments), await remembering(tool, call.arguments)];
      expect(got, `${tool}, ${name}`).toEqual(wanted);
    }
  }
});

test('says where answers come from', async () => {
  const results: string[] = [];
  let now = END + 3_600_000;
  const { source } = numbered();
  const meter = { recent: (result: string) => void results.push(result) };
  const recent = createRecentAnswers({ now: () => now, meter }).wrap(source);
  await Promise.all([recent.labelNames(query, never), recent.labelNames(query, never)]);
  await recent.labelNames(query, never);
  now = END;
  await recent.labelNames(query, never);
  expect(results).toEqual(['miss', 'joined', 'hit', 'unsettled']);
});
