import type { Window } from '../../../src/sources/source.js';
import { ACCEPTED, type GeneratedCase, isDeployKind, type Kind, VERDICTS } from './case.js';
import { makeDeployFleet } from './deploy-fleet.js';
import { buildDeploy } from './deploys.js';
import { measureEffect, measureMasses } from './effect.js';
import { type Fleet, type FleetShape, makeFleet } from './fleet.js';
import { LANGUAGES } from './languages/index.js';
import type { LanguageName, Project } from './languages/language.js';
import { makeLeakFleet } from './leak-fleet.js';
import type { LensContext } from './lenses.js';
import { createMemorySource, type StoredProfile } from './memory-source.js';
import { expectedSamples, type LensPlan, passesThrough, type Snapshot } from './plan.js';
import { createRandom, integer, logUniform, pick, type Random, uniform } from './random.js';
import { sampleLens } from './sampling.js';
import { buildScenario, type Scenario } from './scenario.js';
import { makeStalledFleet } from './stalled.js';
import { growTree } from './tree.js';

export interface GenerateOptions {
  language?: LanguageName;
  /** Expected active samples of the baseline; drawn from the seed otherwise. Kept inside the limits. */
  samples?: number;
  /** Name of the service; drawn from the seed otherwise. */
  service?: string;
  /** Properties that the services of a fleet share. */
  shape?: FleetShape;
  /**
   * Growth of the culprit's share of time that is planted, through all of the incident and in no other
   * profile type; drawn from the seed otherwise.
   */
  growth?: number;
  /**
   * Whether baseline and incident are two versions in one window: `v1` with the profiles of the baseline, and
   * `v2`, which starts with it.
   */
  versions?: boolean;
  /** Whether the time that kind m adds in Java waits for another service, and nothing else grew. */
  isWaiting?: boolean;
}

/** Active samples of CPU or wall-clock time that either side has. */
export const SAMPLE_LIMITS = { least: 300, most: 100_000 } as const;

/**
 * Languages whose profilers show a kind: leaks need live objects or goroutines, collectors a profile of
 * allocations.
 */
const LANGUAGES_OF: Readonly<Partial<Record<Kind, readonly LanguageName[]>>> = {
  c: ['go', 'java'],
  d: ['go'],
  e: ['go', 'node'],
  f: ['go', 'java'],
  m: ['node', 'java'],
  t: ['go', 'node', 'java'],
  C: ['go'],
  D: ['go'],
  K: ['go', 'node'],
  L: ['go'],
  M: ['go', 'java'],
};
const SERVICES =
  'checkout-api notification-hub auth-gateway geo-routing storefront-bff invoice-worker catalog-search ledger-core'.split(
    ' ',
  );

/**
 * Generates a case from kind, seed and options. The seed determines everything that the options leave open.
 */
export function generateCase(kind: Kind, seed: number, options: GenerateOptions = {}): GeneratedCase {
  const random = createRandom(`${kind}:${seed}`);
  const possible = LANGUAGES_OF[kind] ?? (['go', 'node', 'python', 'java'] as const);
  const drawn = pick(random, possible);
  const name =
    options.language !== undefined && possible.includes(options.language) ? options.language : drawn;
  const service = options.service ?? pick(random, SERVICES);
  const project: Project = {
    service,
    domain: service.split('-')[0] ?? service,
    variant: integer(random, 0, 11),
  };
  const language = LANGUAGES[name];
  const fleet = makeAnyFleet(random, kind, service, options);
  const context: LensContext = {
    random,
    language,
    tree: growTree(random, language, project),
    phi: uniform(random, 1, 2.5),
  };
  const perProfile = samplesPerProfile(random, fleet, options.samples);
  const scenario = withinLimits(
    isDeployKind(kind)
      ? buildDeploy(kind, context, fleet, perProfile)
      : buildScenario(kind, context, fleet, perProfile, options),
    fleet,
  );
  const { lenses, culprit, caller, also } = scenario;
  return {
    id: `${kind}-${name}-${seed}`,
    kind,
    language: name,
    seed,
    service,
    windows: fleet.windows,
    phi: context.phi,
    samples: {
      baseline: activeSamples(lenses[scenario.timeLens], fleet.snapshots, 'baseline'),
      incident: activeSamples(lenses[scenario.timeLens], fleet.snapshots, 'incident'),
    },
    truth: {
      verdict: scenario.verdict ?? VERDICTS[kind],
      functions: [culprit, ...also].flatMap((fn) => (fn === null ? [] : [fn.name])),
      guiltyCallers: caller === undefined || caller === null ? [] : [caller.name],
      ...(ACCEPTED[kind] === undefined ? {} : { acceptedVerdicts: ACCEPTED[kind] }),
      ...(scenario.causes === undefined ? {} : { causes: scenario.causes }),
      label: fleet.label,
      ...(fleet.acceptedLabels === undefined ? {} : { acceptedLabels: fleet.acceptedLabels }),
      ...(fleet.leaksIn === undefined || scenario.verdict === 'contention' ? {} : { leaksIn: fleet.leaksIn }),
      since: fleet.since,
      ...(fleet.reachedAll === undefined ? {} : { reachedAll: fleet.reachedAll }),
    },
    effects: scenario.shows.flatMap(({ lens, scale, guilty, typeIndex }) => {
      const plan = lenses[lens];
      if (plan === undefined) return [];
      const masses = measureMasses(plan, fleet.snapshots, guilty);
      // A sum of exponential delays varies twice as much as their number.
      const phi = plan.phi * (plan.types[typeIndex]?.spread ? 2 : 1);
      return [measureEffect(plan.types[typeIndex]?.id ?? '', masses, { scale, phi })];
    }),
    plan: { lenses, snapshots: fleet.snapshots },
    // Nothing else draws from here on, so that it does not matter when the profiles are drawn.
    source: createMemorySource('generated', () => {
      const stored = lenses.flatMap((lens) => sampleLens(random, lens, fleet.snapshots));
      return options.versions === true ? asVersions(stored, fleet.windows) : stored;
    }),
  };
}

function makeAnyFleet(random: Random, kind: Kind, service: string, options: GenerateOptions): Fleet {
  if (!isDeployKind(kind))
    return makeFleet(random, kind, service, { shape: options.shape, steady: options.growth !== undefined });
  if (kind === 'K' || kind === 'L') return makeLeakFleet(random, kind, service);
  return kind === 'M' ? makeStalledFleet(random, service) : makeDeployFleet(random, kind, service);
}

/**
 * Samples of a profile of an average pod, so that both sides lie within the limits before anything is
 * planted.
 */
function samplesPerProfile(random: Random, { snapshots }: Fleet, wanted: number | undefined): number {
  const { least, most } = SAMPLE_LIMITS;
  const drawn = logUniform(random, least, most);
  const weight = (side: 'baseline' | 'incident') =>
    snapshots.reduce((sum, at) => sum + (at.side === side ? at.podFactor * at.load : 0), 0);
  const [before, after] = [weight('baseline'), weight('incident')];
  const lowest = (1.1 * least) / Math.min(before, after);
  const highest = (0.95 * most) / Math.max(before, after);
  return Math.min(highest, Math.max(lowest, (wanted ?? drawn) / before));
}

/** A planted change may lift the incident over the limit: then all of that lens becomes smaller. */
function withinLimits(scenario: Scenario, { snapshots }: Fleet): Scenario {
  const lens = scenario.lenses[scenario.timeLens];
  if (lens === undefined) return scenario;
  const largest = Math.max(
    ...(['baseline', 'incident'] as const).map((side) => activeSamples(lens, snapshots, side)),
  );
  const factor = Math.min(1, (0.97 * SAMPLE_LIMITS.most) / largest);
  if (factor === 1) return scenario;
  const smaller: LensPlan = {
    ...lens,
    capacity: lens.capacity === null ? null : lens.capacity * factor,
    stacks: lens.stacks.map((stack) => ({
      ...stack,
      mean: stack.mean * factor,
      planted: stack.planted * factor,
    })),
  };
  return { ...scenario, lenses: scenario.lenses.with(scenario.timeLens, smaller) };
}

/** Expected samples of one side, idle time left out. */
function activeSamples(
  lens: LensPlan | undefined,
  snapshots: readonly Snapshot[],
  side: 'baseline' | 'incident',
): number {
  let active = 0;
  for (const at of snapshots) {
    if (lens === undefined || at.side !== side) continue;
    expectedSamples(lens, at).forEach((mean, index) => {
      if (lens.stacks[index]?.role !== 'idle') active += mean;
    });
  }
  return active;
}

/** The window in which two versions run side by side: as long as the longer of both. */
export function versionsWindow({ baseline, incident }: Fleet['windows']): Window {
  const length = Math.max(baseline.to - baseline.from, incident.to - incident.from);
  return { from: incident.from, to: incident.from + length };
}

/** Profiles of a baseline moved into its incident, as those of the version that was there before. */
function asVersions(
  stored: readonly StoredProfile[],
  { baseline, incident }: Fleet['windows'],
): StoredProfile[] {
  return stored.map((profile) => {
    if (profile.time >= incident.from) return { ...profile, labels: { ...profile.labels, version: 'v2' } };
    const labels = { ...profile.labels, version: 'v1', pod: `${profile.labels.pod}-stable` };
    return { ...profile, labels, time: profile.time + incident.from - baseline.from };
  });
}

/** The stacks of a lens that pass through functions of these names. */
export function throughNames(lens: LensPlan, names: readonly string[]): boolean[] {
  const functions = lens.stacks.flatMap(({ path }) => path.map(({ fn }) => fn));
  const marked = functions.filter(({ name }) => names.includes(name));
  return lens.stacks.map(({ path }) => passesThrough(path, marked));
}
