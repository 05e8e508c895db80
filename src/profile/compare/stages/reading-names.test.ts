import { expect, test } from 'vitest';
import { profileFrom } from '../../../../test/support/contrast.js';
import type { Reading } from '../analysis.js';
import { readNames } from './reading-names.js';

const counted = (stacks: Readonly<Record<string, number>>) => ({ profile: profileFrom(stacks), profiles: 1 });

test('names that were joined are found again by the same parts, and by no others', () => {
  const reading: Reading = {
    baseline: [counted({ 'main work': 1 })],
    incident: [counted({ 'main work': 2 })],
    slices: [],
    quantum: 1,
  };
  const names = readNames(reading);
  expect(readNames({ ...reading, quantum: 2 })).toBe(names);
  const other = { ...reading, baseline: [counted({ 'main rest': 1 })] };
  expect(readNames(other).plain.keys).toEqual(['main', 'rest', 'work']);
  expect(readNames(reading)).toBe(names);
  const sliced = { ...reading, slices: [counted({ 'main slice': 1 })] };
  expect(readNames(sliced).plain.keys).toEqual(['main', 'slice', 'work']);
});

test('finer parts go on with the functions of coarse ones', () => {
  const coarse: Reading = {
    baseline: [counted({ 'main work': 1, 'main rest': 1 })],
    incident: [counted({ 'main work': 2 })],
    slices: [],
    quantum: 1,
  };
  const finer = { ...coarse, baseline: [counted({ 'main work': 1 })], coarse };
  expect(readNames(finer).names.keys).toEqual(['main', 'rest', 'work']);
});
