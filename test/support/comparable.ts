import { normaliseName } from '../../src/profile/code/names.js';

/** An answer without what must differ: source, times, ready calls, links. Names are normalised. */
export function comparable(text: string): unknown {
  const { scope, next, notes, links, ...findings } = JSON.parse(text, (_, value) =>
    typeof value === 'string' ? normaliseName(value) : value,
  );
  return { ...findings, type: scope.profile_type_id };
}
