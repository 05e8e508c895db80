import { describe, expect, test } from 'vitest';
import { type GrafanaCredential, SERVER_RIGHTS } from '../access/identity.js';
import { readConfig } from '../config/read.js';
import { UsageError } from '../errors.js';
import { limitRights, selectStores } from './rights.js';

const CALLER: GrafanaCredential = {
  key: 'key',
  orgId: 7,
  headers: async () => ({ authorization: 'Bearer own' }),
};
const GRAFANA = [
  ...['--grafana-url', 'https://grafana.example.com', '--grafana-org-id', '2'],
  ...['--grafana-extra-headers', '{"X-Gate":"gate","X-Other":"other"}'],
];

async function select(
  args: readonly string[],
  sources: readonly string[] | null,
  grafana: GrafanaCredential | null = CALLER,
) {
  const config = readConfig([...GRAFANA, ...args], {});
  const limits = await limitRights(config, { ...SERVER_RIGHTS, grafana, sources });
  return selectStores(config, limits);
}

describe('the stores of a caller', () => {
  test.each([
    ['--grafana-token', 'secret-token'],
    ['--grafana-token-file', 'secret-token'],
  ])('show nothing of %s', async (...credential) => {
    const [store] = await select([...credential, '--caller-credentials', 'required'], null);
    expect(store).toMatchObject({
      kind: 'grafana',
      settings: { token: null, tokenFile: null, username: null, password: null, orgId: 7, headers: {} },
    });
    expect(JSON.stringify(store)).not.toContain('secret');
  });

  test('show nothing of user and password, and the headers of a gateway', async () => {
    const args = ['--grafana-username', 'secret', '--grafana-password', 'secret'];
    const [store] = await select(
      [...args, '--caller-credentials', 'optional', '--gateway-headers', 'x-gate'],
      null,
    );
    expect(store).toMatchObject({
      settings: { username: null, password: null, headers: { 'X-Gate': 'gate' } },
    });
    expect(JSON.stringify(store)).not.toContain('secret');
  });

  test.each([
    [null, ['grafana']],
    [[], ['grafana']],
    [['pyroscope'], ['pyroscope', 'grafana']],
    [['files'], ['grafana', 'files']],
    [
      ['files', 'pyroscope'],
      ['pyroscope', 'grafana', 'files'],
    ],
    [['profiles'], ['grafana']],
  ])('where rights name %j, are %j', async (sources, kinds) => {
    const args = ['--pyroscope-url', 'http://127.0.0.1:9', '--profiles', 'dir'];
    expect((await select(args, sources)).map(({ kind }) => kind)).toEqual(kinds);
  });

  test('must be named by the rights of all callers as well', async () => {
    const args = ['--pyroscope-url', 'http://127.0.0.1:9', '--allowed-sources', 'other'];
    expect((await select(args, ['pyroscope'])).map(({ kind }) => kind)).toEqual(['grafana']);
  });

  test('are all with the credential of the server', async () => {
    const stores = await select(['--grafana-token', 'own', '--profiles', 'dir'], null, null);
    expect(stores).toMatchObject([{ settings: { token: 'own', orgId: 2 } }, { kind: 'files' }]);
  });
});

describe('the rights of a caller', () => {
  const OWN = { ...SERVER_RIGHTS, sources: ['b'], matchers: [{ name: 'pod', op: '=', value: 'a' } as const] };

  test('hold within those of all callers', async () => {
    const config = readConfig(['--allowed-sources', 'a,b', '--enforced-matchers', '{team="x"}'], {});
    expect(await limitRights(config, OWN)).toEqual({
      grafana: null,
      sources: [['a', 'b'], ['b']],
      matchers: [{ name: 'team', op: '=', value: 'x' }, ...OWN.matchers],
    });
    expect(await limitRights(readConfig([], {}), SERVER_RIGHTS)).toEqual({
      grafana: null,
      sources: [],
      matchers: [],
    });
  });

  test.each(['{}', '{team=x}', 'team'])(
    'with matchers %s for all callers are a fault of usage',
    async (selector) => {
      const config = readConfig(['--enforced-matchers', selector], {});
      await expect(limitRights(config, SERVER_RIGHTS)).rejects.toThrow(UsageError);
      await expect(limitRights(config, SERVER_RIGHTS)).rejects.toThrow('--enforced-matchers');
    },
  );
});
