import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { expect, test } from 'vitest';
import { filesBelow, pack, ROOT } from './support/packed.js';

// The package that `npm publish` would send. test/installed/, which needs a registry, installs and runs it.

const packed = await pack();
const read = (name: string) => readFileSync(path.join(ROOT, name));

test('the tarball holds the built program, its documents and the demo incident, and nothing else', () => {
  const program = filesBelow('src')
    // Tests are not built, and a declaration has no program of its own.
    .filter((name) => !/\.(?:test|d)\.ts$/.test(name))
    .map((name) => name.replace(/^src\/(.*)\.ts$/, 'dist/$1.js'));
  const documents = filesBelow('docs').filter((name) => /^docs\/[a-z-]+\.md$/.test(name));
  expect(packed.paths).toEqual(
    [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'],
      ...program,
      // Built from view/.
      'dist/view.html',
      ...documents,
      ...filesBelow('fixtures/demo'),
    ].sort(),
  );
});

test('it is small', () => {
  // The profiles of the demo incident, which are compressed already, take over a third of it.
  expect(packed.size).toBeLessThan(2 ** 20);
  expect(packed.unpackedSize).toBeLessThan(3 * 2 ** 20);
});

test.each([
  ['a path of a machine', /(?:^|[\s"'`(=])(?:\/(?:home|root|Users|work|tmp)\/|[A-Z]:\\)/m],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY/],
  ['a token of Grafana', /\bgl(?:sa|c)_[A-Za-z0-9+/=]{16,}/],
  ['a bearer token', /\bBearer [A-Za-z0-9._-]{16,}/],
  ['test code', /from 'vitest'|\bsourceMappingURL=/],
])('no file in it holds %s', (_what, pattern) => {
  const holding = packed.paths.filter((name) => {
    const bytes = name.endsWith('.gz') ? gunzipSync(read(name)) : read(name);
    return pattern.test(bytes.toString('latin1'));
  });
  expect(holding).toEqual([]);
});

test('it is a program without an importable part, so there are no types that could be wrong', () => {
  const { exports, main, types } = JSON.parse(read('package.json').toString());
  expect({ exports, main, types }).toEqual({ exports: { './package.json': './package.json' } });
  expect(packed.paths.filter((name) => name.endsWith('.d.ts'))).toEqual([]);
});

test('what package.json promises holds, as publint sees it', async () => {
  const { messages, pkg } = await publint({ pkgDir: ROOT, strict: true, pack: 'npm' });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});
