/** Key under which an object holds its memory. Threads exchange plain data, which leaves symbols out. */
export const MEMORY: unique symbol = Symbol('memory');

type Memory = Map<object, WeakMap<object, unknown>>;

/** An object that holds what was found out in its lifetime, so that it is not looked for again. */
export interface Remembering {
  [MEMORY]?: Memory;
}

export function createMemory(): Memory {
  return new Map();
}

/**
 * Makes a cache whose entries hang on an object of one call, and are gone with it. In a `WeakMap` of a module
 * they stay for longer: V8's collector of new objects takes the values of an old map for living ones, so that
 * they become old objects, which only a full collection takes away: every tenth call paid one of some 27 ms
 * (bench/README.md).
 *
 * @returns the entries of an object
 */
export function createCache<Key extends object, Value>(): (holder: Remembering) => WeakMap<Key, Value> {
  const name = {};
  return (holder) => {
    let memory = holder[MEMORY];
    if (memory === undefined) {
      memory = createMemory();
      holder[MEMORY] = memory;
    }
    let entries = memory.get(name);
    if (entries === undefined) {
      entries = new WeakMap<Key, Value>();
      memory.set(name, entries);
    }
    return entries as WeakMap<Key, Value>;
  };
}
