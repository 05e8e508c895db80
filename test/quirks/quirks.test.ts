import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fixture } from '../support/ask.js';
import { exchange } from '../support/recorded-client.js';
import { LABELS, LIMITS } from './limits.js';
import { MODES } from './modes.js';
import { PROFILES, SERIES } from './profiles.js';
import { WIRE } from './wire.js';

// Every quirk of a Pyroscope server that a client must know, in the storage modes v1, v2 and dual: the
// exchanges in which it was recorded (the mode is the first word of their names), and the test that holds our
// client to it: the function in the row, or a test elsewhere, whose title must still be there.

describe.each([
  ['the wire', WIRE],
  ['limits', LIMITS],
  ['labels and metadata', LABELS],
  ['profiles', PROFILES],
  ['series and counts', SERIES],
  ['the three storage modes', MODES],
] as const)('%s', (_, quirks) => {
  test.each(quirks)('%s', async (_quirk, recorded, proof) => {
    for (const name of recorded)
      expect(existsSync(fixture('recorded', 'pyroscope', `${name}.json`)), name).toBe(true);
    if (typeof proof === 'function') return proof();
    const [file, title] = proof;
    expect(titlesIn(file), `${file} has no test "${title}"`).toContain(title);
  });
});

test('what the storage modes do differently was recorded in all three', () => {
  const listModes = (names: readonly string[]) =>
    [...new Set(names.map((name) => exchange(name).server.mode))].sort();
  const compared = MODES.filter(([, names]) => listModes(names).length > 1);
  for (const [quirk, names] of compared)
    expect([quirk, listModes(names)]).toEqual([quirk, ['v1', 'v1-v2-dual', 'v2']]);
  expect(compared).toHaveLength(10);
});

/** Titles of the tests in a file, as they are written there. */
function titlesIn(file: string): string[] {
  const text = readFileSync(fixture('..', file), 'utf8');
  const matches = text.matchAll(/(?:\btest|\)|\])\(\s*(['"`])((?:(?!\1).)+)\1,/gs);
  return [...matches].map(([, , title = '']) => title);
}
