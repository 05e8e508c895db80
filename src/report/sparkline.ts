const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** No profile, so no value. */
const NOTHING = '·';

/** Draws a character per value, from 0 to the largest; a dot stands for a missing value. */
export function drawSparkline(values: readonly (number | null)[]): string {
  const max = Math.max(0, ...values.map((value) => value ?? 0));
  return values
    .map((value) => {
      if (value === null) return NOTHING;
      const level = max > 0 ? Math.ceil((Math.max(0, value) / max) * BARS.length) : 0;
      return BARS[Math.max(0, level - 1)] ?? BARS[0];
    })
    .join('');
}
