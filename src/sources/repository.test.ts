import { describe, expect, test } from 'vitest';
import { listRepositories } from './repository.js';

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
