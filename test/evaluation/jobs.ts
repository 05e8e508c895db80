import type { GeneratedCase, Kind } from './generator/case.js';
import { generateCase } from './generator/generate.js';
import { createRandom, logUniform } from './generator/random.js';
import { type Interval, type Judged, judge } from './score.js';

/** Classes of sizes: samples on the smaller side. */
export const SIZES = [
  { name: '300–1,000', least: 300, most: 1_000 },
  { name: '1,000–10,000', least: 1_000, most: 10_000 },
  { name: '10,000–100,000', least: 10_000, most: 100_000 },
] as const;
export type Size = (typeof SIZES)[number]['name'];

/** Kinds in which no code is to blame. */
export const INNOCENT_KINDS: readonly Kind[] = [
  'h',
  'i',
  'j',
  'q',
  's',
  't',
  'v',
  'A',
  'C',
  'F',
  'H',
  'J',
  'M',
  'N',
  'Q',
];
/** From so many standard errors on a planted change must be found. */
const PLAIN_ERRORS = 6;
/** A baseline has about this many times the samples of its incident, which is shorter. */
const BASELINE_TIMES = 2;

/** A case to be generated and judged. */
export interface Job {
  kind: Kind;
  seed: number;
}

/** Result of a judged case, as a worker returns it. */
export interface Outcome {
  id: string;
  kind: Kind;
  size: Size;
  /** The planted change stands out by 6 standard errors or more; null where no function is guilty. */
  plain: boolean | null;
  verdict: boolean;
  function: boolean;
  label: boolean;
  onset: boolean;
  /** The stated interval of the onset; null where none was stated or there is none. */
  interval: Interval | null;
  /** Whether every one of several changes that stand out is in the list; null for one change. */
  causes: boolean | null;
  accused: boolean;
  /** Profile types of the service, those that count the samples of another one left out. */
  types: number;
  tokens: number;
  requests: number;
  mostInFlight: number;
  ms: number;
  wrong: readonly string[];
}

/** Times as many cases of the kinds that a floor of their own rests on. */
function timesAsMany(kind: Kind): number {
  if (INNOCENT_KINDS.includes(kind)) return 10;
  return kind === 'u' ? 4 : 1;
}

/** The jobs of a run: `cases` of every kind, and more of some. */
export function listJobs(kinds: readonly Kind[], cases: number, from: number): Job[] {
  return kinds.flatMap((kind) => {
    const count = timesAsMany(kind) * cases;
    return Array.from({ length: count }, (_, index) => ({ kind, seed: from + index }));
  });
}

/** The case of a job: the sizes take turns. */
export function openCase({ kind, seed }: Job): GeneratedCase {
  const size = SIZES[seed % SIZES.length] ?? SIZES[0];
  const samples = BASELINE_TIMES * logUniform(createRandom(`size ${kind}:${seed}`), size.least, size.most);
  return generateCase(kind, seed, { samples });
}

export async function judgeJob(job: Job): Promise<Outcome> {
  const generated = openCase(job);
  return summarise(generated, await judge(generated));
}

function summarise(generated: GeneratedCase, { answer, score }: Judged): Outcome {
  const smaller = Math.min(generated.samples.baseline, generated.samples.incident);
  const size = SIZES.find(({ most }) => smaller < most) ?? SIZES[2];
  const errors = generated.effects[0]?.se ?? 0;
  const isPlain = generated.effects.every(({ se }) => se >= PLAIN_ERRORS);
  const hasSeveral = generated.truth.causes !== undefined;
  return {
    ...score,
    id: generated.id,
    kind: generated.kind,
    size: size.name,
    plain: generated.truth.functions.length === 0 ? null : errors >= PLAIN_ERRORS,
    causes: hasSeveral && isPlain ? score.causes : null,
    types: generated.plan.lenses.length,
    tokens: answer.tokens,
    requests: answer.requests,
    mostInFlight: answer.mostInFlight,
    ms: answer.ms,
  };
}
