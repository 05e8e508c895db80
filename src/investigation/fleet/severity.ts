import type { Finding } from '../../profile/compare/finding.js';
import { secondsPerUnit } from '../../text/units.js';

// The measure of how bad a finding is: no unit can fool it, since every term is a part of something, 0 to 1
// (docs/develop/comparison.md §9).

/** Time in which a leak is judged: what it adds to the level within an hour. */
const HOUR_MS = 3_600_000;

/** The place of a finding in its fleet. */
export interface Surroundings {
  /** The unit's part of the time that all units together spend, 0 to 1. */
  weight: number;
  /** Milliseconds between two profiles of one instance. */
  gapMs: number;
  /** Milliseconds from the start of the change to the end of the window. */
  lastedMs: number;
}

/**
 * Severity of a finding, 0 to 1: the geometric mean of the part of the service that is lost and the part of
 * the fleet that is lost with it.
 */
export function rateSeverity(finding: Finding, { weight, gapMs, lastedMs }: Surroundings): number {
  return computeLoss(finding, gapMs, lastedMs) * Math.sqrt(Math.min(1, Math.max(0, weight)));
}

/**
 * Part of the service that a finding costs, 0 to 1: of code the part of the present cost that would not be
 * there at the old share; of a leak the part of the level in an hour that will have leaked until then; of
 * waiting the part of the time that an instance waits. Load and moved code cost nothing that code could mend.
 */
export function computeLoss(finding: Finding, gapMs: number, lastedMs: number): number {
  const { kind, shareBefore, shareAfter, valueBefore, valueAfter, type } = finding;
  switch (kind) {
    case 'code':
      return shareBefore >= 1 ? 0 : Math.max(0, (shareAfter - shareBefore) / (1 - shareBefore));
    case 'leak':
      return computePart(HOUR_MS / doublingMs(finding, lastedMs));
    case 'contention': {
      const seconds = (valueAfter - valueBefore) * (secondsPerUnit(type.unit) ?? 0);
      return computePart((1000 * seconds) / Math.max(1, gapMs));
    }
    default:
      return 0;
  }
}

/**
 * Milliseconds until a level that leaks has doubled, if it goes on as it did; infinite where it does not
 * rise.
 */
export function doublingMs(
  { valueBefore, valueAfter }: Pick<Finding, 'valueBefore' | 'valueAfter'>,
  lastedMs: number,
): number {
  const added = valueAfter - valueBefore;
  return added <= 0 ? Number.POSITIVE_INFINITY : (valueAfter * Math.max(1, lastedMs)) / added;
}

/** The part of a whole that was added to 1: of 1 and 1 a half. */
function computePart(added: number): number {
  return added <= 0 ? 0 : added / (1 + added);
}
