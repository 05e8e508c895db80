import { describe, expect, test } from 'vitest';
import { findDeployedCode, findSourceCode, listRepositories, listSourceLabels } from './repository.js';

describe('repositoriesOf', () => {
  test.each([
    ['https://github.com/acme/shop', 'github.com/acme/shop'],
    ['https://github.com/acme/shop.git/', 'github.com/acme/shop'],
    ['git@github.com:acme/shop.git', 'github.com/acme/shop'],
    ['ssh://git@git.acme.dev/tools/shop', 'git.acme.dev/tools/shop'],
    ['github.com/acme/shop', 'github.com/acme/shop'],
    ['https://user:secret@github.com/acme/shop', 'github.com/acme/shop'],
    ['https://github.com/', ''],
    ['shop', ''],
    ['', ''],
  ])('the repository %j', (address, module) => {
    const expected = module === '' ? [] : [{ module, root: '' }];
    expect(listRepositories([{ service_repository: address }])).toEqual(expected);
  });

  test.each([
    ['services/cart', 'services/cart'],
    ['/services/cart/', 'services/cart'],
    ['./services/cart', 'services/cart'],
    ['.', ''],
    ['/', ''],
    ['', ''],
  ])('the folder %j', (path, root) => {
    const expected = root === '' ? [] : [{ module: '', root }];
    expect(listRepositories([{ service_root_path: path }])).toEqual(expected);
  });

  test('each pair once, none where the labels are absent', () => {
    const cart = { service_repository: 'https://github.com/acme/shop', service_root_path: 'cart' };
    const search = { ...cart, service_root_path: 'search' };
    expect(listRepositories([{ ...cart, pod: 'a' }, { ...cart, pod: 'b' }, search, { pod: 'c' }])).toEqual([
      { module: 'github.com/acme/shop', root: 'cart' },
      { module: 'github.com/acme/shop', root: 'search' },
    ]);
  });
});

describe('labels of the source', () => {
  test.each([
    ['pod,region', ''],
    ['pod,service_git_ref,version', ''],
    ['pod,service_root_path,service_git_ref', 'service_root_path'],
    ['pod,service_repository', 'service_repository'],
    [
      'service_git_ref,service_repository,service_root_path,version,zone',
      'service_repository,service_root_path,service_git_ref,version',
    ],
    ['vcs_repository_url_full,vcs_ref_head_revision', 'vcs_repository_url_full,vcs_ref_head_revision'],
  ])('among %s', (names, expected) => {
    expect(listSourceLabels(names.split(',')).join()).toBe(expected);
  });
});

describe('the place of the source', () => {
  const repository = { service_repository: 'https://github.com/acme/shop' };
  const commit = '9fceb02d0ae598e95dc970b74767f19372d61af8';
  const find = (...rows: [labels: Record<string, string>, profiles: number][]) => {
    const code = findSourceCode(rows.map(([labels, profiles]) => ({ labels, profiles })));
    const places = code?.places.map(({ forge, root, ref }) => `${forge.module} ${root} ${ref}`);
    return code === null ? null : { places, refs: code.refs };
  };

  test('none, and one without a commit', () => {
    expect(find([{ pod: 'a' }, 1])).toBeNull();
    expect(find([{ service_repository: 'https://git.acme.dev/acme/shop' }, 1])).toBeNull();
    expect(find([repository, 1])).toEqual({ places: ['github.com/acme/shop  null'], refs: 0 });
  });

  test('the reference of most profiles, over all instances that have it', () => {
    expect(
      find(
        [{ ...repository, service_git_ref: 'v1', pod: 'a' }, 3],
        [{ ...repository, service_git_ref: 'v2', pod: 'b' }, 2],
        [{ ...repository, service_git_ref: 'v2', pod: 'c' }, 2],
      ),
    ).toEqual({ places: ['github.com/acme/shop  v2'], refs: 2 });
  });

  test('several folders are several places', () => {
    expect(
      find(
        [{ ...repository, service_root_path: './cart/' }, 1],
        [{ ...repository, service_root_path: 'search' }, 2],
        [{ ...repository, service_root_path: '../x' }, 3],
      ),
    ).toEqual({
      places: [
        'github.com/acme/shop  null',
        'github.com/acme/shop search null',
        'github.com/acme/shop cart null',
      ],
      refs: 0,
    });
  });

  test.each([
    [{ service_git_ref: 'main' }, 'main', 'service_git_ref'],
    [{ service_git_ref: 'HEAD', version: commit }, commit, 'version'],
    [{ service_git_ref: 'main', vcs_ref_head_revision: commit }, commit, 'vcs_ref_head_revision'],
    [{ service_git_ref: 'v1', vcs_ref_head_name: 'main' }, 'v1', 'service_git_ref'],
    [{ service_git_ref: 'unknown', git_commit_sha: commit }, commit, 'git_commit_sha'],
    [{ version: '20241122' }, undefined, null],
  ])('deployed with %j', (labels, ref, label) => {
    expect(findDeployedCode([{ ...repository, ...labels }])).toMatchObject({
      refs: ref === undefined ? [] : [ref],
      label,
    });
  });
});
