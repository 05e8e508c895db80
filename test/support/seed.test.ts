import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { announceSeed } from './seed.js';

const ofThisRun = process.env.FC_SEED;
const restore = () => {
  if (ofThisRun === undefined) delete process.env.FC_SEED;
  else process.env.FC_SEED = ofThisRun;
};
let print: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  print = vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(restore);

test('random tests take the seed of the run', () => {
  expect(fc.readConfigureGlobal().seed).toBe(Number(ofThisRun));
  expect(fc.sample(fc.integer(), 20)).toEqual(fc.sample(fc.integer(), 20));
});

test('a new seed is printed once, before anything runs, and handed on', () => {
  delete process.env.FC_SEED;
  const seed = announceSeed();
  expect(announceSeed()).toBe(seed);
  expect(process.env.FC_SEED).toBe(String(seed));
  expect(print.mock.calls).toEqual([[`Random tests: FC_SEED=${seed} repeats this run.`]]);
});

test('a given seed is taken; one that is no whole number is refused with its text', () => {
  process.env.FC_SEED = '-42';
  expect(announceSeed()).toBe(-42);
  for (const text of ['', 'seven', '1.5', '12a']) {
    process.env.FC_SEED = text;
    expect(announceSeed).toThrow(`FC_SEED is "${text}"`);
  }
});
