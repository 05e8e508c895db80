import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { expect, test } from 'vitest';
import { filesBelow, pack, ROOT } from './support/packed.js';

// The package that `npm publish` would send. test/installed/, which needs a registry, installs and runs it.

const packed = await pack();
const read = (name: string) => readFileSync(path.join(ROOT, name));

test('the tarball holds the bundled program, its documents and the demo incident, and nothing else', () => {
  const documents = filesBelow('docs').filter((name) => name.endsWith('.md'));
  expect(packed.paths).toEqual(
    [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'],
      ...filesBelow('bundle'),
      ...documents,
      ...filesBelow('fixtures/demo'),
    ].sort(),
  );
});

test('it is small', () => {
  // The profiles of the demo incident, which are compressed already, take over a fifth of it.
  expect(packed.size).toBeLessThan(2_000_000);
  // Nothing else is installed, so this is the size of an installation; sign-in, YAML and traces are inside.
  expect(packed.unpackedSize).toBeLessThan(5_000_000);
});

test('nothing has to be installed with it', () => {
  const { dependencies, optionalDependencies, peerDependencies, scripts } = JSON.parse(
    read('package.json').toString(),
  );
  expect(
    { dependencies, optionalDependencies, peerDependencies },
    'A package that the program uses goes into devDependencies: the bundle holds it.',
  ).toEqual({});
  expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?install$/.test(name))).toEqual([]);
});

test('the licences of what the bundle holds come with it', () => {
  const notices = read('bundle/NOTICES.txt').toString();
  // Packages with an equal text share it.
  const other = '(?:\\n\\S+ [0-9.]+ \\(.+\\))*';
  for (const name of ['@modelcontextprotocol/server', 'undici', 'pino', 'zod', 'gecko-profiler-demangle'])
    expect(notices).toMatch(new RegExp(`^${name} [0-9.]+ \\(.+\\)${other}\n\n\\S`, 'm'));
});

test('source maps lead to lines of the sources, and only to those', () => {
  const maps = packed.paths.filter((name) => name.endsWith('.map'));
  const sources = maps.flatMap((name): string[] => JSON.parse(read(name).toString()).sources);
  expect(sources.filter((source) => !existsSync(path.join(ROOT, 'bundle', source)))).toEqual([]);
  expect(sources).toContain('../src/investigation/conclude.ts');
  expect(sources.filter((source) => source.includes('node_modules'))).toEqual([]);
});

test('a place in the bundle leads to its line of the sources', () => {
  const source = 'src/report/change/verdict-reason.ts';
  const sentence = 'there is no profile in the baseline to compare with';
  const script = readdirSync(path.join(ROOT, 'bundle')).find(
    (name) =>
      name.endsWith('.js') && readFileSync(path.join(ROOT, 'bundle', name), 'utf8').includes(sentence),
  );
  const text = readFileSync(path.join(ROOT, 'bundle', script ?? ''), 'utf8');
  const lines = text.slice(0, text.indexOf(sentence)).split('\n');
  const map = new SourceMap(JSON.parse(readFileSync(path.join(ROOT, 'bundle', `${script}.map`), 'utf8')));
  const entry = map.findEntry(lines.length - 1, lines.at(-1)?.length ?? 0);
  const expected = readFileSync(path.join(ROOT, source), 'utf8').split('\n');
  if (!('originalSource' in entry)) throw new Error('no entry');
  expect(entry.originalSource).toBe(`../${source}`);
  expect(expected[entry.originalLine]).toContain(sentence);
});

test.each([
  ['a path of a machine', /(?:^|[\s"'`(=])(?:\/(?:home|root|Users|work|tmp)\/|[A-Z]:\\)/m],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\\n|\s)*[A-Za-z0-9+/]{16}/],
  ['a token of Grafana', /\bgl(?:sa|c)_[A-Za-z0-9+/=]{16,}/],
  ['a bearer token', /\bBearer [A-Za-z0-9._-]{16,}/],
  ['test code', /from ?['"]vitest['"]/],
  ['an undeclared package', /(?:^|[;}])import(?:[^;'"()]*from)?['"](?!node:|\.\/)(?!\w+['"])/m],
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
