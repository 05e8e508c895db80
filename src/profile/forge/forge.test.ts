import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Forge,
  isCommit,
  isSafePath,
  readForge,
  readRef,
  writeCompareUrl,
  writeLineUrl,
} from './forge.js';

describe('the address of a repository', () => {
  test.each([
    ['https://github.com/acme/shop', 'github', 'https://github.com/acme/shop'],
    ['https://github.com/acme/shop.git/', 'github', 'https://github.com/acme/shop'],
    ['https://github.com/acme/shop/tree/main/services/cart', 'github', 'https://github.com/acme/shop'],
    ['https://github.com/acme/shop?tab=readme#x', 'github', 'https://github.com/acme/shop'],
    ['git@github.com:acme/shop.git', 'github', 'https://github.com/acme/shop'],
    ['ssh://git@github.com:22/acme/shop.git', 'github', 'https://github.com/acme/shop'],
    ['git+https://github.com/acme/shop', 'github', 'https://github.com/acme/shop'],
    ['github.com/acme/shop', 'github', 'https://github.com/acme/shop'],
    ['https://user:secret@github.com/acme/shop', 'github', 'https://github.com/acme/shop'],
    ['https://github.acme.dev/tools/shop', 'github', 'https://github.acme.dev/tools/shop'],
    ['https://gitlab.com/acme/team/shop', 'gitlab', 'https://gitlab.com/acme/team/shop'],
    ['https://gitlab.com/acme/shop/-/tree/main', 'gitlab', 'https://gitlab.com/acme/shop'],
    ['http://gitlab.acme.dev:8080/acme/shop', 'gitlab', 'http://gitlab.acme.dev:8080/acme/shop'],
    ['https://bitbucket.org/acme/shop/src/main/', 'bitbucket', 'https://bitbucket.org/acme/shop'],
    [
      'https://bitbucket.acme.dev/scm/ops/shop.git',
      'bitbucket_server',
      'https://bitbucket.acme.dev/projects/ops/repos/shop',
    ],
    [
      'https://bitbucket.acme.dev/projects/OPS/repos/shop/browse',
      'bitbucket_server',
      'https://bitbucket.acme.dev/projects/OPS/repos/shop',
    ],
    ['https://codeberg.org/acme/shop', 'gitea', 'https://codeberg.org/acme/shop'],
    ['https://gitea.acme.dev/acme/shop', 'gitea', 'https://gitea.acme.dev/acme/shop'],
  ])('%s', (address, kind, url) => {
    expect(readForge(address)).toMatchObject({ kind, url });
  });

  test.each([
    '',
    'shop',
    'https://github.com',
    'https://github.com/acme',
    'https://github.com/acme/shop/wiki/x',
    'https://git.acme.dev/acme/shop',
    'https://evil.example/github.com/acme/shop',
    'https://notgithub.com/acme/shop',
    'javascript://github.com/acme/shop',
    'data:text/html,github.com/acme/shop',
    'file:///github.com/acme/shop',
    'https://github.com/../shop',
    'https://github.com/acme/..',
    'https://github.com/ac me/shop',
    'https://github.com/acme/sh"op',
    'https://github.com/acme/sh\nop',
    'https://github.com\\acme\\shop',
    'https://gith\u200bub.com/acme/shop',
    'https://-github.com/acme/shop',
    'https://github.com:99999999/acme/shop',
    // Pages that anybody may publish, snippets and interfaces.
    ...['https://anybody.github.io/acme/shop', 'https://anybody.gitlab.io/acme/shop'],
    ...['https://anybody.codeberg.page/acme/shop', 'https://anybody.bitbucket.io/scm/ops/shop'],
    ...['https://gist.github.com/acme/0123456789abcdef', 'https://docs.gitlab.com/ee/api'],
    'https://bitbucket.acme.dev/users/a/repos',
    `https://github.com/acme/${'x'.repeat(700)}`,
  ])('%j names none', (address) => {
    expect(readForge(address)).toBeNull();
  });

  test('no address that is read holds credentials, and every one is an address of its own host', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom('github.com', '..', '@', ':', 'a:b@', '//'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const forge = readForge(parts.join('/'));
        if (forge === null) return;
        const url = new URL(forge.url);
        expect(url.href.replace(/\/$/, '')).toBe(forge.url);
        expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
      }),
    );
  });
});

test.each([
  ['9fceb02d0ae598e95dc970b74767f19372d61af8', '9fceb02d0ae598e95dc970b74767f19372d61af8'],
  ['v1.2.3', 'v1.2.3'],
  [' main ', 'main'],
  ['feature/cart-2', 'feature/cart-2'],
  ['refs/heads/main', 'main'],
  ['refs/tags/v1', 'v1'],
  ['v1.2.3-14-g2414721', '2414721'],
  ['HEAD', 'HEAD'],
  ['v1.2.3-dirty', null],
  ['v1.2.3-14-g2414721-dirty', null],
  ['unknown', null],
  ['None', null],
  ['', null],
  ['a..b', null],
  ['../x', null],
  ['a//b', null],
  ['a b', null],
  ['a:b', null],
  ['a~1', null],
  ['a^', null],
  ['a?b', null],
  ['a@{1}', null],
  ['a/.b', null],
  ['a.lock', null],
  ['a/', null],
  ['-a', null],
  ['a\nb', null],
  ['ä', null],
  ['x'.repeat(300), null],
])('the reference %j', (text, ref) => {
  expect(readRef(text)).toBe(ref);
});

test.each([
  ['9fceb02d0ae598e95dc970b74767f19372d61af8', true],
  ['1111111111111111111111111111111111111111', true],
  ['9fceb02', true],
  ['20241122', false],
  ['deadbeef', false],
  ['v1.2.3', false],
  ['9fceb0', false],
])('whether %s is a commit', (text, expected) => {
  expect(isCommit(text)).toBe(expected);
});

const createForge = (kind: Forge['kind'], url: string): Forge => ({ kind, url, module: '' });
const FORGES: readonly [forge: Forge, line: string, compare: string | null][] = [
  [
    createForge('github', 'https://h/a/b'),
    'https://h/a/b/blob/v1/x/y.go#L7',
    'https://h/a/b/compare/v0...v1',
  ],
  [
    createForge('gitlab', 'https://h/a/b'),
    'https://h/a/b/-/blob/v1/x/y.go#L7',
    'https://h/a/b/-/compare/v0...v1',
  ],
  [
    createForge('bitbucket', 'https://h/a/b'),
    'https://h/a/b/src/v1/x/y.go#lines-7',
    'https://h/a/b/branches/compare/v1%0Dv0',
  ],
  [
    createForge('bitbucket_server', 'https://h/projects/a/repos/b'),
    'https://h/projects/a/repos/b/browse/x/y.go?at=v1#7',
    'https://h/projects/a/repos/b/compare/commits?sourceBranch=v1&targetBranch=v0',
  ],
  [
    createForge('gitea', 'https://h/a/b'),
    'https://h/a/b/src/tag/v1/x/y.go#L7',
    'https://h/a/b/compare/v0...v1',
  ],
  [createForge('docs_rs', 'https://docs.rs/crate/b'), 'https://docs.rs/crate/b/v1/source/x/y.go#L7', null],
];

test.each(FORGES)('the pages of %j', (forge, line, compare) => {
  expect(writeLineUrl({ forge, ref: 'v1', path: 'x/y.go', line: 7 })).toBe(line);
  expect(writeCompareUrl(forge, 'v0', 'v1')).toBe(compare);
  expect(writeCompareUrl(forge, 'v1', 'v1')).toBeNull();
});

test.each([
  ['9fceb02', 'commit'],
  ['v1.2', 'tag'],
  ['2.0', 'tag'],
  ['main', 'branch'],
])('Gitea shows %s as a %s', (ref, kind) => {
  const forge = createForge('gitea', 'https://h/a/b');
  expect(writeLineUrl({ forge, ref, path: 'x.go', line: null })).toBe(
    `https://h/a/b/src/${kind}/${ref}/x.go`,
  );
});

test('a line of any safe path is an address below the repository, and of no other', () => {
  const path = fc
    .array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('/'));
  fc.assert(
    fc.property(
      path,
      fc.nat(100_000),
      fc.constantFrom(...FORGES.map(([forge]) => forge)),
      (file, line, forge) => {
        const url = writeLineUrl({ forge, ref: 'v1', path: file, line });
        if (url === null) {
          expect(isSafePath(file)).toBe(false);
          return;
        }
        expect(url).toMatch(/^https:\/\/[\w./@+%?=#~:-]+$/);
        const { pathname, href } = new URL(url);
        expect(href).toBe(url);
        const shown = decodeURIComponent(pathname);
        expect(shown.endsWith(`/${file}`)).toBe(true);
      },
    ),
  );
});
