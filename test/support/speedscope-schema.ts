import { SPEEDSCOPE_SCHEMA } from '../../src/profile/export/speedscope-file.js';

/**
 * Faults of a value under the published schema of speedscope's files (file-format-schema.json), as far as it
 * says something of files with sampled profiles.
 */
export function speedscopeProblems(value: unknown): string[] {
  const problems: string[] = [];
  const members = (of: unknown, name: string, required: readonly string[], optional: readonly string[]) => {
    if (typeof of !== 'object' || of === null || Array.isArray(of)) {
      problems.push(`${name} is no object`);
      return {};
    }
    const keys = Object.keys(of);
    for (const key of required) if (!keys.includes(key)) problems.push(`${name} lacks ${key}`);
    for (const key of keys)
      if (![...required, ...optional].includes(key)) problems.push(`${name} has ${key}`);
    return Object.fromEntries(Object.entries(of));
  };
  const list = (of: unknown, name: string): unknown[] => {
    if (Array.isArray(of)) return of;
    problems.push(`${name} is no list`);
    return [];
  };
  const isType = (of: unknown, type: string, name: string) => {
    if (of !== undefined && typeof of !== type) problems.push(`${name} is no ${type}`);
  };
  const file = members(
    value,
    'file',
    ['$schema', 'shared', 'profiles'],
    ['name', 'activeProfileIndex', 'exporter'],
  );
  if (file.$schema !== SPEEDSCOPE_SCHEMA) problems.push('another schema');
  isType(file.name, 'string', 'name');
  isType(file.exporter, 'string', 'exporter');
  isType(file.activeProfileIndex, 'number', 'activeProfileIndex');
  const frames = list(members(file.shared, 'shared', ['frames'], []).frames, 'frames');
  for (const frame of frames) {
    const { name, file: place, line, col } = members(frame, 'frame', ['name'], ['file', 'line', 'col']);
    isType(name, 'string', 'frame.name');
    isType(place, 'string', 'frame.file');
    isType(line, 'number', 'frame.line');
    isType(col, 'number', 'frame.col');
  }
  for (const entry of list(file.profiles, 'profiles')) {
    const fields = ['type', 'name', 'unit', 'startValue', 'endValue', 'samples', 'weights'];
    const profile = members(entry, 'profile', fields, []);
    if (profile.type !== 'sampled') problems.push('another type');
    isType(profile.name, 'string', 'profile.name');
    isType(profile.startValue, 'number', 'startValue');
    isType(profile.endValue, 'number', 'endValue');
    const units = ['bytes', 'microseconds', 'milliseconds', 'nanoseconds', 'none', 'seconds'];
    if (!units.includes(String(profile.unit))) problems.push('another unit');
    const samples = list(profile.samples, 'samples');
    const weights = list(profile.weights, 'weights');
    if (samples.length !== weights.length) problems.push('samples and weights differ');
    if (!weights.every((weight) => typeof weight === 'number' && weight > 0)) problems.push('a wrong weight');
    const total = weights.reduce<number>((sum, weight) => sum + Number(weight), 0);
    if (profile.endValue !== total) problems.push('endValue is not the sum of the weights');
    const isFrame = (index: unknown) =>
      typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < frames.length;
    if (!samples.every((sample) => list(sample, 'sample').every(isFrame))) problems.push('a wrong frame');
  }
  return problems;
}
