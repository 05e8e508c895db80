import type { Stacks } from './contrast.js';

/** A service with a middleware around two handlers, each with a large part and a small one. */
export const HANDLERS: Stacks = {
  'runtime.serve access runtime.mux show lib.template': 400,
  'runtime.serve access runtime.mux show encode': 60,
  'runtime.serve access runtime.mux save validate': 400,
  'runtime.serve access runtime.mux save decode': 60,
  'runtime.serve': 80,
  'runtime.gc': 100,
};

/** The stacks, those with `part` in their text times a factor. */
export function times(stacks: Stacks, part: string, factor: number): Stacks {
  return Object.fromEntries(
    Object.entries(stacks).map(([stack, value]) => [stack, stack.includes(part) ? value * factor : value]),
  );
}
