import { expect, test } from 'vitest';
import { createRefreshed } from './refreshed.js';

function open() {
  const clock = { now: 0 };
  const reads: string[] = [];
  let failure: string | null = null;
  const value = createRefreshed(
    async () => {
      reads.push(failure ?? 'fine');
      await Promise.resolve();
      if (failure !== null) throw new Error(failure);
      return reads.length;
    },
    { freshMs: 100, staleMs: 1_000, pauseMs: 10, now: () => clock.now },
  );
  return {
    clock,
    reads,
    value,
    fail(reason: string | null) {
      failure = reason;
    },
  };
}

test('is read once for all who ask at once, and again when it is old', async () => {
  const { value, clock, reads } = open();
  expect(await Promise.all([value.get(), value.get(), value.refresh()])).toEqual([1, 1, 1]);
  clock.now = 99;
  expect(await value.get()).toBe(1);
  clock.now = 100;
  expect(await value.get()).toBe(2);
  expect(reads).toHaveLength(2);
});

test('is read again where somebody wishes it, not more often than after a pause', async () => {
  const { value, clock } = open();
  expect(await value.get()).toBe(1);
  expect(await value.refresh()).toBe(2);
  clock.now = 9;
  expect(await value.refresh()).toBe(2);
  clock.now = 10;
  expect(await value.refresh()).toBe(3);
});

test('goes on where it cannot be read, for a while', async () => {
  const { value, clock, reads, fail } = open();
  await value.get();
  fail('down');
  clock.now = 100;
  expect(await value.get()).toBe(1);
  clock.now = 109;
  expect(await value.get()).toBe(1);
  expect(reads).toHaveLength(2);
  clock.now = 110;
  expect(await value.refresh()).toBe(1);
  expect(reads).toHaveLength(3);
  clock.now = 1_000;
  await expect(value.get()).rejects.toThrow('down');
  fail(null);
  clock.now = 1_010;
  expect(await value.get()).toBe(5);
});

test('a wish after a failure waits for the pause, then reads', async () => {
  const { value, clock, reads, fail } = open();
  await value.get();
  fail('down');
  clock.now = 100;
  expect(await value.get()).toBe(1);
  fail(null);
  clock.now = 109;
  expect(await value.refresh()).toBe(1);
  expect(reads).toHaveLength(2);
  clock.now = 110;
  expect(await value.refresh()).toBe(3);
});

test('who asks during a reading gets what it reads, also after a failure', async () => {
  const { value, clock, fail } = open();
  fail('down');
  await expect(value.get()).rejects.toThrow('down');
  fail(null);
  clock.now = 10;
  const first = value.get();
  clock.now = 5;
  expect(await Promise.all([first, value.get(), value.refresh()])).toEqual([2, 2, 2]);
});

test('a first failure is told at once to all who ask during the pause', async () => {
  const { value, clock, reads, fail } = open();
  fail('down');
  await expect(value.get()).rejects.toThrow('down');
  clock.now = 9;
  await expect(value.get()).rejects.toThrow('down');
  await expect(value.refresh()).rejects.toThrow('down');
  expect(reads).toHaveLength(1);
  clock.now = 10;
  await expect(value.get()).rejects.toThrow('down');
  expect(reads).toHaveLength(2);
});
