import { expect, test } from 'vitest';
import { createCache, createMemory, MEMORY, type Remembering } from './memory.js';

const namesIn = createCache<object, string>();
const numbersIn = createCache<object, number>();
const key = {};

test('what was found out about an object stays with it, each kind apart', () => {
  const call: Remembering = {};
  namesIn(call).set(key, 'scan');
  numbersIn(call).set(key, 7);
  expect(namesIn(call).get(key)).toBe('scan');
  expect(numbersIn(call).get(key)).toBe(7);
  expect(namesIn({}).get(key)).toBeUndefined();
});

test('a copy with other fields shares the memory that is there when it is made', () => {
  const call: Remembering & { service: string } = { service: 'shop', [MEMORY]: createMemory() };
  const other = { ...call, service: 'cart' };
  namesIn(call).set(key, 'scan');
  expect(namesIn(other).get(key)).toBe('scan');
});

test('a thread gets the object without its memory', () => {
  const call: Remembering & { service: string } = { service: 'shop', [MEMORY]: createMemory() };
  namesIn(call).set(key, 'scan');
  const there = structuredClone(call);
  expect(there).toEqual({ service: 'shop' });
  expect(namesIn(there).get(key)).toBeUndefined();
});
