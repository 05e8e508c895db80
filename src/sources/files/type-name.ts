import type { FileHead } from './file-head.js';

/** Name of a sample type without a name, since an id needs one. */
const UNNAMED = 'unnamed';

/** Type ids of the sample types of a file. */
export function listTypeIds(name: string, { sampleTypes, periodType }: FileHead): string[] {
  const period = `${idPart(periodType?.type ?? '')}:${idPart(periodType?.unit ?? '')}`;
  return sampleTypes.map(({ type, unit }) => `${name}:${idPart(type) || UNNAMED}:${idPart(unit)}:${period}`);
}

/** Replaces colons, which separate the parts of an id. */
function idPart(text: string): string {
  return text.replaceAll(':', '_');
}

/**
 * The name that agents and Pyroscope's ingestion give to such a profile. Block and mutex profiles of Go have
 * the same sample types: the period type, the stacks or else the file's name distinguish them.
 */
export function profileName(file: string, { sampleTypes, periodType, locks }: FileHead): string {
  const types = sampleTypes.map(({ type }) => type);
  const period = periodType?.type ?? '';
  const hasOnlySamples = types.every((type) => /^samples?$/.test(type));
  if (types.includes('time') && period === 'wallclock') return 'fgprof';
  if (types.includes('wall') || (hasOnlySamples && /^wall(?:clock)?$/.test(period))) return 'wall';
  if (types.some((type) => /^cpu(?:_samples)?$/.test(type)) || (hasOnlySamples && period === 'cpu'))
    return 'process_cpu';
  if (types.some((type) => /^(?:alloc|inuse|malloc)_|^(?:space|objects|live|live_bytes)$/.test(type)))
    return 'memory';
  if (types.some((type) => /^goroutines?$/.test(type))) return 'goroutine';
  if (types.includes('contentions') || types.includes('delay')) {
    if (period === 'block' || period === 'mutex') return period;
    const namedPart = file.split('/').findLast((part) => /mutex|block/i.test(part)) ?? '';
    return locks ?? (/block/i.test(namedPart) ? 'block' : 'mutex');
  }
  const name = types.find((type) => type !== '' && !/^samples?$/.test(type)) ?? types[0] ?? '';
  return idPart(name) || 'unknown';
}
