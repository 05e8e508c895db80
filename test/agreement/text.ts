import { isAlmost } from './numbers.js';

// Finds where the words of a text disagree with the numbers next to them, as a reader sees both.

const UNITS: Readonly<Record<string, number>> = {
  ...{ ns: 1e-9, µs: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600 },
  ...{ B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
  ...{ '%': 0.01, k: 1e3, M: 1e6, G: 1e9 },
};
const NUMBER = String.raw`(-?\d+(?:\.\d+)?)(%|k|M|G)?(?: (ns|µs|ms|s|min|h|B|KiB|MiB|GiB|TiB)(?![\w]))?`;
const FROM_TO = new RegExp(`(rose|grew|fell|shrank|took)[^;.]{0,40}? from ${NUMBER} to ${NUMBER}`, 'g');
const RANGE = new RegExp(`${NUMBER} -> ${NUMBER}`, 'g');
const TIMES = /^(?: [\w ]{1,30})?(?:, | \()x(\d+(?:\.\d+)?)/;
const PART = new RegExp(String.raw`\(${NUMBER} of ${NUMBER}`, 'g');
const LEVELS = new RegExp(`min ${NUMBER}, mean ${NUMBER}, max ${NUMBER}`, 'g');
/** Numbers are written with three digits. */
const DIGITS = 0.011;

/** Sentences about the contradictions in the lines of a text answer. */
export function contradictionsInText(text: string): string[] {
  return text.split('\n').flatMap((line) => inLine(line).map((what) => `${what}, in: ${line}`));
}

function inLine(line: string): string[] {
  const contradictions: string[] = [];
  for (const [, percent] of line.matchAll(/(\d+(?:\.\d+)?)%/g))
    if (Number(percent) > 100) contradictions.push(`${percent} % of something`);
  for (const [, verb, ...rest] of line.matchAll(FROM_TO)) {
    const [before, after] = amounts(rest.slice(0, 3), rest.slice(3, 6));
    const rises = verb === 'rose' || verb === 'grew';
    if (verb !== 'took' && (rises ? before >= after : before <= after))
      contradictions.push(`${verb} from ${before} to ${after}`);
  }
  for (const [, before, after] of line.matchAll(/ grew: (\S+%) -> (\S+%)/g))
    if (before === after) contradictions.push(`grew from ${before} to ${after}`);
  for (const match of line.matchAll(RANGE)) {
    const [before, after] = amounts(match.slice(1, 4), match.slice(4, 7));
    const [, times] = TIMES.exec(line.slice(match.index + match[0].length)) ?? [];
    if (times === undefined || before === 0) continue;
    const error = 2 * DIGITS + 0.006 / Math.max(0.01, Number(times));
    if (!isAlmost(after / before, Number(times), error))
      contradictions.push(`${before} -> ${after} is called x${times}`);
  }
  for (const match of line.matchAll(PART)) {
    const [part, whole] = amounts(match.slice(1, 4), match.slice(4, 7));
    if (part > whole * (1 + DIGITS)) contradictions.push(`${part} of ${whole}`);
  }
  for (const match of line.matchAll(LEVELS)) {
    const [min, mean, max] = [1, 4, 7].map(
      (at) => amounts(match.slice(at, at + 3), match.slice(at, at + 3))[0],
    );
    if (min === undefined || mean === undefined || max === undefined) continue;
    if (min > mean * (1 + DIGITS) || mean > max * (1 + DIGITS))
      contradictions.push(`min ${min}, mean ${mean}, max ${max}`);
  }
  return contradictions;
}

/** Two numbers of which the first may leave the unit to the second. */
function amounts(
  first: readonly (string | undefined)[],
  second: readonly (string | undefined)[],
): [number, number] {
  const [, , shared] = second;
  const value = ([number, suffix, unit]: readonly (string | undefined)[]) =>
    Number(number) * (UNITS[suffix ?? ''] ?? 1) * (UNITS[unit ?? shared ?? ''] ?? 1);
  return [value(first), value(second)];
}
