import type { ProfileSource, Window } from '../../../src/sources/source.js';
import type { LanguageName } from './languages/language.js';
import type { LensPlan, Snapshot } from './plan.js';

/** The kinds of incidents, (a) to (o), as the shared examples list them. */
export const KINDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o'] as const;
/** The kinds of real deploys, (p) to (z): libraries, mixes, restarts, throttling, several causes at once. */
export const DEPLOY_KINDS = ['p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z'] as const;
/**
 * The kinds that services of public libraries showed, captured blind: less load, alone and with a change; new
 * code that waits on purpose; requests that queue for a pool of connections; a function that newly does two
 * kinds of work; a library in the place of another one, for the same cost and for more; a mix of requests
 * that changes next to jobs, and a function that costs more next to some; a leak in all instances, which
 * differ in age and traffic, or in one of them; goroutines that leak and show in the profiles of waits, next
 * to queues that pile up; one round of long waits; a restart that warms up without labels of instances, young
 * instances on one of the two sides, a change of code with such a restart, and load that rises next to jobs.
 */
export const FIELD_KINDS = [
  'A',
  'B',
  'C',
  'D',
  'E',
  'F',
  'G',
  'H',
  'I',
  'J',
  'K',
  'L',
  'M',
  'N',
  'P',
  'Q',
] as const;
export const ALL_KINDS = [...KINDS, ...DEPLOY_KINDS, ...FIELD_KINDS] as const;
export type DeployKind = (typeof DEPLOY_KINDS)[number] | (typeof FIELD_KINDS)[number];
export type Kind = (typeof ALL_KINDS)[number];

export function isDeployKind(kind: Kind): kind is DeployKind {
  return [...DEPLOY_KINDS, ...FIELD_KINDS].some((deployKind) => deployKind === kind);
}

export type Verdict =
  | 'code_regression'
  | 'leak'
  | 'contention'
  | 'load_increase'
  | 'no_change'
  | 'moved'
  | 'inconclusive';

/** The verdict that each kind stands for (docs/develop/comparison.md §7). */
export const VERDICTS: Readonly<Record<Kind, Verdict>> = {
  a: 'code_regression',
  b: 'code_regression',
  c: 'code_regression',
  d: 'leak',
  e: 'leak',
  f: 'contention',
  g: 'code_regression',
  h: 'load_increase',
  i: 'no_change',
  j: 'moved',
  k: 'code_regression',
  l: 'code_regression',
  m: 'code_regression',
  n: 'code_regression',
  o: 'code_regression',
  p: 'code_regression',
  q: 'load_increase',
  r: 'code_regression',
  s: 'no_change',
  t: 'no_change',
  u: 'code_regression',
  v: 'moved',
  w: 'code_regression',
  x: 'code_regression',
  y: 'code_regression',
  z: 'code_regression',
  A: 'no_change',
  B: 'code_regression',
  C: 'no_change',
  D: 'contention',
  E: 'code_regression',
  F: 'moved',
  G: 'code_regression',
  H: 'load_increase',
  I: 'code_regression',
  J: 'no_change',
  K: 'leak',
  L: 'leak',
  M: 'no_change',
  N: 'no_change',
  P: 'code_regression',
  Q: 'load_increase',
};

/** Other honest answers to the innocent kinds. */
export const ACCEPTED: Readonly<Partial<Record<Kind, readonly Verdict[]>>> = {
  q: ['no_change', 'moved', 'inconclusive'],
  s: ['inconclusive'],
  t: ['load_increase', 'inconclusive'],
  v: ['no_change', 'inconclusive'],
  C: ['inconclusive'],
  F: ['no_change', 'load_increase', 'inconclusive'],
  H: ['no_change', 'moved', 'inconclusive'],
  J: ['inconclusive'],
  N: ['inconclusive'],
};

/** The correct result of an investigation. */
export interface Truth {
  verdict: Verdict;
  /** Functions that are a right answer; empty where no code is to blame. */
  functions: readonly string[];
  /** Own functions that call the culprit; a finding that names one must name the culprit in its sentence. */
  guiltyCallers: readonly string[];
  /** Further verdicts that are right answers. */
  acceptedVerdicts?: readonly Verdict[];
  /** Words by which the culprit of a library is known: one must stand in the answer. */
  maintainersWords?: readonly string[];
  /** Functions of each of several independent causes; each must be among the findings. */
  causes?: readonly (readonly string[])[];
  /** The label value that carries the change; null where all of the fleet has it. */
  label: { name: string; value: string } | null;
  /**
   * Names of labels that carry it as well where a deploy replaces all instances: any value of them is right.
   */
  acceptedLabels?: readonly string[];
  /** The instance that leaks, or `all` of them; left out where nothing tells. */
  leaksIn?: string;
  /** Start of the change, Unix ms. */
  since: number | null;
  /** Time at which it has reached all instances, where a deploy takes its time. */
  reachedAll?: number;
}

/** A question with its right answer. Windows are closed; the baseline ends 1 ms before the incident. */
export interface IncidentCase {
  id: string;
  kind: string;
  language: string;
  service: string;
  windows: { baseline: Window; incident: Window };
  truth: Truth;
  source: ProfileSource;
}

/**
 * How far the planted change stands out of the noise of one profile type, from the noise-free expectation.
 * `share`: the guilty functions' part of the active samples; `rate`: samples per profile.
 */
export interface Effect {
  profileTypeId: string;
  scale: 'share' | 'rate';
  before: number;
  after: number;
  /** (after − before) / (binomial or Poisson error × √phi), all of both windows. */
  se: number;
  /** Standard errors of the part with the change (a label value, a burst) against the whole baseline. */
  partSe: number;
}

export interface GeneratedCase extends IncidentCase {
  kind: Kind;
  language: LanguageName;
  seed: number;
  phi: number;
  /** Expected samples of CPU or wall-clock time, idle time left out. */
  samples: { baseline: number; incident: number };
  /** The lens that shows the culprit first; empty for a case without a change. */
  effects: readonly Effect[];
  /** Plan from which the profiles were sampled. */
  plan: { lenses: readonly LensPlan[]; snapshots: readonly Snapshot[] };
}
