import { PatternError, UserError } from '../errors.js';
import { compilePattern } from '../profile/code/filter.js';
import { estimatePatternSize } from '../profile/code/pattern-size.js';
import { createProfile, type OwnCode, type Profile } from '../profile/model.js';
import type { ProfileSource } from './source.js';

/** Maximum number and size of the patterns: each is tried on every name and file of a profile. */
const MAX_PATTERNS = 20;
const MAX_STEPS = 500;

/**
 * Reads the patterns by which a team names its own code; null where there are none.
 * @throws UserError that names the pattern
 */
export function readOwnCode(patterns: readonly string[]): OwnCode | null {
  if (patterns.length === 0) return null;
  const next = `At most ${MAX_PATTERNS} RE2 patterns of names or files, separated by commas: com/acme,^/srv/app/`;
  if (patterns.length > MAX_PATTERNS)
    throw new UserError(`--own-code has ${patterns.length} patterns.`, next);
  let steps = 0;
  for (const pattern of patterns) {
    try {
      compilePattern(pattern);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw new UserError(`--own-code ${JSON.stringify(pattern.slice(0, 100))}: ${error.message}.`, next);
    }
    steps += estimatePatternSize(pattern);
  }
  if (steps > MAX_STEPS)
    throw new UserError(`The patterns of --own-code come to ${steps} steps, over ${MAX_STEPS}.`, next);
  return { patterns };
}

/** Wraps a source so that its profiles carry the team's patterns of its own code. */
export function withOwnCode(source: ProfileSource, ownCode: OwnCode | null): ProfileSource {
  if (ownCode === null) return source;
  const { reduced } = source;
  const mark = (profile: Profile): Profile => createProfile({ ...profile, ownCode });
  return {
    ...source,
    async profile(query, signal) {
      const merged = await source.profile(query, signal);
      return { ...merged, profile: mark(merged.profile) };
    },
    ...(reduced === undefined
      ? {}
      : {
          async reduced(query, soon, signal) {
            const merge = await reduced(query, soon, signal);
            const { leaves, tree } = merge;
            return { ...merge, leaves: mark(leaves), tree: tree === null ? null : mark(tree) };
          },
        }),
  };
}
