import { describe, expect, test } from 'vitest';
import { frameOwner } from '../../../src/profile/code/frames.js';
import { isIdleFrame } from '../../../src/profile/code/idle.js';
import { parseProfileType } from '../../../src/profile/types/types.js';
import { KINDS } from './case.js';
import { generateCase } from './generate.js';
import { LANGUAGES } from './languages/index.js';

const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7];
const languages = Object.values(LANGUAGES);

describe.each(languages)('$name', (language) => {
  test('libraries, runtime, collector and background are nobody of the team', () => {
    const { entries, libraries, leaves, background, collector, idle } = language;
    const foreign = [entries, libraries, leaves, background, collector, idle].flat(2).map(({ fn }) => fn);
    expect(foreign.filter((fn) => frameOwner(fn) === 'application').map(({ name }) => name)).toEqual([]);
  });

  test('all spellings of the team are the application, renamed ones, too', () => {
    for (let variant = 0; variant < 12; variant++) {
      const project = { service: 'auth-gateway', domain: 'auth', variant };
      for (let startLine = 8; startLine < 16; startLine++) {
        const fn = language.app(project, { area: 'search', noun: 'Token', verb: 'select', startLine });
        expect([fn.name, frameOwner(fn)]).toEqual([fn.name, 'application']);
        expect(frameOwner(language.renamed(fn))).toBe('application');
        expect(language.renamed(fn).name).not.toBe(fn.name);
      }
      expect(language.middleware(project).length).toBeGreaterThan(2);
    }
  });

  test('only threads that wait for work are idle', () => {
    const getLeaf = (path: (typeof language.idle)[number]) => path.at(-1)?.fn;
    for (const path of language.idle) {
      const leaf = getLeaf(path);
      expect(leaf !== undefined && isIdleFrame(leaf, true)).toBe(true);
    }
    for (const path of [...language.libraries, ...language.leaves]) {
      expect(path.filter(({ fn }, at) => isIdleFrame(fn, at === path.length - 1))).toEqual([]);
    }
  });
});

test.each(KINDS)('kind %s: the guilty functions are the application, at one place, and not idle', (kind) => {
  for (const seed of SEEDS) {
    const { truth, plan } = generateCase(kind, seed);
    const frames = plan.lenses.flatMap(({ stacks }) => stacks.flatMap(({ path }) => path));
    for (const name of truth.functions) {
      const functions = new Set(frames.filter(({ fn }) => fn.name === name).map(({ fn }) => fn));
      expect(functions.size).toBe(1);
      for (const fn of functions) expect([name, frameOwner(fn)]).toEqual([name, 'application']);
    }
    for (const { stacks } of plan.lenses.filter(({ capacity }) => capacity !== null)) {
      const active = stacks.filter(({ role }) => role !== 'idle');
      const idle = active.filter(({ path }) =>
        path.slice(-4).some(({ fn }) => isIdleFrame(fn, fn === path.at(-1)?.fn)),
      );
      expect(idle.map(({ path }) => path.map(({ fn }) => fn.name))).toEqual([]);
    }
  }
});

test('every type is one that profilers emit', () => {
  const ids = KINDS.flatMap((kind) => SEEDS.flatMap((seed) => generateCase(kind, seed).plan.lenses)).flatMap(
    ({ types }) => types.map(({ id }) => id),
  );
  const aliases = new Set(ids.map((id) => parseProfileType(id)?.alias));
  expect([...aliases].sort()).toEqual(
    [
      'alloc',
      'alloc_objects',
      'block',
      'block_contentions',
      'cpu',
      'cpu_samples',
      'goroutines',
      'inuse',
      'inuse_objects',
      'mutex',
      'mutex_contentions',
      'wall',
      'wall_samples',
    ].sort(),
  );
});
