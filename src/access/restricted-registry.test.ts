import { describe, expect, test } from 'vitest';
import { teamsSource } from '../../test/support/two-teams.js';
import { UpstreamError, UserError } from '../errors.js';
import { createRegistry, type ListedSource, type SourceFinder } from '../sources/registry.js';
import { restrictRegistry } from './restricted-registry.js';

const SIGNAL = new AbortController().signal;

function source(uid: string, name = uid) {
  return { ...teamsSource([]), uid, name };
}

/** Sources of a Grafana of which some are disabled, and a finder that names all of them in its errors. */
function finder(rows: readonly ListedSource[]): SourceFinder {
  return {
    list: async () => rows,
    lookAgain: async () => {},
    explainNone: async () => ({
      message: `There is: ${rows.map(({ name }) => name).join()}`,
      next: 'betaNext',
    }),
    close: async () => {},
  };
}

function row(uid: string, isEnabled = true): ListedSource {
  const listed = source(uid, `name-${uid}`);
  const obstacle = isEnabled ? null : { message: `${uid} is disabled`, next: 'enable it' };
  const { name, kind } = listed;
  return { name, uid, kind, enabled: isEnabled, source: isEnabled ? listed : null, obstacle };
}

const ROWS = [row('beta-1'), row('alpha-1'), row('alpha-2'), row('beta-off', false), row('alpha-off', false)];

function scene(allowed: readonly string[] | null, rows: readonly ListedSource[] = ROWS) {
  return restrictRegistry(createRegistry([{ name: null, finder: finder(rows) }]), allowed);
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (!(error instanceof UserError)) throw new Error(`no refusal: ${JSON.stringify(error)}`);
  return `${error.message} ${error.next}`;
}

describe('a restricted registry', () => {
  const registry = scene(['alpha-1', 'name-alpha-2', 'alpha-off']);

  test('lists the allowed sources, by uid or name, the first as the default', async () => {
    const { sources, defaultSource, failures } = await registry.overview(SIGNAL);
    expect(sources.map(({ uid }) => uid)).toEqual(['alpha-1', 'alpha-2', 'alpha-off']);
    expect(defaultSource?.uid).toBe('alpha-1');
    expect(failures).toEqual([]);
    expect((await registry.all(SIGNAL)).map(({ uid }) => uid)).toEqual(['alpha-1', 'alpha-2']);
    expect((await registry.pick(undefined, SIGNAL)).uid).toBe('alpha-1');
    expect(await registry.isDefault(await registry.pick('alpha-1', SIGNAL), SIGNAL)).toBe(true);
    expect(await registry.isDefault(await registry.pick('alpha-2', SIGNAL), SIGNAL)).toBe(false);
  });

  test.each(['alpha-2', 'name-alpha-2', 'NAME-ALPHA-2'])('picks %s', async (name) => {
    expect((await registry.pick(name, SIGNAL)).uid).toBe('alpha-2');
  });

  test.each(['beta-1', 'name-beta-1', 'beta-off', 'nobody'])(
    'knows no %s, and names the allowed ones',
    async (name) => {
      expect(await failure(registry.pick(name, SIGNAL))).toBe(
        `There is no data source "${name}". Leave \`source\` out or use one of: name-alpha-1, name-alpha-2.`,
      );
    },
  );

  test('explains an allowed source that is disabled', async () => {
    expect(await failure(registry.pick('alpha-off', SIGNAL))).toBe('alpha-off is disabled enable it');
  });

  test.each([
    ['nothing is allowed', [], ROWS],
    ['the allowed one is not there', ['gone'], ROWS],
    ['the allowed one is disabled', ['alpha-off'], ROWS],
    ['there is nothing at all', ['alpha-1'], []],
  ])('names no other source where %s', async (_name, allowed, rows) => {
    const empty = scene(allowed, rows);
    const { sources, defaultSource, failures } = await empty.overview(SIGNAL);
    const texts = [
      JSON.stringify([sources, defaultSource]),
      ...failures.map(({ error }) => error.message),
      await failure(empty.all(SIGNAL)),
      await failure(empty.pick(undefined, SIGNAL)),
      await failure(empty.pick('name-beta-1', SIGNAL)).then((text) => text.replace('name-beta-1', '')),
    ];
    expect(failures).toHaveLength(1);
    for (const text of texts) expect(text).not.toContain('beta');
  });

  test('passes over no store that may have an allowed source and does not answer', async () => {
    const down: SourceFinder = {
      ...finder([]),
      list: async () => {
        throw new UpstreamError('unreachable', 'refused');
      },
    };
    const stores = [
      { name: 'a', finder: down },
      { name: 'b', finder: finder([row('b/1')]) },
    ];
    const both = restrictRegistry(createRegistry(stores), ['a/1', 'b/1']);
    await expect(both.pick(undefined, SIGNAL)).rejects.toThrow('store a: refused');
    expect((await both.overview(SIGNAL)).defaultSource).toBeNull();
    const second = restrictRegistry(createRegistry(stores), ['b/1']);
    expect((await second.pick(undefined, SIGNAL)).uid).toBe('b/1');
    expect((await second.overview(SIGNAL)).failures).toEqual([]);
  });

  test('is the registry itself without a restriction', async () => {
    expect((await scene(null).all(SIGNAL)).map(({ uid }) => uid)).toEqual(['beta-1', 'alpha-1', 'alpha-2']);
  });

  test('knows the pages of allowed sources only', async () => {
    const stores = ['alpha', 'beta'].map((name) => ({
      name: null,
      source: { ...source(name), pages: `https://${name}.example` },
    }));
    const { pages } = restrictRegistry(createRegistry(stores), ['alpha']);
    const urls = [...pages.configured, ...(await pages.discover(SIGNAL)).addresses].map(({ url }) => url);
    expect(new Set(urls)).toEqual(new Set(['https://alpha.example']));
  });
});
