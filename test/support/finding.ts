import type { Finding } from '../../src/profile/compare/finding.js';
import { toLens } from './type-ids.js';

/** A sure change of code in CPU time that says nothing else, with the fields that a test is about. */
export function buildFinding(fields: Partial<Finding>): Finding {
  return {
    type: toLens('cpu').type,
    kind: 'code',
    fn: null,
    caller: null,
    chargedTo: null,
    callee: null,
    guessed: [],
    shareBefore: 0,
    shareAfter: 0,
    valueBefore: 0,
    valueAfter: 0,
    wholeBefore: 0,
    wholeAfter: 0,
    of: { label: null, stretch: null },
    load: null,
    path: [],
    at: -1,
    leafPart: 0,
    spread: null,
    waits: [],
    collector: null,
    label: null,
    alike: [],
    instances: null,
    since: null,
    until: null,
    confidence: 'high',
    z: 9,
    from: null,
    also: [],
    ...fields,
  };
}
