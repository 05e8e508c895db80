import type { RE2JS } from 're2js';
import { PatternError } from '../../errors.js';
import { compileRe2 } from '../code/filter.js';
import { estimatePatternSize } from '../code/pattern-size.js';
import { GrowingUint32 } from '../tables/growing.js';
import type { PprofFile } from './pprof.js';

/** Longest pattern of a file, characters: those of gperftools and tcmalloc have some hundred. */
const MAX_CHARACTERS = 4_000;
/** Largest pattern, steps of {@link estimatePatternSize}. */
const MAX_STEPS = 4_000;
/** Maximum number of steps over all names of a file: RE2 takes up to 0.4 microseconds for each. */
const MAX_PRUNE_STEPS = 500_000_000;

/** Maximum number of characters of a name that are compared: an argument list is cut before. */
const MAX_COMPARED = 4_000;

/** Parentheses that belong to the name of a C++ function and begin no argument list. */
const PARENTHESIS = /\(anonymous namespace\)|operator\(\)|\(/g;

export interface Pruned {
  file: PprofFile;
  /** The reason why `drop_frames` was not applied; null where it was, or the file has none. */
  refused: string | null;
}

/**
 * Takes out the frames that the file itself calls uninteresting, as `go tool pprof` does: below the outermost
 * frame that matches `drop_frames` (an allocator, say) and not `keep_frames`, nothing is left. Frames before
 * the first other one stay, so that no stack is emptied.
 */
export function pruneFrames(file: PprofFile): Pruned {
  const { strings } = file;
  const drop = strings[Number(file.raw.dropFrames)] ?? '';
  const keep = strings[Number(file.raw.keepFrames)] ?? '';
  if (drop === '') return { file, refused: null };
  try {
    const names = file.functions.map(({ name }) => simplifyName(strings[name] ?? ''));
    const isDropped = wholeTest(drop, names);
    const isKept = keep === '' ? () => false : wholeTest(keep, names);
    const matches = new Set(
      file.functions
        .filter((_, at) => isDropped(names[at] ?? '') && !isKept(names[at] ?? ''))
        .map(({ id }) => Number(id)),
    );
    return { file: matches.size === 0 ? file : withoutFrames(file, matches), refused: null };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { file, refused: error.message };
  }
}

/** @throws PatternError where the pattern is not RE2, or too large for these names */
function wholeTest(pattern: string, names: readonly string[]): (name: string) => boolean {
  if (pattern.length > MAX_CHARACTERS) {
    throw new PatternError(pattern.slice(0, 60), `longer than ${MAX_CHARACTERS} characters`, 'size');
  }
  const anchored = `^(?:${pattern})$`;
  const steps = estimatePatternSize(anchored);
  const characters = names.reduce((sum, name) => sum + 1 + name.length, 0);
  if (steps > MAX_STEPS || steps * characters > MAX_PRUNE_STEPS) {
    throw new PatternError(pattern.slice(0, 60), `${steps} steps are too many for its names`, 'size');
  }
  const compiled: RE2JS = compileRe2(anchored);
  return (name) => name !== '' && compiled.test(name);
}

/** The name without its argument list and the leading dot of PowerPC binaries. */
function simplifyName(name: string): string {
  const plain = name.startsWith('.') ? name.slice(1) : name;
  for (const { 0: parenthesis, index } of plain.matchAll(PARENTHESIS))
    if (parenthesis === '(') return plain.slice(0, Math.min(index, MAX_COMPARED));
  return plain.slice(0, MAX_COMPARED);
}

function withoutFrames(file: PprofFile, matches: ReadonlySet<number>): PprofFile {
  const { locations, samples } = file;
  const count = locations.ids.length;
  /** Per location: 1 where nothing of it is left, 2 where its outer lines are. */
  const kind = new Uint8Array(count);
  const starts = new GrowingUint32(count + 1);
  const functionIds: (number | bigint)[] = [];
  const lineNumbers: number[] = [];
  starts.push(0);
  for (let location = 0; location < count; location++) {
    const from = locations.starts[location] ?? 0;
    const to = locations.starts[location + 1] ?? 0;
    let first = from;
    for (let at = to - 1; at >= from; at--) {
      if (!matches.has(Number(locations.functionIds[at]))) continue;
      kind[location] = at === to - 1 ? 1 : 2;
      if (kind[location] === 2) first = at + 1;
      break;
    }
    for (let at = first; at < to; at++) {
      functionIds.push(locations.functionIds[at] ?? 0);
      lineNumbers.push(locations.lineNumbers[at] ?? 0);
    }
    starts.push(functionIds.length);
  }
  const sampleStarts = new GrowingUint32(samples.starts.length);
  const sampleLocations = new GrowingUint32(samples.locations.length);
  sampleStarts.push(0);
  for (let sample = 0; sample + 1 < samples.starts.length; sample++) {
    const from = samples.starts[sample] ?? 0;
    const to = samples.starts[sample + 1] ?? 0;
    let first = from;
    let hasOther = false;
    for (let at = to - 1; at >= from; at--) {
      const locationKind = kind[samples.locations[at] ?? 0] ?? 0;
      if (locationKind === 0) hasOther = true;
      else if (hasOther) {
        first = locationKind === 1 ? at + 1 : at;
        break;
      }
    }
    sampleLocations.append(samples.locations, first, to);
    sampleStarts.push(sampleLocations.length);
  }
  return {
    ...file,
    locations: { ...locations, starts: starts.toArray(), functionIds, lineNumbers },
    samples: { ...samples, starts: sampleStarts.toArray(), locations: sampleLocations.toArray() },
  };
}
