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
