/** A number of samples in whole ones; null where it is not known. */
export function wholeSamples(samples: number | null): number | null {
  return samples === null ? null : Math.round(samples);
}

/** `, 420 samples`, or `, about 2194 samples`; nothing where they are not known. */
export function samplesText({
  samples,
  isEstimated,
}: {
  samples: number | null;
  isEstimated: boolean;
}): string {
  return samples === null ? '' : `, ${isEstimated ? 'about ' : ''}${Math.round(samples)} samples`;
}
