import { describe, expect, test } from 'vitest';
import type { KeptRows } from '../../schema/rows.js';
import type { AskedQuery } from './asked-query.js';
import { createAskedMemory } from './memory.js';
import { MAX_QUERIES, readRow } from './remembered.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const DAY = 86_400_000;
const NOW = Date.parse('2026-11-20T15:00:00Z');

function asked(call: string, at = NOW, change: Partial<AskedQuery> = {}): AskedQuery {
  const base = { service: 'shop', profileTypeId: CPU, conditions: [], groupBy: [], selection: 's' };
  return { ...base, call, at, ...change };
}

/** Rows in memory, as a place that several processes share, with its writes counted. */
function sharedRows() {
  const stored = new Map<string, string>();
  const state = { writes: 0, down: false, hold: Promise.resolve() };
  const rows: KeptRows = {
    async read() {
      if (state.down) throw new Error('down');
      return new Map(stored);
    },
    async change(changeOf) {
      await state.hold;
      if (state.down) throw new Error('down');
      const { put, drop } = changeOf(new Map(stored));
      // Another process writes between: the place itself writes row by row.
      await new Promise((resolve) => setImmediate(resolve));
      state.writes++;
      for (const name of drop) stored.delete(name);
      for (const [name, text] of put) stored.set(name, text);
    },
  };
  return { rows, stored, state };
}

const services = async (memory: ReturnType<typeof createAskedMemory>) =>
  (await memory.remembered()).map(({ service }) => service);

test('a question that nothing follows is not remembered', async () => {
  const { rows, state } = sharedRows();
  const memory = createAskedMemory({ now: () => NOW, rows });
  memory.note(asked('a'));
  memory.note(asked('a'));
  await memory.settled();
  expect(await memory.remembered()).toEqual([]);
  expect(state.writes).toBe(0);
});

test('one that is followed up is kept once a day, however often', async () => {
  const { rows, state } = sharedRows();
  const clock = { now: NOW };
  const memory = createAskedMemory({ now: () => clock.now, rows });
  for (let at = 0; at < 20; at++) {
    memory.note(asked(`call ${at}`));
    await memory.settled();
  }
  expect(state.writes).toBe(1);
  clock.now += DAY;
  memory.note(asked('x', clock.now));
  memory.note(asked('y', clock.now));
  await memory.settled();
  expect(state.writes).toBe(2);
  const [remembered, ...others] = await memory.remembered();
  expect(others).toEqual([]);
  expect(remembered?.days).toHaveLength(2);
});

test('another process, and one after it, reads what was kept', async () => {
  const { rows } = sharedRows();
  const [first, second] = [1, 2].map(() => createAskedMemory({ now: () => NOW, rows }));
  first?.note(asked('a'));
  first?.note(asked('b'));
  await first?.settled();
  expect(await second?.remembered()).toMatchObject([{ service: 'shop', profileTypeId: CPU }]);
});

test('many processes that write at once lose nothing', async () => {
  const { rows } = sharedRows();
  const memories = Array.from({ length: 20 }, () => createAskedMemory({ now: () => NOW, rows }));
  memories.forEach((memory, at) => {
    for (const call of ['a', 'b']) memory.note(asked(call, NOW, { service: `s${at}` }));
    for (const call of ['a', 'b']) memory.note(asked(call, NOW, { service: 'shared' }));
  });
  await Promise.all(memories.map((memory) => memory.settled()));
  const [memory] = memories;
  const expected = [...memories.map((_, at) => `s${at}`), 'shared'].sort();
  expect(memory === undefined ? [] : (await services(memory)).sort()).toEqual(expected);
});

describe('a place that fails', () => {
  test('is told of, what was learned stays in the process, and is kept when it works again', async () => {
    const { rows, state, stored } = sharedRows();
    const clock = { now: NOW };
    const failures: unknown[] = [];
    const memory = createAskedMemory({
      now: () => clock.now,
      rows,
      onFailure: (error) => failures.push(error),
    });
    state.down = true;
    memory.note(asked('a'));
    memory.note(asked('b'));
    await memory.settled();
    memory.note(asked('c'));
    await memory.settled();
    expect(failures).toHaveLength(1);
    expect(await services(memory)).toEqual(['shop']);
    state.down = false;
    clock.now += 60_000;
    memory.note(asked('d', clock.now));
    await memory.settled();
    expect(stored.size).toBe(1);
  });

  test('a place that hangs holds up no note', async () => {
    const { rows, state } = sharedRows();
    let release = () => {};
    state.hold = new Promise((resolve) => {
      release = resolve;
    });
    const memory = createAskedMemory({ now: () => NOW, rows });
    for (let at = 0; at < 1_000; at++) memory.note(asked(`c${at}`, NOW, { service: `s${at % 50}` }));
    expect(await services(memory)).toHaveLength(50);
    expect(state.writes).toBe(0);
    release();
    await memory.settled();
    expect(state.writes).toBe(2);
  });
});

test('without a place it ends with the process', async () => {
  const memory = createAskedMemory({ now: () => NOW });
  memory.note(asked('a'));
  memory.note(asked('b'));
  expect(await services(memory)).toEqual(['shop']);
});

test('what others wrote is aged, bounded and, where it is none of ours, dropped', async () => {
  const { rows, stored } = sharedRows();
  const today = Math.floor(NOW / DAY);
  for (let at = 0; at < 300; at++) {
    const row = { service: `o${at}`, type: CPU, conditions: [], group_by: [], days: [today - 1] };
    stored.set(`other ${at}`, JSON.stringify(row));
  }
  stored.set(
    'old',
    JSON.stringify({ service: 'old', type: CPU, conditions: [], group_by: [], days: [today - 200] }),
  );
  stored.set('spoilt', '{"secret":"value"}');
  const memory = createAskedMemory({ now: () => NOW, rows });
  memory.note(asked('a'));
  memory.note(asked('b'));
  await memory.settled();
  expect(stored.size).toBe(MAX_QUERIES);
  const kept = [...stored.values()].map((text) => readRow(text)?.service);
  expect(kept).toContain('shop');
  expect(kept).not.toContain('old');
  expect(stored.has('spoilt')).toBe(false);
});

test('a question with names that nobody has is not kept', async () => {
  const { rows, state } = sharedRows();
  const memory = createAskedMemory({ now: () => NOW, rows });
  for (const call of ['a', 'b']) memory.note(asked(call, NOW, { service: 'x'.repeat(500) }));
  await memory.settled();
  expect(state.writes).toBe(0);
  expect(await memory.remembered()).toEqual([]);
});
