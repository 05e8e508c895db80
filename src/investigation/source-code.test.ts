import { describe, expect, test } from 'vitest';
import { readForge } from '../profile/forge/forge.js';
import type { SourceCode } from '../profile/forge/locate.js';
import { tellSides } from './source-code.js';

const forge = readForge('https://github.com/acme/shop');
const code: SourceCode = {
  places: forge === null ? [] : [{ forge, root: '', ref: 'a' }],
  refs: 2,
  before: null,
};

describe('the references of both sides', () => {
  test.each([
    // Deployed at the border, rolled out within the incident, side by side all along, and rolled back.
    ['baseline', 'ab', 'a', { ref: 'b', refs: 1, before: 'a' }],
    ['baseline', 'abc', 'a', { ref: null, refs: 2, before: null }],
    ['baseline', 'abc', 'ab', { ref: 'c', refs: 1, before: null }],
    ['baseline', 'ab', 'ab', { ref: null, refs: 2, before: null }],
    // The baseline could not be read, or has no reference.
    ['baseline', 'ab', '', { ref: null, refs: 2, before: null }],
    // A version against another, a part against the whole, and the whole against a part.
    ['incident', 'ab', 'b', { ref: 'b', refs: 1, before: 'a' }],
    ['incident', 'ab', 'ab', { ref: null, refs: 2, before: null }],
    ['incident', 'abc', 'c', { ref: 'c', refs: 1, before: null }],
    ['incident', 'ab', '', { ref: null, refs: 0, before: null }],
  ] as const)('%s read, of %s it has %s', (side, refs, read, expected) => {
    const told = tellSides(code, [...refs], new Set(read), side);
    expect({ ref: told.places[0]?.ref, refs: told.refs, before: told.before }).toEqual(expected);
  });
});
