import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildProfile, findId, type TestFrame } from '../../../test/support/profiles.js';
import { buildFunctionView, type FunctionView } from './neighbours.js';
import { functionTable } from './table.js';

type Stack = [frames: TestFrame[], value: number];

/** The view of a function with names in the place of ids; functions of `app.` are the team's own. */
function view(name: string, ...stacks: readonly Stack[]) {
  const profile = buildProfile(...stacks);
  const getName = (id: number) => profile.functions[id]?.name ?? '';
  const result = buildFunctionView(
    profile,
    (info) => info.name === name,
    (id) => getName(id).startsWith('app.'),
  );
  if (result === null) return null;
  const named = (neighbours: FunctionView['callers']) =>
    neighbours.map(({ functionId, total }) => [getName(functionId), total]);
  return {
    ...result,
    callers: named(result.callers),
    callees: named(result.callees),
    path: result.path.map(({ functionId, total }) => [getName(functionId), total]),
    applicationCaller: result.applicationCaller && named([result.applicationCaller])[0],
  };
}

describe('a function in all its places', () => {
  test('callers, callees, own cost and the way to it', () => {
    expect(
      view(
        'app.f',
        [['main', 'app.a', 'lib', 'app.f', 'x'], 5],
        [['main', 'app.a', 'lib', 'app.f'], 2],
        [['main', 'app.b', 'app.f', 'y'], 4],
        [['app.f', 'x'], 1],
        [['main', 'app.a'], 50],
      ),
    ).toMatchObject({
      total: 12,
      self: 2,
      stacks: 4,
      recursive: 0,
      entry: 1,
      callers: [
        ['lib', 7],
        ['app.b', 4],
      ],
      callees: [
        ['x', 6],
        ['y', 4],
      ],
      path: [
        ['main', 11],
        ['app.a', 7],
        ['lib', 7],
        ['app.f', 7],
      ],
      applicationCaller: ['app.a', 7],
    });
  });

  test('under recursion a stack counts once, also for each neighbour', () => {
    expect(view('f', [['main', 'f', 'f', 'g', 'f', 'h', 'f'], 3], [['main', 'f', 'g'], 2])).toMatchObject({
      total: 5,
      self: 3,
      recursive: 3,
      callers: [
        ['main', 5],
        ['g', 3],
        ['h', 3],
      ],
      callees: [
        ['g', 5],
        ['h', 3],
      ],
      path: [
        ['main', 5],
        ['f', 5],
      ],
      applicationCaller: null,
    });
  });

  test('its lines, each with own cost and total', () => {
    const at = (line: number): TestFrame => ({ name: 'f', file: 'f.go', line });
    const result = view(
      'f',
      [['main', at(10)], 3],
      [['main', at(10), 'g'], 2],
      [['main', at(12), at(10)], 1],
    );
    expect(result?.lines).toEqual([
      { line: 10, self: 4, total: 6 },
      { line: 12, self: 0, total: 1 },
    ]);
  });

  test('where it never was there is nothing to see', () => {
    expect(view('nowhere', [['main', 'f'], 1])).toBeNull();
    expect(view('f', [['main', 'f'], 0], [['main'], 1])).toBeNull();
  });
});

test('the figures agree with the table of functions and with one another', () => {
  const frame = fc.constantFrom('main', 'a', 'b', 'app.c', 'app.d');
  const stack = fc.tuple(fc.array(frame, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(fc.array(stack, { minLength: 1, maxLength: 20 }), (stacks) => {
      const profile = buildProfile(...stacks);
      const table = functionTable(profile);
      for (const { name } of profile.functions) {
        const id = findId(profile, name);
        const result = buildFunctionView(
          profile,
          (info) => info.name === name,
          () => false,
        );
        if (result === null) throw new Error('no view');
        expect([result.total, result.self]).toEqual([table.totals[id], table.self[id]]);
        expect(result.lines.reduce((sum, { self }) => sum + self, 0)).toBe(result.self);
        const brought = result.callers.reduce((sum, { total }) => sum + total, result.entry);
        const passedOn = result.callees.reduce((sum, { total }) => sum + total, result.self);
        expect(Math.min(brought, passedOn)).toBeGreaterThanOrEqual(result.total);
        if (result.recursive === 0) expect([brought, passedOn]).toEqual([result.total, result.total]);
        expect(result.path.at(-1)?.functionId).toBe(id);
        for (const { total, functionId } of [...result.callers, ...result.callees]) {
          expect(total).toBeLessThanOrEqual(result.total);
          expect(functionId).not.toBe(id);
        }
      }
    }),
    { numRuns: 100 },
  );
});
