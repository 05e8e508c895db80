import type { ProfileSource, Window } from '../../../src/sources/source.js';
import { type Kind, type Truth, VERDICTS } from './case.js';
import type { FleetShape } from './fleet.js';
import { createFleetSource } from './fleet-source.js';
import { type GenerateOptions, generateCase } from './generate.js';
import { chance, createRandom, integer, logUniform, pick, pickSome, type Random, uniform } from './random.js';

/** A service of a fleet with its correct result. */
export interface FleetService {
  service: string;
  kind: string;
  truth: Truth;
  /** Whether it only waits for another service of the fleet, whose fault comes first. */
  isVictim: boolean;
  /** Standard errors by which its fault stands out; 0 where no code is to blame. */
  errors: number;
}

/** A question about a whole fleet with its right answer. */
export interface FleetCase {
  id: string;
  windows: { baseline: Window; incident: Window };
  services: readonly FleetService[];
  source: ProfileSource;
}

/**
 * Events that affect a fleet: none, and all services deployed or under more load, in addition to the faults
 * of some; or one service that became slow, for which others wait.
 */
export const SCENES = ['calm', 'deploy', 'load', 'upstream'] as const;
export type Scene = (typeof SCENES)[number];

/** Kinds of faults, each as likely. */
const FAULTS: readonly Kind[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'k', 'l', 'm', 'n', 'o'];
/** Faults of a service for which others wait: its code takes longer. */
const SLOW: readonly Kind[] = ['a', 'b', 'g', 'k', 'l'];
/** Costs that fade soon after all instances were replaced look like their warm-up: no burst with a deploy. */
const faultsIn = (scene: Scene) => (scene === 'deploy' ? FAULTS.filter((kind) => kind !== 'n') : FAULTS);
const CADENCES = [
  [75, 10],
  [90, 10],
  [150, 10],
  [225, 4],
] as const;
const BASE: FleetShape = { cadences: CADENCES, baselineSeconds: 1800, incidentSeconds: 900 };
const DOMAINS =
  'checkout notify auth geo storefront invoice catalog ledger search orders payments profile media fraud stock price cart ship mail quota'.split(
    ' ',
  );
const ROLES = 'api hub gateway worker bff core index sync relay store'.split(' ');

/** A fleet of so many services with 0 to 5 faults, wholly determined by its arguments. */
export async function generateFleet(scene: Scene, seed: number, size: number): Promise<FleetCase> {
  const random = createRandom(`fleet ${scene}:${seed}:${size}`);
  const shape: FleetShape = {
    ...BASE,
    ...(scene === 'deploy' ? { isDeployed: true } : {}),
    ...(scene === 'load' ? { load: uniform(random, 1.3, 2.5) } : {}),
  };
  const isUpstream = scene === 'upstream';
  const chosen = pickSome(
    random,
    Array.from({ length: size }, (_, at) => at),
    isUpstream ? Math.min(integer(random, 4, 6), size) : integer(random, 0, Math.min(5, size)),
  );
  const guilty = new Set(chosen);
  const victims = new Set(isUpstream ? chosen.slice(1) : []);
  const plans = Array.from({ length: size }, (_, at) => {
    const kind = guilty.has(at)
      ? pick(random, victims.has(at) ? (['m'] as const) : isUpstream ? SLOW : faultsIn(scene))
      : innocentKind(random, scene);
    const service = `${pick(random, DOMAINS)}-${pick(random, ROLES)}-${at}`;
    const options: GenerateOptions = {
      service,
      shape,
      samples: logUniform(random, 600, 40_000),
      ...(victims.has(at) ? { language: 'java', isWaiting: true } : {}),
    };
    return { kind, service, seed: 1_000 * seed + at, options };
  });
  const services: FleetService[] = [];
  let windows: FleetCase['windows'] | null = null;
  for (const { kind, service, seed: caseSeed, options } of plans) {
    const made = generateCase(kind, caseSeed, options);
    windows ??= made.windows;
    const isLoaded = scene === 'load' && kind === 'i';
    services.push({
      service,
      kind,
      truth: isLoaded ? { ...made.truth, verdict: VERDICTS.h } : made.truth,
      isVictim: victims.has(services.length),
      errors: guilty.has(services.length) ? Math.max(0, ...made.effects.map(({ se }) => se)) : 0,
    });
  }
  if (windows === null) throw new Error('a fleet without services');
  const span = { from: windows.baseline.from, to: windows.incident.to };
  const source = await createFleetSource(
    'fleet',
    plans.map(({ kind, service, seed: caseSeed, options }) => ({
      service,
      make: () => generateCase(kind, caseSeed, options).source,
    })),
    span,
  );
  return { id: `${scene}-${size}-${seed}`, windows, services, source };
}

/** Most of a fleet does nothing; some services get more load or are refactored. */
function innocentKind(random: Random, scene: Scene): Kind {
  if (scene === 'calm' && chance(random, 0.08)) return 'h';
  return chance(random, 0.04) ? 'j' : 'i';
}
