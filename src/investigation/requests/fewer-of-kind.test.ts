import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../test/support/contrast.js';
import { type ShareEvidence, shareEvidence } from '../../../test/support/evidence.js';
import { times } from '../../../test/support/handlers.js';
import { lensRow } from '../../../test/support/lens-row.js';
import type { LensRow } from '../../profile/compare/finding.js';
import { inAgreement } from '../agreement.js';
import { withFewerOfKind } from './fewer-of-kind.js';

/** A kind of many parts, one of a single part that a job does, too, and another kind. */
const SERVICE: Stacks = {
  'net.serve list a': 1_200,
  'net.serve list b': 1_200,
  'net.serve list c': 1_200,
  'net.serve list d': 1_200,
  'net.serve digest sum lib.hash': 4_000,
  'net.serve show lib.render': 300,
  'net.serve show encode': 300,
  'loop.run copy sum lib.hash': 200,
  'runtime.gc': 1_000,
};

function findExcuse(after: Stacks, evidence: ShareEvidence = {}, before: Stacks = SERVICE) {
  const total = (stacks: Stacks) => Object.values(stacks).reduce((sum, value) => sum + value, 0);
  const rows = [lensRow('alloc', total(before), total(after), 0.01)].map(inAgreement);
  const shares = [shareEvidence('alloc', { before, after, ...evidence })];
  return withFewerOfKind(rows, { shares }).map(({ verdict, excuse }) => excuse ?? verdict)[0];
}
const digest = (factor: number) => times(SERVICE, 'digest', factor);
const list = (parts: string, factor: number) =>
  [...parts].reduce((stacks, part) => times(stacks, `list ${part}`, factor), SERVICE);

test.each<[string, Stacks, string]>([
  ['a kind of many parts, all of which fell alike', list('abcd', 0.05), 'kinds'],
  ['a kind of many parts, three of which fell', list('abc', 0.001), 'fell'],
  ['a kind of one part, which a job does at the same cost', digest(0.05), 'kinds'],
  ['a kind of one part, which costs the job less, too', times(digest(0.05), 'copy', 0.8), 'fell'],
  ['two kinds', times(digest(0.3), ' list', 0.3), 'kinds'],
  ['a kind, and much of it elsewhere', times(digest(0.3), 'runtime.gc', 0), 'fell'],
  ['a kind, and a little of it elsewhere', times(digest(0.05), 'runtime.gc', 0.5), 'kinds'],
  ['nothing', SERVICE, 'no_change'],
])('a fall that lies in %s', (_, after, expected) => {
  expect(findExcuse(after)).toBe(expected);
});

test('a kind of one part that nobody else does may as well do it at less cost', () => {
  const alone = times(SERVICE, 'copy', 0);
  expect(findExcuse(times(alone, 'digest', 0.05), {}, alone)).toBe('fell');
  const hardly = times(SERVICE, 'copy', 0.002);
  expect(findExcuse(times(hardly, 'digest', 0.05), {}, hardly)).toBe('fell');
});

test('what all kinds pass through tells nothing of one that became cheaper', () => {
  const wrapped: Stacks = {
    'net.serve digest retry sum lib.hash': 4_000,
    'net.serve show retry query': 600,
    'net.serve list retry page': 600,
  };
  expect(findExcuse(times(wrapped, ' digest', 0.05), {}, wrapped)).toBe('fell');
});

test('parts of a few samples each do not tell that all fell alike', () => {
  const callees = Array.from({ length: 24 }, (_, at) => `net.serve list step${at}`);
  const small = (count: number): Stacks => ({
    ...Object.fromEntries(callees.slice(0, count).map((stack) => [stack, 4])),
    'net.serve show encode': 32,
  });
  expect(findExcuse(small(8), {}, small(24))).toBe('fell');
});

test('the main module of a script is no kind of requests', () => {
  const script: Stacks = {
    ...Object.fromEntries(['a', 'b', 'c', 'd'].map((part) => [`<module> ${part}`, 1_000])),
    'net.serve show encode': 600,
  };
  expect(findExcuse(times(script, '<module>', 0.05), {}, script)).toBe('fell');
});

test('each of several kinds must have fallen so', () => {
  const alone = times(SERVICE, 'copy', 0);
  expect(findExcuse(times(times(alone, 'digest', 0.3), ' list', 0.3), {}, alone)).toBe('fell');
});

describe('the function that does most of a kind', () => {
  const among = (digest: Stacks): Stacks => ({ ...digest, 'net.serve show encode': 600 });
  test.each<[string, Stacks, string]>([
    [
      'is the own one nearest to the leaf, not what that calls',
      among({ 'net.serve digest sum lib.hash': 4_000, 'loop.run copy lib.hash': 200 }),
      'fell',
    ],
    [
      'is not the kind itself',
      among({ 'net.serve digest lib.hash': 4_000, 'loop.run copy digest lib.hash': 200 }),
      'fell',
    ],
    [
      'does half of it',
      among({
        'net.serve digest sum lib.hash': 1_800,
        'net.serve digest pack lib.zip': 1_700,
        'net.serve digest send lib.send': 400,
        'loop.run copy sum lib.hash': 200,
      }),
      'fell',
    ],
    [
      'may do a little more than half',
      among({
        'net.serve digest sum lib.hash': 2_200,
        'net.serve digest pack lib.zip': 1_700,
        'loop.run copy sum lib.hash': 200,
      }),
      'kinds',
    ],
  ])('%s', (_, before, expected) => {
    expect(findExcuse(times(before, 'net.serve digest', 0.05), {}, before)).toBe(expected);
  });
});

test('rows that are explained, or that did not fall, stay as they are, each of its own type', () => {
  const after = digest(0.05);
  const shares = [
    shareEvidence('cpu', { before: SERVICE, after: times(SERVICE, 'show', 0.05) }),
    shareEvidence('alloc', { before: SERVICE, after }),
  ];
  const row = inAgreement(lensRow('alloc', 10_000, 5_000, 0.01));
  const told = (given: LensRow) => withFewerOfKind([given], { shares })[0];
  expect(told(row)).toEqual({ ...row, excuse: 'kinds' });
  expect(told({ ...row, excuse: 'restart' })).toEqual({ ...row, excuse: 'restart' });
  expect(told({ ...row, verdict: 'rose' })).toEqual({ ...row, verdict: 'rose' });
  const unread = { ...lensRow('inuse', 10_000, 4_000, 0.01), verdict: 'fell' as const };
  expect(told(unread)).toEqual(unread);
});

test('a change of code, or one that has not settled, is no fall of requests', () => {
  expect(findExcuse(digest(0.05), { change: { culprit: 'encode' } })).toBe('fell');
  expect(findExcuse(digest(0.05), { unsettled: 'encode' })).toBe('fell');
});
