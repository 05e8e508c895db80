import { countedSource, createRequests } from '../../../src/investigation/evidence/requests.js';
import { type GateQuestion, readGate } from '../../../src/investigation/gate/read-gate.js';
import { EXAMPLE_SHARE } from '../../../src/investigation/smallest.js';
import type { ToolContext } from '../../../src/query/context.js';
import type { GateKind, GateOutcome } from '../../../src/report/gate/gate-report.js';
import { createSchema } from '../../../src/schema/schema.js';
import { createRegistry } from '../../../src/sources/registry.js';
import type { GeneratedCase, Kind } from '../generator/case.js';
import { type GenerateOptions, generateCase, versionsWindow } from '../generator/generate.js';
import { createRandom, logUniform } from '../generator/random.js';
import { SIZES, type Size } from '../jobs.js';

/** Two windows of one version, or two versions in one window. */
export const PAIRS = ['windows', 'versions'] as const;
export type Pair = (typeof PAIRS)[number];

/** Kinds in which a function of the time profile becomes dearer, and those in which no code is to blame. */
export const GUILTY: readonly Kind[] = ['a', 'b', 'k', 'l', 'o'];
export const INNOCENT: readonly Kind[] = ['h', 'i', 'j'];

export interface GateJob {
  kind: Kind;
  pair: Pair;
  seed: number;
}

export interface GateResult {
  kind: Kind;
  pair: Pair;
  seed: number;
  size: Size;
  outcome: GateOutcome;
  /** Kinds of findings that closed the gate. */
  found: readonly GateKind[];
  verdict: string | null;
  /** Share of the culprit before, and the growth that was planted, as the gate said that it can see it. */
  planted: { before: number; growth: number } | null;
  /** Growth of a function with 5 % that the gate says it can see. */
  sees: number | null;
}

/** Growth that is a fault and no other service in its place. */
const MAX_GROWTH = 0.6;
const FAIL_ON: readonly GateKind[] = ['regression', 'leak', 'contention'];
const MIN_SHARE = 0.02;
/** A baseline has about this many times the samples of its incident, which is shorter. */
const BASELINE_TIMES = 2;

/**
 * Judges a pair. Of a guilty kind the same case is judged without its change first: what the gate then says
 * that it can see, of a function as large as the culprit, is planted.
 *
 * @returns null where the gate says that it would see no growth of the culprit
 */
export async function judgeJob(job: GateJob): Promise<GateResult | null> {
  const { kind, pair, seed } = job;
  const size = SIZES[seed % SIZES.length] ?? SIZES[0];
  const samples = BASELINE_TIMES * logUniform(createRandom(`size ${kind}:${seed}`), size.least, size.most);
  const made = (growth?: number) => {
    const options: GenerateOptions = { samples, versions: pair === 'versions' };
    return generateCase(kind, seed, growth === undefined ? options : { ...options, growth });
  };
  const common = { kind, pair, seed, size: size.name };
  if (!GUILTY.includes(kind)) {
    const { report } = await ask(made(), pair);
    return { ...common, ...told(report), planted: null };
  }
  const calm = made(0);
  const before = calm.effects[0]?.before ?? 0;
  const { seen } = await ask(calm, pair, before);
  if (seen === null || seen > MAX_GROWTH) return null;
  const { report } = await ask(made(seen), pair);
  return { ...common, ...told(report), planted: { before, growth: seen } };
}

function told({ outcome, checks, verdict, smallest }: Awaited<ReturnType<typeof readGate>>) {
  const kinds = checks.flatMap(({ kind, state }) => (state === 'found' ? [kind] : []));
  return {
    outcome,
    found: kinds,
    verdict,
    sees: smallest[0]?.growth?.find(({ share }) => share === EXAMPLE_SHARE)?.growth ?? null,
  };
}

/** @param share of a function, whose smallest visible growth is wanted, too */
async function ask(of: GeneratedCase, pair: Pair, share = 0) {
  const requests = createRequests();
  const source = countedSource(of.source, requests);
  const schema = createSchema(source);
  const context: ToolContext = {
    sources: createRegistry([{ name: null, source }]),
    getSchema: () => schema,
    now: () => of.windows.incident.to,
    signal: new AbortController().signal,
  };
  const version = (value: string) => [{ name: 'version', op: '=', value }] as const;
  const window = versionsWindow(of.windows);
  const sides =
    pair === 'windows'
      ? { window: of.windows.incident, matchers: [], baseline: { window: of.windows.baseline, matchers: [] } }
      : { window, matchers: version('v2'), baseline: { window, matchers: version('v1') } };
  const policy = { failOn: FAIL_ON, minShare: MIN_SHARE };
  const question: GateQuestion = {
    source,
    requests,
    service: of.service,
    policy,
    ...sides,
    examples: [share, EXAMPLE_SHARE],
  };
  const report = await readGate(question, context);
  const main = report.smallest.find(({ type }) => type.id === report.main?.id);
  return { report, seen: main?.growth?.find((row) => row.share === share)?.growth ?? null };
}
