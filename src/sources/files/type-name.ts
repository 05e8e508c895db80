import type { FileHead } from './file-head.js';

/** Stands for a sample type without a name, which an id cannot hold. */
const UNNAMED = 'unnamed';

/** One type id for each sample type of a file. */
export function typeIdsOf(name: string, { sampleTypes, periodType }: FileHead): string[] {
  const period = `${idPart(periodType?.type ?? '')}:${idPart(periodType?.unit ?? '')}`;
  return sampleTypes.map(({ type, unit }) => `${name}:${idPart(type) || UNNAMED}:${idPart(unit)}:${period}`);
}

/** Parts of an id are told apart by colons. */
function idPart(text: string): string {
  return text.replaceAll(':', '_');
}

/**
 * The name that agents and Pyroscope's own ingestion give to such a profile. Block and mutex profiles of Go
 * have the same sample types: the period type, the stacks or else the file's name tell them apart.
 */
export function profileName(file: string, { sampleTypes, periodType, locks }: FileHead): string {
  const types = sampleTypes.map(({ type }) => type);
  const period = periodType?.type ?? '';
  const onlySamples = types.every((type) => /^samples?$/.test(type));
  if (types.includes('time') && period === 'wallclock') return 'fgprof';
  if (types.includes('wall') || (onlySamples && /^wall(?:clock)?$/.test(period))) return 'wall';
  if (types.some((type) => /^cpu(?:_samples)?$/.test(type)) || (onlySamples && period === 'cpu'))
    return 'process_cpu';
  if (types.some((type) => /^(?:alloc|inuse|malloc)_|^(?:space|objects|live|live_bytes)$/.test(type)))
    return 'memory';
  if (types.some((type) => /^goroutines?$/.test(type))) return 'goroutine';
  if (types.includes('contentions') || types.includes('delay')) {
    if (period === 'block' || period === 'mutex') return period;
    const telling = file.split('/').findLast((part) => /mutex|block/i.test(part)) ?? '';
    return locks ?? (/block/i.test(telling) ? 'block' : 'mutex');
  }
  const name = types.find((type) => type !== '' && !/^samples?$/.test(type)) ?? types[0] ?? '';
  return idPart(name) || 'unknown';
}
