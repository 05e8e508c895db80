import { describe, expect, test } from 'vitest';
import { buildProfile, findId } from '../../../test/support/profiles.js';
import { frameOwner } from '../code/frames.js';
import type { Profile } from '../model.js';
import { chargeLeaves, sumApplicationCost } from './charge.js';

const isApplication = (profile: Profile) => (id: number) =>
  profile.functions[id]?.name.startsWith('app.') ?? false;

function charged(profile: Profile, leaf: string) {
  const charge = chargeLeaves(profile, [findId(profile, leaf)], isApplication(profile)).get(
    findId(profile, leaf),
  );
  return charge && { to: profile.functions[charge.functionId]?.name, value: charge.value };
}

describe('chargeLeaves', () => {
  test('charges a library leaf to the application frame nearest to it that carries most of its cost', () => {
    const profile = buildProfile(
      [['app.main', 'app.price', 'regexp', 'alloc'], 7],
      [['app.main', 'app.log', 'alloc'], 2],
      [['app.main', 'alloc'], 3],
      [['gc', 'alloc'], 50],
    );
    expect(charged(profile, 'alloc')).toEqual({ to: 'app.price', value: 7 });
  });

  test('counts own cost only: a leaf that also calls is charged for where it is the leaf', () => {
    const profile = buildProfile([['app.a', 'lib', 'alloc'], 9], [['app.b', 'lib'], 1]);
    expect(charged(profile, 'lib')).toEqual({ to: 'app.b', value: 1 });
  });

  test('leaves out what no application frame reaches', () => {
    expect(charged(buildProfile([['gc', 'sweep'], 5], [['app.a'], 1]), 'sweep')).toBeUndefined();
  });

  test('ties go by name', () => {
    const stacks: [string[], number][] = [
      [['app.b', 'alloc'], 5],
      [['app.a', 'alloc'], 5],
    ];
    expect(charged(buildProfile(...stacks), 'alloc')?.to).toBe('app.a');
    expect(charged(buildProfile(...stacks.toReversed()), 'alloc')?.to).toBe('app.a');
  });

  test('a frame that only shares its name with an application function is passed over', () => {
    const profile = buildProfile(
      [
        [
          'app.main',
          { name: 'app.post', file: 'telemetry.js' },
          { name: 'app.post', file: 'node:inspector' },
          'dispatch',
        ],
        5,
      ],
      [['app.main', { name: 'app.post', file: 'telemetry.js' }], 1],
      [['app.main', 'app.send', { name: 'app.post', file: 'node:inspector' }, 'dispatch'], 6],
    );
    expect(charged(profile, 'dispatch')).toEqual({ to: 'app.send', value: 6 });
  });
});

test('sumApplicationCost charges every stack once and sums to the total less what no application frame reaches', () => {
  const profile = buildProfile(
    [['app.main', 'app.price', 'regexp', 'alloc'], 7],
    [['app.main', 'app.price', 'app.main', 'alloc'], 3],
    [['app.main'], 2],
    [['gc', 'sweep'], 5],
  );
  const cost = sumApplicationCost(profile, isApplication(profile));
  expect(cost[findId(profile, 'app.price')]).toBe(7);
  expect(cost[findId(profile, 'app.main')]).toBe(5);
  expect(cost.reduce((sum, value) => sum + value, 0)).toBe(12);
});

test('one method name in two files of the application is the application in both', () => {
  const main = { name: 'main', file: 'main.js' };
  const render = (file: string) => ({ name: 'View.render', file });
  const profile = buildProfile(
    [[main, render('a.js')], 600],
    [[main, render('b.js')], 400],
    [[main, render('b.js'), { name: 'stringify', file: 'node:internal/json' }], 300],
  );
  const owners = profile.functions.map((info) => frameOwner(info));
  const cost = sumApplicationCost(profile, (id) => owners[id] === 'application');
  expect([cost[findId(profile, 'main')], cost[findId(profile, 'View.render')]]).toEqual([0, 1300]);
});
