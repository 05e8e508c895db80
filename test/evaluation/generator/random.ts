/**
 * Seeded random numbers for the generator: no clock, no `Math.random`, so that a case can be made again from
 * its kind and seed.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Mulberry32, a 32-bit generator of good enough quality for test data; the key may be any text. */
export function createRandom(key: string): Random {
  let state = hashText(key);
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** FNV-1a with a final mix, so that neighbouring seeds give unrelated streams. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function uniform(random: Random, from: number, to: number): number {
  return from + (to - from) * random.next();
}

/** Whole number, both ends included. */
export function integer(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1));
}

/** Equal chances per factor, not per unit: sizes of services and of faults span orders of magnitude. */
export function logUniform(random: Random, from: number, to: number): number {
  return from * (to / from) ** random.next();
}

export function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random.next() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** `count` different items in random order, all of them where there are fewer. */
export function pickSome<T>(random: Random, items: readonly T[], count: number): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ item }) => item);
}

/** Standard normal, by Box and Muller (1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Gamma with mean `shape * scale`, by Marsaglia and Tsang (2000), with their boost for shapes below 1. */
export function gamma(random: Random, shape: number, scale = 1): number {
  if (shape < 1) return gamma(random, shape + 1, scale) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < x * x * 0.5 + d - d * v + d * Math.log(v))
      return d * v * scale;
  }
}

/**
 * Poisson: multiplication of uniforms (Knuth) for small means, transformed rejection PTRS (Hörmann 1993)
 * else.
 */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean < 30) {
    const limit = Math.exp(-mean);
    let product = random.next();
    let count = 0;
    while (product > limit) {
      product *= random.next();
      count++;
    }
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const limit = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.next() - 0.5;
    const v = 1 - random.next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= limit) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const accepted = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (accepted <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

/** ln k!, exact sums for small k and Stirling's series above (error below 1e-8). */
function logFactorial(k: number): number {
  if (k < 10) {
    let sum = 0;
    for (let i = 2; i <= k; i++) sum += Math.log(i);
    return sum;
  }
  const n = k + 1;
  return (n - 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

/**
 * A count with variance `phi * mean`: Poisson with a gamma-mixed mean (negative binomial). With one `phi` for
 * all stacks, sums over stacks keep the same over-dispersion, and given their total the counts are
 * Dirichlet-multinomial: a function's share has `phi` times the binomial variance at every level of the tree.
 */
export function overdispersed(random: Random, mean: number, phi: number): number {
  if (mean <= 0) return 0;
  return poisson(random, phi > 1 ? gamma(random, mean / (phi - 1), phi - 1) : mean);
}
