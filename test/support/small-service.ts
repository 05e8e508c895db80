import { readEvidence } from '../../src/investigation/evidence/evidence.js';
import { planLenses } from '../../src/investigation/evidence/lens.js';
import { type EvidenceQuestion, prepareEvidence } from '../../src/investigation/evidence/prepare.js';
import { readProfileTimes } from '../../src/investigation/evidence/profile-times.js';
import { countedSource, createRequests } from '../../src/investigation/evidence/requests.js';
import type { FunctionInfo } from '../../src/profile/model.js';
import { orderTypes } from '../../src/profile/types/types.js';
import type { Labels, Matcher, ProfileSource, Window } from '../../src/sources/source.js';
import type { Path } from '../evaluation/generator/frame.js';
import { createMemorySource, type StoredProfile } from '../evaluation/generator/memory-source.js';
import { goFrame, type Stacks } from './contrast.js';
import { type Alias, getSampleValue, getTypeId, toLens } from './type-ids.js';

// A service in memory whose profiles a test writes down as numbers of samples: no randomness, so that a rule
// is met or missed by exactly what the test says.

const MINUTE = 60_000;
/** The incident begins here and lasts a quarter of an hour; the hour before it is the baseline. */
export const START = Date.parse('2026-11-20T14:00:00Z');
export const INCIDENT: Window = { from: START, to: START + 15 * MINUTE };
const SERVICE: Matcher = { name: 'service_name', op: '=', value: 'shop' };

export interface SmallInstance {
  /** Labels without the service's name, in most tests just the pod. */
  labels: Labels;
  /** Minutes in which it sends a profile; the incident begins with minute 0. Default: -60 to 14. */
  minutes?: { from?: number; to?: number };
  /** Samples by stack in the profile of a minute, for each profile type. */
  profiles: Partial<Record<Alias, (minute: number) => Stacks>>;
}

/** The time of the profile of a minute: its middle. */
export const computeTime = (minute: number): number => START + (minute + 0.5) * MINUTE;

/** A source that holds the profiles of a small service. */
export function smallService(instances: readonly SmallInstance[]): ProfileSource {
  return createMemorySource('small', () => instances.flatMap(listProfiles));
}

function listProfiles({ labels, minutes = {}, profiles }: SmallInstance): StoredProfile[] {
  const { from = -60, to = 14 } = minutes;
  const stored: StoredProfile[] = [];
  for (let minute = from; minute <= to; minute++) {
    for (const [alias, samplesAt] of Object.entries(profiles) as [Alias, (minute: number) => Stacks][]) {
      const stacks = Object.entries(samplesAt(minute));
      stored.push({
        time: computeTime(minute),
        seconds: 10,
        labels: { service_name: SERVICE.value, ...labels },
        paths: stacks.map(([stack]) => buildPath(stack)),
        values: new Map([
          [getTypeId(alias), Float64Array.from(stacks, ([, samples]) => samples * getSampleValue(alias))],
        ]),
      });
    }
  }
  return stored;
}

const functions = new Map<string, FunctionInfo>();

function buildPath(stack: string): Path {
  return stack.split(' ').map((name) => {
    const frame = goFrame(name);
    const file = typeof frame === 'string' ? '' : (frame.file ?? '');
    const fn = functions.get(name) ?? { name, file, startLine: 1, isSymbolised: true };
    functions.set(name, fn);
    return { fn, line: 3 };
  });
}

/** Pods named `a`, `b`, … with the same profiles but where `changed` says otherwise. */
export function pods(
  count: number,
  usual: SmallInstance['profiles'],
  changed: Readonly<Record<string, Partial<SmallInstance>>> = {},
): SmallInstance[] {
  return Array.from({ length: count }, (_, index) => {
    const pod = String.fromCharCode(97 + index);
    return { labels: { pod }, profiles: usual, ...changed[pod] };
  });
}

/** Samples that are equal in every minute. */
export const always = (stacks: Stacks) => (): Stacks => stacks;

/** Some samples until a minute, others from then on; by default from the first minute of the incident on. */
export const changing =
  (before: Stacks, after: Stacks, minute = 0) =>
  (now: number): Stacks =>
    now < minute ? before : after;

export interface Question {
  /** Default: all that the instances send. */
  types?: readonly Alias[];
  source?: ProfileSource;
  /** Questions that are already spent of the forty. */
  spent?: number;
}

/** The question about the incident of a small service. */
export async function questionAbout(
  instances: readonly SmallInstance[],
  { types, source = smallService(instances), spent = 0 }: Question = {},
): Promise<EvidenceQuestion> {
  const sent = types ?? (instances.flatMap(({ profiles }) => Object.keys(profiles)) as Alias[]);
  const requests = createRequests();
  for (let request = 0; request < spent; request++) await requests.run(async () => null);
  return {
    source: countedSource(source, requests),
    matchers: [SERVICE],
    typeIds: [...new Set(sent)].map(getTypeId),
    incident: INCIDENT,
    baseline: null,
    requests,
  };
}

/** Everything that an investigation reads of a small service. */
export async function readAll(instances: readonly SmallInstance[], question: Question = {}) {
  const reading = await readEvidence(await questionAbout(instances, question), {
    signal: new AbortController().signal,
  });
  if (reading === null) throw new Error('the service has no profile in the window');
  return reading;
}

/** Prepares everything that a lens needs to read its profile type of a small service. */
export async function readyFor(alias: Alias, instances: readonly SmallInstance[], question: Question = {}) {
  const { signal } = new AbortController();
  const reading = await questionAbout(instances, question);
  const [main] = planLenses(orderTypes(reading.typeIds)).toRead;
  const context = await prepareEvidence(reading, main?.type.id, signal);
  const lens = toLens(alias);
  const countRounds = (typeId: string) =>
    readProfileTimes(
      reading.source,
      { profileTypeId: typeId, matchers: reading.matchers },
      context.plan,
      context,
      signal,
    );
  return {
    context,
    lens,
    profileTimes: await countRounds(lens.type.id),
    main: await countRounds(main?.type.id ?? ''),
  };
}
