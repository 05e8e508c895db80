import type { Profile } from '../model.js';

/** Types of samples that the compiler of Go takes from a profile: the first of the file that is one. */
const PGO_TYPES: readonly (readonly [sampleType: string, unit: string])[] = [
  ['samples', 'count'],
  ['cpu', 'nanoseconds'],
];

/** Reason why a profile cannot guide the compiler of Go. */
export type PgoObstacle = 'type' | 'no_go' | 'no_start_lines';

/**
 * Checks whether `go build -pgo` takes a profile. It finds call sites by the name of the function and the
 * line within it, so it needs samples of CPU time, functions of Go and the lines where these begin (Go 1.20
 * and newer write them; cmd/internal/pgo in the source of Go).
 */
export function pgoObstacle({
  sampleType,
  unit,
  functions,
}: Pick<Profile, 'sampleType' | 'unit' | 'functions'>): PgoObstacle | null {
  if (!PGO_TYPES.some(([type, typeUnit]) => type === sampleType && typeUnit === unit)) return 'type';
  const goFunctions = functions.filter(({ file }) => file.endsWith('.go'));
  if (goFunctions.length === 0) return 'no_go';
  return goFunctions.some(({ startLine }) => startLine > 0) ? null : 'no_start_lines';
}
