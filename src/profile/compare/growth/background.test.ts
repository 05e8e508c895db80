import { describe, expect, test } from 'vitest';
import { contrast, getName, goFrame } from '../../../../test/support/contrast.js';
import { buildProfile } from '../../../../test/support/profiles.js';
import { listUniverses } from '../../contrast/contrast.js';
import { findCulprit } from '../culprit.js';
import { isBackgroundGrowth } from './background.js';

const GATE = 4.1;
const DIAL = 'net/http.(*Transport).dialConn crypto/tls.(*Conn).HandshakeContext crypto/tls.(*Conn).write';
const SERVE = 'net/http.(*conn).serve handle';

/** A profile of Go frames, those of the standard library among them. */
function side(stacks: Readonly<Record<string, number>>) {
  const frame = (name: string) =>
    /^(?:net|crypto)\//.test(name) ? { name, file: `${name.replace(/\..*/, '')}/file.go` } : goFrame(name);
  return buildProfile(
    ...Object.entries(stacks).map(([chain, value]) => [chain.split(' ').map(frame), value] as const),
  );
}

function between(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  const contrasted = contrast(side(before), side(after));
  const universe = listUniverses(contrasted).find(({ isBackground }) => isBackground === true);
  const fn = contrasted.joined.functions.findIndex(({ name }) => name.endsWith('.HandshakeContext'));
  return {
    culprit: universe && getName(contrasted, findCulprit(contrasted, GATE, universe)?.fn),
    isGrowth: isBackgroundGrowth(contrasted, fn),
  };
}

describe('what the standard library does on goroutines of its own', () => {
  const CALM = { [SERVE]: 400, [DIAL]: 10, 'runtime.mcall': 100 };

  test('is named where it outgrew own code, by the innermost function that holds it', () => {
    expect(between(CALM, { ...CALM, [DIAL]: 300 })).toEqual({
      culprit: 'crypto/tls.(*Conn).write',
      isGrowth: true,
    });
  });

  test.each([
    { what: 'costs as much as before', after: CALM },
    { what: 'grew with the requests', after: { ...CALM, [SERVE]: 4000, [DIAL]: 100 } },
    { what: 'grew by little of the whole', after: { ...CALM, [DIAL]: 50 } },
    {
      what: 'serves requests',
      after: { ...CALM, [`net/http.(*conn).serve ${DIAL}`]: 300 },
    },
    { what: 'is called by own code', after: { ...CALM, [`handle ${DIAL}`]: 300 } },
    { what: 'is called by a library', after: { ...CALM, [`lib.pool ${DIAL}`]: 300 } },
  ])('is not where it $what', ({ after }) => {
    expect(between(CALM, after)).toEqual({ culprit: null, isGrowth: false });
  });
});

describe('the growth of background work', () => {
  const grew = (
    before: Readonly<Record<string, number>>,
    after: Readonly<Record<string, number>>,
    profiles: readonly [number, number] = [1, 1],
  ) => {
    const contrasted = contrast(side(before), side(after), { profiles });
    const fn = contrasted.joined.functions.findIndex(({ name }) => name.endsWith('.HandshakeContext'));
    return isBackgroundGrowth(contrasted, fn);
  };

  test('is a tenth of the whole at the least', () => {
    expect(grew({ [SERVE]: 90, [DIAL]: 10 }, { [SERVE]: 80, [DIAL]: 20 })).toBe(true);
    expect(grew({ [SERVE]: 90, [DIAL]: 10 }, { [SERVE]: 81, [DIAL]: 19 })).toBe(false);
  });

  test('is twofold at the least, per profile, and beyond what own code grew by', () => {
    expect(grew({ [SERVE]: 60, [DIAL]: 40 }, { [SERVE]: 60, [DIAL]: 80 })).toBe(true);
    expect(grew({ [SERVE]: 60, [DIAL]: 40 }, { [SERVE]: 60, [DIAL]: 79 })).toBe(false);
    expect(grew({ [SERVE]: 60, [DIAL]: 40 }, { [SERVE]: 120, [DIAL]: 159 }, [1, 2])).toBe(false);
    expect(grew({ [SERVE]: 60, [DIAL]: 20 }, { [SERVE]: 90, [DIAL]: 60 })).toBe(true);
    expect(grew({ [SERVE]: 60, [DIAL]: 20 }, { [SERVE]: 90, [DIAL]: 59 })).toBe(false);
    // Less own code makes no more of it.
    expect(grew({ [SERVE]: 60, [DIAL]: 40 }, { [SERVE]: 30, [DIAL]: 79 })).toBe(false);
  });

  test('counts as twofold where no own code ran before', () => {
    expect(grew({ 'runtime.mcall': 60, [DIAL]: 40 }, { [SERVE]: 60, [DIAL]: 120 })).toBe(true);
  });

  test('is background work by nine tenths', () => {
    const own = `handle ${DIAL}`;
    expect(grew({ [SERVE]: 200 }, { [SERVE]: 200, [DIAL]: 90, [own]: 10 })).toBe(true);
    expect(grew({ [SERVE]: 200 }, { [SERVE]: 200, [DIAL]: 89, [own]: 11 })).toBe(false);
  });
});
