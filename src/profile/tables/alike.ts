/** Over-dispersion of shares in calm services (docs/develop/comparison.md §5): samples come in bursts. */
const PHI = 1.3;
/**
 * Normal deviate that chance exceeds once in a thousand times: several labels are looked at in one answer.
 */
const MAX_DEVIATE = 3.09;

/**
 * Whether shares that are counted in samples are the same but for chance: Pearson's χ² of homogeneity over φ,
 * against its distribution by the cube root (Wilson & Hilferty 1931).
 *
 * @param counts per group the samples that count and all samples
 */
export function areAlike(counts: readonly { counted: number; all: number }[]): boolean {
  const groups = counts.filter(({ all }) => all > 0);
  const all = groups.reduce((sum, group) => sum + group.all, 0);
  const share = all > 0 ? groups.reduce((sum, { counted }) => sum + counted, 0) / all : 0;
  const freedom = groups.length - 1;
  if (freedom < 1 || share <= 0 || share >= 1) return true;
  const pearson = groups.reduce(
    (sum, group) => sum + (group.counted - share * group.all) ** 2 / (group.all * share * (1 - share)),
    0,
  );
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(pearson / PHI / freedom) - (1 - spread)) / Math.sqrt(spread) < MAX_DEVIATE;
}
