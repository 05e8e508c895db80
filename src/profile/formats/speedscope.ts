import type { PprofFile } from '../pprof/pprof.js';
import { StackCollector } from './collector.js';
import { readList, readMembers, readNumber, readText } from './text.js';

/** Nanoseconds per unit of time. */
const NANOSECONDS: Readonly<Record<string, number>> = {
  nanoseconds: 1,
  microseconds: 1e3,
  milliseconds: 1e6,
  seconds: 1e9,
};

/** Maximum length of a thread's name as a label, and maximum number of threads that get one. */
const MAX_NAME = 120;
const MAX_THREADS = 200;

type Measure = 'time' | 'size' | 'samples';
const TYPES: Readonly<Record<Measure, { type: string; unit: string }>> = {
  time: { type: 'wall', unit: 'nanoseconds' },
  size: { type: 'size', unit: 'bytes' },
  samples: { type: 'samples', unit: 'count' },
};

/** Whether a JSON value is a file of speedscope. */
export function isSpeedscope(value: unknown): boolean {
  const { shared, profiles } = readMembers(value);
  return Array.isArray(readMembers(shared).frames) && Array.isArray(profiles);
}

/**
 * Reads a file of speedscope: profiles of samples with weights, or of calls that open and close, all added
 * up. Profiles with names (threads) get the label `thread`.
 * @throws LimitError, or SyntaxError with what is wrong
 */
export function readSpeedscope(value: unknown): PprofFile {
  const { shared, profiles } = readMembers(value);
  const all = readList(profiles).map(readMembers);
  const stacks = new StackCollector();
  const frames = readList(readMembers(shared).frames).map((frame) => {
    const { name, file, line } = readMembers(frame);
    return stacks.frame({ name: readText(name), file: readText(file), line: readNumber(line) });
  });
  const measures = [...new Set(all.map(({ unit }) => readMeasure(unit)))];
  const hasThreads = all.length > 1 && all.length <= MAX_THREADS;
  let duration = 0;
  for (const profile of all) {
    if (hasThreads) {
      const name = readText(profile.name).slice(0, MAX_NAME);
      stacks.label(name === '' ? [] : [['thread', name]]);
    }
    const measure = readMeasure(profile.unit);
    const column = measures.indexOf(measure);
    const scale = NANOSECONDS[readText(profile.unit)] ?? 1;
    const add = (stack: readonly number[], weight: number) => {
      const value = scale === 1 ? weight : Math.round(weight * scale);
      if (value !== 0)
        stacks.add(
          stack.toReversed(),
          measures.map((_, at) => (at === column ? value : 0)),
        );
    };
    if (profile.type === 'sampled') readSamples(profile, frames, add);
    else if (profile.type === 'evented') readEvents(profile, frames, add);
    else throw new SyntaxError(`a profile of the type ${JSON.stringify(profile.type) ?? 'none'}`);
    if (measure === 'time')
      duration = Math.max(duration, (readNumber(profile.endValue) - readNumber(profile.startValue)) * scale);
  }
  return stacks.finish({
    sampleTypes: measures.map((measure) => TYPES[measure]),
    periodType: null,
    durationNanos: duration > 0 && duration < 2 ** 62 ? BigInt(Math.round(duration)) : 0n,
  });
}

function readMeasure(unit: unknown): Measure {
  const name = readText(unit);
  if (NANOSECONDS[name] !== undefined) return 'time';
  return name === 'bytes' ? 'size' : 'samples';
}

type Profile = Readonly<Record<string, unknown>>;
/** Takes a stack, entry point first, and what it weighs. */
type Add = (stack: readonly number[], weight: number) => void;

/** Samples are lists of frames, entry point first; without weights each counts one. */
function readSamples({ samples, weights }: Profile, frames: readonly number[], add: Add): void {
  const isWeighted = Array.isArray(weights);
  const all = readList(samples);
  if (isWeighted && weights.length !== all.length)
    throw new SyntaxError(`${all.length} samples with ${weights.length} weights`);
  all.forEach((sample, at) => {
    const stack = readList(sample).map((index) => frameAt(frames, index));
    add(stack, isWeighted ? readNumber(weights[at]) : 1);
  });
}

/** Between two events the open frames are the stack. */
function readEvents({ events, startValue }: Profile, frames: readonly number[], add: Add): void {
  const open: number[] = [];
  let last = readNumber(startValue);
  for (const event of readList(events)) {
    const { type, at, frame } = readMembers(event);
    const now = readNumber(at);
    if (now < last) throw new SyntaxError('events that are not in the order of time');
    if (now > last && open.length > 0) add(open, now - last);
    last = now;
    const id = frameAt(frames, frame);
    if (type === 'O') open.push(id);
    else if (type === 'C' && open.at(-1) === id) open.pop();
    else throw new SyntaxError('an event that closes another frame than the innermost');
  }
}

function frameAt(frames: readonly number[], index: unknown): number {
  const frame = typeof index === 'number' ? frames[index] : undefined;
  if (frame === undefined)
    throw new SyntaxError(`the frame ${JSON.stringify(index) ?? 'none'} does not exist`);
  return frame;
}
