import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodePprof, pprofToProfile } from '../src/profile/pprof/pprof.js';
import { findHeaviestChain, readTree, totalBelow, treeProfile } from '../src/profile/tables/stack-tree.js';
import { fixture } from './support/ask.js';
import { listStacks, selfTable, totalTable } from './support/profiles.js';
import { pprofOfJson } from './support/recorded-store.js';

// Reduced profiles in recorded answers of real servers, compared with the whole profile.

describe('recorded answers', () => {
  const readBody = (name: string) =>
    JSON.parse(readFileSync(path.join(fixture('recorded', 'pyroscope'), `${name}.json`), 'utf8')).response
      .body;
  const buildProfile = (name: string) =>
    pprofToProfile(decodePprof(pprofOfJson(readBody(name).pprof.profile)));
  const readRecordedTree = (name: string) => readTree(Buffer.from(readBody(name).tree ?? '', 'base64'));

  test.each(['v2-sms-checkout-pprof-gopgo-k1', 'v2-sms-checkout-pprof-gopgo-k2', 'v1-gopgo-pprof'])(
    '%s has the own cost of the whole',
    (name) => {
      expect(selfTable(buildProfile(name))).toEqual(selfTable(buildProfile('v2-sms-checkout-pprof')));
    },
  );

  test('a call tree: every total is at most that of the whole', () => {
    const tree = readRecordedTree('v2-sms-checkout-tree-1024');
    const whole = totalTable(buildProfile('v2-sms-checkout-pprof'));
    for (const [name, total] of totalTable(treeProfile(tree, 'cpu', 'nanoseconds')))
      expect(total).toBeLessThanOrEqual(whole.get(name) ?? 0);
    expect(findHeaviestChain(tree).length).toBeGreaterThan(3);
  });

  test('below a path lies what the whole tree has there; old storage gives all of it', () => {
    const below = readRecordedTree('v2-sms-callsite-prefix3-tree');
    const path3 = below[0]?.names.slice(0, 3) ?? [];
    const whole = buildProfile('v2-sms-checkout-pprof');
    const truth = listStacks(whole).filter(([names]) => path3.every((name, at) => names[at] === name));
    expect(totalBelow(below, path3)).toBe(below.reduce((sum, { value }) => sum + value, 0));
    expect(totalBelow(below, path3)).toBe(truth.reduce((sum, [, value]) => sum + value, 0));
    expect(readRecordedTree('v2-sms-callsite-inner-noprefix-tree')).toEqual([]);
    expect(readTree(new Uint8Array())).toEqual([]);
    const old = readRecordedTree('v1-callsite-tree-zzz');
    expect(totalBelow(old, ['zzz'])).toBe(0);
    expect(old.length).toBeGreaterThan(0);
  });

  test('a tree that was cut short is no tree', () => {
    const bytes = Buffer.from(readBody('v2-sms-checkout-tree-1024').tree, 'base64');
    for (let end = 1; end < bytes.length; end += 97) expect(() => readTree(bytes.subarray(0, end))).toThrow();
  });
});
