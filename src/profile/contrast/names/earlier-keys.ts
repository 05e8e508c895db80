import { nameInKey } from '../../code/names.js';
import type { SideNames } from '../join.js';

/**
 * Adds to keys of functions those that the same functions had before their files were renamed: what is left
 * out of a comparison is left out of both sides.
 */
export function withEarlierKeys(
  { plain, names }: Pick<SideNames, 'plain' | 'names'>,
  keys: ReadonlySet<string>,
): ReadonlySet<string> {
  if (keys.size === 0 || plain === names) return keys;
  const all = new Set(keys);
  plain.functionOf.forEach((plainOf, index) => {
    const joinedOf = names.functionOf[index];
    plainOf.forEach((plainFn, fn) => {
      const earlier = plain.keys[plainFn] ?? '';
      const later = names.keys[joinedOf?.[fn] ?? 0] ?? '';
      if (keys.has(later) && nameInKey(earlier) === nameInKey(later)) all.add(earlier);
    });
  });
  return all;
}
