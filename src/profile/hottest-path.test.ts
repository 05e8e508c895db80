import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../test/support/ask.js';
import { buildProfile } from '../../test/support/profiles.js';
import { frameOwner } from './code/frames.js';
import { findHottestPath } from './hottest-path.js';
import type { Profile } from './model.js';
import { decodePprof, pprofToProfile } from './pprof/pprof.js';

function buildPath(profile: Profile, application = /^app\./) {
  const name = (id: number) => profile.functions[id]?.name ?? '';
  const { steps, explainsUntil, branches } = findHottestPath(profile, (id) => application.test(name(id)));
  return {
    steps: steps.map(({ functionId, total, self }) => [name(functionId), total, self]),
    mark: name(steps[explainsUntil]?.functionId ?? -1),
    branches: branches.map(({ functionId, total }) => [name(functionId), total]),
  };
}

describe('findHottestPath', () => {
  test('follows the heaviest child from the heaviest entry point to a leaf', () => {
    const profile = buildProfile(
      [['main', 'app.serve', 'app.price', 'parse'], 60],
      [['main', 'app.serve', 'app.price'], 10],
      [['main', 'app.serve', 'log'], 20],
      [['gc', 'sweep'], 50],
    );
    expect(buildPath(profile)).toEqual({
      steps: [
        ['main', 90, 0],
        ['app.serve', 90, 0],
        ['app.price', 70, 10],
        ['parse', 60, 60],
      ],
      mark: 'parse',
      branches: [],
    });
  });

  test('marks the last step before the chain falls below half of its parent, and lists the branches there', () => {
    const profile = buildProfile(
      [['main', 'app.serve', 'app.a', 'x'], 40],
      [['main', 'app.serve', 'app.b'], 35],
      [['main', 'app.serve', 'app.c'], 25],
    );
    expect(buildPath(profile)).toMatchObject({
      mark: 'app.serve',
      branches: [
        ['app.a', 40],
        ['app.b', 35],
        ['app.c', 25],
      ],
    });
    expect(buildPath(profile).steps).toHaveLength(4);
  });

  test('a half is enough', () => {
    const profile = buildProfile([['app.main', 'a'], 1], [['app.main', 'b'], 1]);
    expect(buildPath(profile)).toMatchObject({ mark: 'a', branches: [] });
  });

  test('does not stop at wide fan-outs above the first application frame', () => {
    const profile = buildProfile(
      [['main', 'dispatch', 'handler1', 'app.list'], 40],
      [['main', 'dispatch', 'handler2', 'app.show'], 35],
      [['main', 'dispatch', 'handler3', 'app.edit'], 30],
    );
    expect(buildPath(profile).mark).toBe('app.list');
  });

  test('without any application frame the rule holds below the entry point', () => {
    const profile = buildProfile([['r', 'a', 'b'], 40], [['r', 'c'], 35], [['r', 'd'], 25], [['s'], 90]);
    expect(buildPath(profile)).toMatchObject({ mark: 'r' });
  });

  test('ends where most of the cost is own cost: the heaviest child follows as one of many', () => {
    const profile = buildProfile([['app.main', 'app.work'], 90], [['app.main', 'app.work', 'alloc'], 10]);
    expect(buildPath(profile)).toEqual({
      steps: [
        ['app.main', 100, 0],
        ['app.work', 100, 90],
        ['alloc', 10, 10],
      ],
      mark: 'app.work',
      branches: [['alloc', 10]],
    });
  });

  test('ties go by name, whatever the order of the stacks', () => {
    const a: [string[], number] = [['main', 'a'], 5];
    const b: [string[], number] = [['main', 'b'], 5];
    expect(buildPath(buildProfile(b, a)).steps.at(-1)?.[0]).toBe('a');
    expect(buildPath(buildProfile(a, b)).steps.at(-1)?.[0]).toBe('a');
  });

  test('mutual recursion is no direct recursion and stays', () => {
    const profile = buildProfile([['a', 'b', 'a', 'b', 'b'], 1]);
    expect(buildPath(profile).steps.map(([name]) => name)).toEqual(['a', 'b', 'a', 'b']);
  });

  test('gives the line through which most of the value passes', () => {
    const at = (line: number) => ({ name: 'main', file: 'main.go', line });
    const profile = buildProfile([[at(3), 'a'], 1], [[at(9), 'a'], 5], [[at(4), 'a'], 4]);
    expect(findHottestPath(profile, () => true).steps[0]?.line).toBe(9);
  });
});

describe('the hottest path of real profiles', () => {
  test.each([
    ['demo/profiles/i00-checkout-api-7d9f4-m4qzt-process_cpu.pb.gz', 1],
    ['demo/profiles/i00-checkout-api-7d9f4-m4qzt-memory.pb.gz', 1],
    ['incidents/05-notify-goroutines/profiles/i00-notification-hub-7d9f4-m4qzt-goroutine.pb.gz', 0],
    ['incidents/16-storefront-latency/profiles/i00-storefront-bff-7d9f4-m4qzt-wall.pb.gz', 1],
  ])('%s: not empty, shares never rise, ends in a leaf', (file, index) => {
    const profile = pprofToProfile(decodePprof(gunzipSync(readFileSync(fixture(file)))), index);
    const { steps } = findHottestPath(profile, (id) => {
      const info = profile.functions[id];
      return info !== undefined && frameOwner(info) === 'application';
    });
    expect(steps.length).toBeGreaterThan(0);
    const totals = steps.map(({ total }) => total);
    expect(totals).toEqual(totals.toSorted((a, b) => b - a));
    const last = steps.at(-1);
    expect(last?.self).toBe(last?.total);
  });
});
