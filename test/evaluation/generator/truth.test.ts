import { describe, expect, test } from 'vitest';
import { frameOwner } from '../../../src/profile/code/frames.js';
import { type GeneratedCase, KINDS, type Kind, VERDICTS } from './case.js';
import { generateCase, throughNames } from './generate.js';
import { expectedSamples, type LensPlan, type Snapshot } from './plan.js';

/**
 * Whether the truth of each kind is really in the data: everything is computed from the noise-free
 * expectation, by names and stacks, and not from what the generator says of its own effects.
 */

const SEEDS = Array.from({ length: 16 }, (_, seed) => seed);
const casesByKind = new Map<Kind, GeneratedCase[]>(
  KINDS.map((kind) => [kind, SEEDS.map((seed) => generateCase(kind, seed))]),
);
const listCases = (kind: Kind) => casesByKind.get(kind) ?? [];
type Choose = (at: Snapshot) => boolean;
const baseline: Choose = ({ side }) => side === 'baseline';
const incident: Choose = ({ side }) => side === 'incident';
const changed: Choose = ({ activation }) => activation > 0;

/** Warm-up, drift and load are nuisances of their own; without them the change stands alone. */
const calm = (at: Snapshot): Snapshot => ({ ...at, warmth: 0, progress: 0, load: 1 });
const loaded = (at: Snapshot): Snapshot => ({ ...at, warmth: 0, progress: 0 });

/** Expected samples per profile and stack, idle time left out, times an average pod. */
function rates({ plan }: GeneratedCase, lens: LensPlan, choose: Choose, prepare = calm): Float64Array {
  const sums = new Float64Array(lens.stacks.length);
  let weight = 0;
  for (const at of plan.snapshots.filter(choose)) {
    weight += at.podFactor;
    expectedSamples(lens, prepare(at)).forEach((mean, stack) => {
      if (lens.stacks[stack]?.role !== 'idle') sums[stack] = (sums[stack] ?? 0) + mean;
    });
  }
  return sums.map((sum) => sum / weight);
}

function sum(values: Float64Array, marked?: readonly boolean[]): number {
  return values.reduce((total, value, at) => total + (marked === undefined || marked[at] ? value : 0), 0);
}

function toLens({ plan }: GeneratedCase, name: string, type = ''): LensPlan {
  const lens = plan.lenses.find(
    (each) => each.name === name && each.types.some(({ id }) => id.includes(type)),
  );
  if (lens === undefined) throw new Error(`no lens ${name}`);
  return lens;
}

function computeTime({ plan }: GeneratedCase): LensPlan {
  const [lens] = plan.lenses;
  if (lens === undefined) throw new Error('no lens');
  return lens;
}

function share(
  generated: GeneratedCase,
  lens: LensPlan,
  marked: readonly boolean[],
  choose: Choose,
  prepare = calm,
): number {
  const values = rates(generated, lens, choose, prepare);
  return sum(values, marked) / sum(values);
}

/** Stacks that end in a function of this name. */
const endingIn = (lens: LensPlan, names: readonly string[]) =>
  lens.stacks.map(({ path }) => names.includes(path.at(-1)?.fn.name ?? ''));

const plantedPaths = (lens: LensPlan) =>
  lens.stacks.filter(({ planted }) => planted > 0).map(({ path }) => path);

test.each(KINDS)('kind %s has its verdict, and a culprit exactly where there is one', (kind) => {
  for (const { truth, windows } of listCases(kind)) {
    expect(truth.verdict).toBe(VERDICTS[kind]);
    expect(truth.functions.length > 0).toBe(kind !== 'h' && kind !== 'i');
    if (kind === 'i') expect(truth.since).toBeNull();
    else expect(truth.since !== null && truth.since >= windows.incident.from).toBe(true);
    expect(truth.since ?? 0).toBeLessThan(windows.incident.to);
    expect(truth.label !== null).toBe(kind === 'g');
  }
});

test.each(KINDS)(
  'kind %s: nothing is planted before the onset, and three profiles or more show it (of a burst two)',
  (kind) => {
    for (const generated of listCases(kind)) {
      const { plan, truth } = generated;
      const early = plan.snapshots.filter(({ time }) => truth.since === null || time < truth.since);
      expect(early.every(({ activation }) => activation === 0)).toBe(true);
      if (kind === 'h' || kind === 'i') continue;
      const times = new Set(plan.snapshots.filter(changed).map(({ time }) => time));
      expect(times.size, generated.id).toBeGreaterThanOrEqual(kind === 'n' ? 2 : 3);
    }
  },
);

describe.each(['a', 'b', 'g', 'k', 'l', 'm', 'n', 'o'] as const)('kind %s', (kind) => {
  test('the guilty function grows, as stated, and all of the growth is its own', () => {
    for (const generated of listCases(kind)) {
      const lens = computeTime(generated);
      const guilty = throughNames(lens, generated.truth.functions);
      const [before, after] = [
        share(generated, lens, guilty, baseline),
        share(generated, lens, guilty, incident),
      ];
      const [effect] = generated.effects;
      expect(after - before, generated.id).toBeGreaterThan(0.01);
      const asIs = (at: Snapshot) => at;
      expect(share(generated, lens, guilty, baseline, asIs)).toBeCloseTo(effect?.before ?? 0, 9);
      expect(share(generated, lens, guilty, incident, asIs)).toBeCloseTo(effect?.after ?? 0, 9);
      const others = guilty.map((is) => !is);
      const ratio =
        sum(rates(generated, lens, incident), others) / sum(rates(generated, lens, baseline), others);
      expect(ratio, generated.id).toBeCloseTo(1, 9);
    }
  });

  test('the caller calls it directly', () => {
    for (const { plan, truth } of listCases(kind)) {
      for (const path of plantedPaths(
        plan.lenses[0] ?? { name: '', types: [], stacks: [], phi: 1, capacity: null },
      )) {
        const at = path.findIndex(({ fn }) => fn.name === truth.functions[0]);
        expect(path[at - 1]?.fn.name).toBe(truth.guiltyCallers[0]);
      }
    }
  });
});

test('(a) the growth is own cost of a function that was there; (b) it lies in leaves of others', () => {
  for (const kind of ['a', 'b'] as const) {
    for (const generated of listCases(kind)) {
      const lens = computeTime(generated);
      const guilty = endingIn(lens, generated.truth.functions);
      const growth = share(generated, lens, guilty, incident) - share(generated, lens, guilty, baseline);
      if (kind === 'a') {
        expect(share(generated, lens, guilty, baseline)).toBeGreaterThan(0);
        expect(growth).toBeGreaterThan(0.01);
      } else {
        expect(growth).toBeLessThanOrEqual(1e-9);
        for (const path of plantedPaths(lens))
          expect(frameOwner(path.at(-1)?.fn ?? noFunction)).not.toBe('application');
      }
    }
  }
});

const noFunction = { name: '', file: '', startLine: 0, isSymbolised: false };

test('(c) the site grows in the allocations, on the CPU only the collector', () => {
  for (const generated of listCases('c')) {
    const alloc = toLens(generated, 'memory', 'alloc');
    const site = throughNames(alloc, generated.truth.functions);
    expect(share(generated, alloc, site, incident) - share(generated, alloc, site, baseline)).toBeGreaterThan(
      0.05,
    );
    const time = computeTime(generated);
    const collector = time.stacks.map(({ role }) => role === 'collector');
    expect(share(generated, time, collector, incident)).toBeGreaterThan(
      share(generated, time, collector, baseline) + 0.02,
    );
    expect(generated.effects[0]?.profileTypeId).toMatch(/alloc/);
    const rest = rates(generated, time, incident);
    const ratio = time.stacks.flatMap(({ role, scales, mean }, at) =>
      role === 'work' && scales && mean > 0 ? (rest[at] ?? 0) / mean : [],
    );
    expect(Math.max(...ratio) - Math.min(...ratio)).toBeLessThan(1e-6);
  }
});

test.each(['d', 'e'] as const)(
  '(%s) every instance rises over three profiles or more, to twice its size',
  (kind) => {
    for (const generated of listCases(kind)) {
      const lens = kind === 'd' ? toLens(generated, 'goroutine') : toLens(generated, 'memory', 'inuse');
      const guilty = throughNames(lens, generated.truth.functions);
      const pods = new Set(generated.plan.snapshots.map(({ labels }) => labels.pod));
      for (const pod of pods) {
        const podSnapshots = generated.plan.snapshots.filter(({ labels }) => labels.pod === pod);
        const totals = podSnapshots.map((at) => sum(expectedSamples(lens, calm(at))));
        const rising = podSnapshots.filter(changed).map((at) => sum(expectedSamples(lens, at), guilty));
        expect(rising.length, generated.id).toBeGreaterThanOrEqual(3);
        expect(rising.every((value, at) => at === 0 || value > (rising[at - 1] ?? 0))).toBe(true);
        const before = totals[podSnapshots.findLastIndex(baseline)] ?? 0;
        const last = totals.at(-1) ?? 0;
        expect(last / before, generated.id).toBeGreaterThan(2);
        expect((rising.at(-1) ?? 0) / (last - before)).toBeGreaterThan(0.5);
      }
      const cpu = computeTime(generated);
      expect(sum(rates(generated, cpu, incident)) / sum(rates(generated, cpu, baseline))).toBeCloseTo(1, 1);
    }
  },
);

test('(f) one site waits many times longer while the CPU stays flat', () => {
  for (const generated of listCases('f')) {
    for (const name of ['mutex', 'block']) {
      const lens = toLens(generated, name);
      const per = lens.types.find(({ id }) => id.includes('delay'))?.per ?? new Float64Array();
      const guilty = throughNames(lens, generated.truth.functions);
      const delay = (choose: Choose) =>
        sum(
          rates(generated, lens, choose).map((rate, at) => rate * (per[at] ?? 0)),
          guilty,
        );
      expect(delay(changed) / delay(baseline), generated.id).toBeGreaterThan(4);
    }
    const cpu = computeTime(generated);
    expect(sum(rates(generated, cpu, incident)) / sum(rates(generated, cpu, baseline))).toBeCloseTo(1, 1);
  }
});

test('(g) the label carries the change, its siblings have none at the same time, ties go to the version', () => {
  for (const generated of Array.from({ length: 40 }, (_, seed) => generateCase('g', seed))) {
    const { label, since } = generated.truth;
    if (label === null || since === null) throw new Error('no label');
    const lens = computeTime(generated);
    const guilty = throughNames(lens, generated.truth.functions);
    const later: Choose = ({ time }) => time >= since;
    const has: Choose = ({ labels }) => labels[label.name] === label.value;
    const inside = share(generated, lens, guilty, (at) => later(at) && has(at));
    const siblings = share(generated, lens, guilty, (at) => later(at) && !has(at));
    const before = share(generated, lens, guilty, baseline);
    expect(inside - before, generated.id).toBeGreaterThan(0.02);
    expect(Math.abs(siblings - before), generated.id).toBeLessThan(1e-9);
    const better = ['version', 'region', 'pod'].slice(0, ['version', 'region', 'pod'].indexOf(label.name));
    const after = generated.plan.snapshots.filter(later);
    for (const name of better) {
      const values = new Set(after.filter(has).map(({ labels }) => labels[name]));
      const exact = after.every((at) => has(at) || !values.has(at.labels[name]));
      expect(values.size === 1 && exact, `${generated.id} ties with ${name}`).toBe(false);
    }
  }
});

test('(h) all work grows alike with the load, fixed costs stay, nobody is to blame', () => {
  for (const generated of listCases('h')) {
    const { since } = generated.truth;
    const lens = computeTime(generated);
    const before = rates(generated, lens, baseline, loaded);
    const after = rates(generated, lens, ({ time }) => time >= (since ?? 0), loaded);
    const ratios = (wanted: boolean) =>
      lens.stacks.flatMap(({ scales, role }, at) =>
        role !== 'idle' && role !== 'warmup' && scales === wanted ? (after[at] ?? 0) / (before[at] ?? 1) : [],
      );
    expect(Math.max(...ratios(true)) - Math.min(...ratios(true))).toBeLessThan(1e-9);
    expect(Math.min(...ratios(true))).toBeGreaterThanOrEqual(1.3 - 1e-9);
    expect(Math.max(...ratios(true))).toBeLessThanOrEqual(4);
    for (const ratio of ratios(false)) expect(ratio).toBeCloseTo(1, 9);
  }
});

test('(i) no stack changes beyond a drift that lies within the noise', () => {
  for (const generated of listCases('i')) {
    for (const lens of generated.plan.lenses) {
      const still = (at: Snapshot): Snapshot => ({ ...at, warmth: 0 });
      const [before, after] = [
        rates(generated, lens, baseline, still),
        rates(generated, lens, incident, still),
      ];
      const [b, a] = [sum(before), sum(after)];
      // A cache may fill; then live memory is larger, but below what a leak is.
      const fills = lens.stacks.some(({ level }) => level !== undefined);
      expect(Math.abs(a / b - 1), generated.id).toBeLessThan(fills ? 1 : 0.06);
      if (fills) continue;
      before.forEach((value, at) => {
        expect(Math.abs((after[at] ?? 0) / a - value / b), generated.id).toBeLessThan(0.02);
      });
    }
    expect(generated.plan.snapshots.every(({ activation }) => activation === 0)).toBe(true);
  }
});

test('(j) what goes comes under another name: the total and everything else stay', () => {
  for (const generated of listCases('j')) {
    for (const lens of generated.plan.lenses) {
      const [before, after] = [rates(generated, lens, baseline), rates(generated, lens, changed)];
      const fills = lens.stacks.some(({ level }) => level !== undefined);
      if (!fills) expect(sum(after) / sum(before), generated.id).toBeCloseTo(1, 9);
      if (fills) continue;
      const gone = lens.stacks.map(({ vanishes }) => vanishes === true);
      const came = lens.stacks.map(({ planted }) => planted > 0);
      expect(sum(before, gone)).toBeCloseTo(sum(after, came), 6);
      expect(sum(after, gone)).toBeCloseTo(0, 9);
    }
    const [effect] = generated.effects;
    expect(effect?.after).toBeGreaterThan(0.02);
  }
});

test('(k) the recursion goes deeper; (l) no child holds the growth; (m) waiting dominates', () => {
  for (const { plan, truth } of listCases('k')) {
    const depths = plantedPaths(plan.lenses[0] ?? emptyLens).map(
      (path) => path.filter(({ fn }) => fn.name === truth.functions[0]).length,
    );
    expect(Math.min(...depths)).toBeGreaterThanOrEqual(8);
  }
  for (const { plan } of listCases('l')) {
    const planted = (plan.lenses[0] ?? emptyLens).stacks
      .map((stack) => stack.planted)
      .filter((mass) => mass > 0);
    const all = planted.reduce((total, mass) => total + mass, 0);
    expect(planted.length).toBeGreaterThanOrEqual(14);
    expect(Math.max(...planted) / all).toBeLessThan(0.35);
  }
  for (const generated of listCases('m')) {
    const lens = computeTime(generated);
    expect(lens.name).toBe('wall');
    const active = sum(rates(generated, lens, baseline));
    expect(active / (lens.capacity ?? 0)).toBeLessThan(0.2);
  }
});

const emptyLens: LensPlan = { name: '', types: [], stacks: [], phi: 1, capacity: null };

test('(n) the burst is one stretch of part of the window, and over after it', () => {
  const lengths = listCases('n').map(({ id, plan }) => {
    const inside = plan.snapshots.filter(incident);
    const times = inside.filter(changed).map(({ time }) => time);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    expect(
      inside.every((at) => (at.time >= first && at.time <= last) === changed(at)),
      id,
    ).toBe(true);
    return times.length / inside.length;
  });
  expect(Math.max(...lengths)).toBeLessThan(0.75);
});

test('(o) an innocent function is larger than the guilty one, before and after', () => {
  let decoys = 0;
  const cases = listCases('o');
  for (const generated of cases) {
    const lens = computeTime(generated);
    const guilty = throughNames(lens, generated.truth.functions);
    const innocent = new Set(
      lens.stacks
        .flatMap(({ path }, at) => (guilty[at] ? [] : path.map(({ fn }) => fn)))
        .filter((fn) => frameOwner(fn) === 'application'),
    );
    for (const [at, { path }] of lens.stacks.entries())
      if (guilty[at]) for (const { fn } of path) innocent.delete(fn);
    const sizes = [...innocent].map((fn) => share(generated, lens, throughNames(lens, [fn.name]), baseline));
    if (Math.max(...sizes) > 0.24) decoys++;
  }
  expect(decoys).toBeGreaterThanOrEqual(cases.length - 1);
});

describe('restarts without labels of instances', () => {
  test.each(['J', 'P'] as const)('kind %s: no profile names one, and some name a version', (kind) => {
    const labels = SEEDS.map((seed) => generateCase(kind, seed).plan.snapshots.map((at) => at.labels));
    expect(labels.flat().some(({ pod }) => pod !== undefined)).toBe(false);
    const withVersions = labels.filter((all) => all.some(({ version }) => version !== undefined));
    expect(withVersions.length).toBeGreaterThan(0);
    expect(withVersions.length).toBeLessThan(SEEDS.length);
  });

  test('kind N: all instances of the incident are new, and sent profiles before it or all along', () => {
    for (const seed of SEEDS) {
      const { plan, windows } = generateCase('N', seed);
      const firsts = new Map<string, number>();
      for (const { labels, time } of plan.snapshots)
        firsts.set(labels.pod ?? '', Math.min(firsts.get(labels.pod ?? '') ?? time, time));
      const running = plan.snapshots.filter(({ side }) => side === 'incident');
      const earliest = Math.min(...running.map(({ labels }) => firsts.get(labels.pod ?? '') ?? 0));
      expect(earliest).toBeLessThan(windows.incident.from);
    }
  });
});
