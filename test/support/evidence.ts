import type { LensReadings } from '../../src/investigation/evidence/evidence.js';
import type { LevelLens } from '../../src/investigation/evidence/levels.js';
import type { ShareChange, ShareLens } from '../../src/investigation/evidence/shares.js';
import type { WaitLens } from '../../src/investigation/evidence/waits.js';
import { GATE } from '../../src/investigation/thresholds.js';
import { analyse } from '../../src/profile/compare/analysis.js';
import type { Attribution } from '../../src/profile/compare/attribution.js';
import { describeCulprit } from '../../src/profile/compare/culprit.js';
import { growthBetween } from '../../src/profile/compare/growth.js';
import type { LoadChange } from '../../src/profile/compare/load.js';
import { buildContrast, type Run, wholeRun } from '../../src/profile/contrast/runs.js';
import { secondsPerUnit } from '../../src/text/units.js';
import { findFunction, profileFrom, type Stacks } from './contrast.js';
import { INCIDENT, START } from './small-service.js';
import { type Alias, toLens } from './type-ids.js';

// Evidence as the readers of profile types hand it to the rules that conclude: real profiles of a few stacks,
// with the one number that a rule looks at set by the test.

const MINUTE = 60_000;
const HOUR: Stacks = {
  'main serve price': 100,
  'main serve stock': 300,
  'main poll': 400,
  'runtime.gc': 100,
};
const counted = (stacks: Stacks) => ({ profile: profileFrom(stacks), profiles: 1 });

export interface ChangeEvidence {
  /** Function that is accused; it must be in the profiles. */
  culprit?: string;
  /** Distance from noise in standard errors. */
  z?: number;
  /** Seconds per profile that the change added, for types that measure time. */
  addedSeconds?: number;
  /** Function that lost the cost: the change is a move. */
  from?: string;
  run?: Partial<Run>;
  carrier?: Partial<Attribution>;
  ties?: readonly Partial<Attribution>[];
}

export interface ShareEvidence {
  before?: Stacks;
  after?: Stacks;
  change?: ChangeEvidence;
  load?: Partial<LoadChange>;
  isPartly?: boolean;
  samples?: { before: number; after: number };
  /** Parts of the incident. */
  parts?: number;
  /** Function of new instances that still warms up. */
  unsettled?: string;
}

/** A profile every five minutes. */
const ROUNDS = {
  series: [
    {
      labels: {},
      points: Array.from({ length: 15 }, (_, at) => ({
        time: START + (at - 12.5) * 5 * MINUTE,
        value: 1,
      })),
    },
  ],
  stepMs: 5_000,
};

const NO_RISE: LoadChange = {
  ratio: 1,
  risen: 1,
  z: 0,
  hasRisen: false,
  hasFallen: false,
  noise: { told: 1, unlucky: 1 },
};

/** A profile type whose shares were compared. */
export function shareEvidence(alias: Alias, evidence: ShareEvidence = {}): ShareLens {
  const { before = HOUR, after = before, load = {}, isPartly = false, parts = 2 } = evidence;
  const reading = {
    baseline: [before, before].map(counted),
    incident: Array.from({ length: parts }, () => counted(after)),
    slices: [],
    quantum: 1,
  };
  const analysed = analyse(reading);
  const analysis = {
    ...analysed,
    load: { ...NO_RISE, ...load },
    isPartly,
    samples: evidence.samples ?? analysed.samples,
  };
  const lens = toLens(alias);
  const share = { lens, analysis, isEstimated: false, notes: [], profileTimes: ROUNDS };
  const length = (INCIDENT.to - INCIDENT.from) / parts;
  const windows = {
    baseline: [-2, -1].map((part) => ({
      from: START + part * 30 * MINUTE,
      to: START + (part + 1) * 30 * MINUTE - 1,
    })),
    incident: Array.from({ length: parts }, (_, part) => ({
      from: START + part * length,
      to: START + (part + 1) * length - 1,
    })),
  };
  const bare: ShareLens = {
    ...share,
    windows,
    change: null,
    further: [],
    gate: GATE,
    settledFrom: null,
    unsettled: evidence.unsettled === undefined ? null : { name: evidence.unsettled, from: START },
  };
  return evidence.change === undefined ? bare : { ...bare, change: buildChange(bare, evidence.change) };
}

function buildChange({ analysis, lens }: ShareLens, evidence: ChangeEvidence): ShareChange {
  const { culprit: name = 'price', z = 9, addedSeconds, from, carrier, ties = [] } = evidence;
  const run = { ...wholeRun(analysis), ...evidence.run };
  const contrast = buildContrast(analysis, run);
  const culprit = describeCulprit(contrast, analysis.universe, findFunction(analysis, name));
  const growth =
    addedSeconds === undefined ? culprit.growth : addedSeconds / (secondsPerUnit(lens.type.unit) ?? 1);
  const rows = [...(carrier === undefined ? [] : [carrier]), ...ties].map(buildAttribution);
  return {
    analysis,
    universe: analysis.universe,
    leftOut: new Set(),
    contrast,
    run,
    culprit: { ...culprit, z, growth },
    from: from === undefined ? null : findFunction(analysis, from),
    slice: null,
    attribution: rows,
    carrier: carrier === undefined ? null : (rows[0] ?? null),
  };
}

function buildAttribution(row: Partial<Attribution>): Attribution {
  return {
    label: 'pod',
    value: 'a',
    x: 40,
    n: 100,
    shareBefore: 0.1,
    shareAfter: 0.4,
    shareOthers: 0.1,
    ofTotal: 0.38,
    othersOfTotal: 0.09,
    z: 8,
    carries: true,
    ...row,
  };
}

export interface GrowthEvidence {
  /** Level or waiting time per profile. */
  before?: number | null;
  after?: number | null;
  /** Stacks at the ends of both windows, where something grew. */
  hasGrown?: { from: Stacks; to: Stacks };
}

const SINCE = { after: START, before: START + MINUTE };

function siteGrowth({ from, to }: { from: Stacks; to: Stacks }) {
  const { site, ...sides } = growthBetween(counted(from), counted(to));
  if (site === null) throw new Error('no function holds half of the growth');
  return { ...sides, site };
}

/** A profile type that shows a state at a moment, leaking where `grew` is given. */
export function levelEvidence(
  alias: Alias,
  { before = 10, after = 10, hasGrown, isHidden = false }: GrowthEvidence & { isHidden?: boolean } = {},
): LevelLens {
  const leak =
    hasGrown === undefined
      ? null
      : {
          ...{ before: before ?? 0, after: after ?? 0, since: SINCE },
          ...{ growth: siteGrowth(hasGrown), instance: null, isHidden },
        };
  return { lens: toLens(alias), before, after, leak, rise: null, smallestHidden: null };
}

/**
 * A profile type that measures waiting for locks, in seconds per profile, contended where `grew` is given.
 */
export function waitEvidence(
  alias: Alias,
  { before = 0.1, after = 0.1, hasGrown, waiters }: GrowthEvidence & { waiters?: 'leak' | 'queue' } = {},
): WaitLens {
  const [was, is] = [before ?? 0, after ?? 0];
  const contention =
    hasGrown === undefined
      ? null
      : {
          ...{ growth: siteGrowth(hasGrown), added: is - was, since: SINCE },
          ...(waiters === undefined ? {} : { waiters }),
        };
  return {
    lens: toLens(alias),
    before: was,
    after: is,
    later: is,
    usual: was,
    withoutStall: null,
    contention,
    dismissed: null,
  };
}

export interface ReadingEvidence {
  shares?: readonly ShareLens[];
  levels?: readonly LevelLens[];
  waits?: readonly WaitLens[];
  collector?: LensReadings['collector'];
  /** Profiles of every type in the baseline. */
  profilesBefore?: number;
  /** Types that were not read beyond their totals. */
  unread?: readonly Alias[];
}

/** Everything that was read of a service. */
export function buildReading({
  shares = [],
  levels = [],
  waits = [],
  collector = null,
  profilesBefore = 60,
  unread = [],
}: ReadingEvidence): LensReadings {
  const lenses = [...[...shares, ...levels, ...waits].map(({ lens }) => lens), ...unread.map(toLens)];
  const totals = lenses.map((lens) => ({
    lens,
    before: { profiles: profilesBefore, value: 100 * profilesBefore },
    after: { profiles: 15, value: 1_500 },
    instances: null,
    times: { series: [], stepMs: 60_000 },
  }));
  return { totals, shares, levels, waits, wholes: [], same: [], collector };
}
