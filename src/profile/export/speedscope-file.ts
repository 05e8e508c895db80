import type { Profile } from '../model.js';
import { type ExportedStacks, type ExportHead, listFrames } from './exported.js';

/** Address of the schema that the file follows; speedscope tells its files by it. */
export const SPEEDSCOPE_SCHEMA = 'https://www.speedscope.app/file-format-schema.json';

/** Units that speedscope knows; every other value is a plain number. */
const UNITS: ReadonlySet<string> = new Set([
  'nanoseconds',
  'microseconds',
  'milliseconds',
  'seconds',
  'bytes',
]);

/**
 * Writes stacks as a file of speedscope: one profile of weighted samples, frames from the entry point on. A
 * function is one frame, at the line where it begins.
 *
 * @param head.program name of the profile
 */
export function encodeSpeedscope(
  profile: Profile,
  { unit, stacks, values }: ExportedStacks,
  { program, exporter }: ExportHead,
): string {
  const frameIds = new Map<number, number>();
  const numberFrame = (fn: number) => {
    const known = frameIds.get(fn) ?? frameIds.size;
    frameIds.set(fn, known);
    return known;
  };
  const samples = stacks.map((stack) =>
    Array.from(listFrames(profile, stack), (frame) =>
      numberFrame(profile.frameFunction[frame] ?? 0),
    ).reverse(),
  );
  const frames = [...frameIds.keys()].map((fn) => {
    const { name = '', file = '', startLine = 0 } = profile.functions[fn] ?? {};
    return { name, ...(file === '' ? {} : { file }), ...(startLine > 0 ? { line: startLine } : {}) };
  });
  const name = `${program} ${profile.sampleType}`;
  return JSON.stringify({
    $schema: SPEEDSCOPE_SCHEMA,
    shared: { frames },
    profiles: [
      {
        type: 'sampled',
        name,
        unit: UNITS.has(unit) ? unit : 'none',
        startValue: 0,
        endValue: values.reduce((sum, value) => sum + value, 0),
        samples,
        weights: values,
      },
    ],
    name,
    activeProfileIndex: 0,
    exporter,
  });
}
