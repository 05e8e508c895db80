import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createEnablementFile, type EnabledSource } from '../src/sources/grafana/enablement.js';

// The file that says which data sources are enabled, written by several real processes, some of which die.

const MODULE = new URL('../dist/sources/grafana/enablement.js', import.meta.url).href;

function entry(uid: string, more: Partial<EnabledSource> = {}): EnabledSource {
  return { url: 'https://grafana.example.com', orgId: 1, uid, type: 'pyroscope', name: uid, ...more };
}

function freshFile(): string {
  return path.join(mkdtempSync(path.join(tmpdir(), 'state-')), 'deep', 'sources.json');
}

/** A process that runs a piece of code with `file` and `entry` at hand. */
function process_(file: string, code: string) {
  const script = `
    import { createEnablementFile } from ${JSON.stringify(MODULE)};
    const file = createEnablementFile(${JSON.stringify(file)});
    const entry = (uid) => ({ ...${JSON.stringify(entry('x'))}, uid, name: uid });
    ${code}`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('what is enabled is read back, by everything that makes a source the same', async () => {
  const file = createEnablementFile(freshFile());
  expect(await file.read()).toEqual([]);
  const others = [{ url: 'https://other.example.com' }, { orgId: 2 }, { orgId: null }, { type: 'other' }];
  await file.change([entry('a'), entry('b'), ...others.map((other) => entry('a', other))], []);
  await file.change([entry('b', { name: 'renamed' })], [entry('a')]);
  const left = await file.read();
  expect(left).toHaveLength(others.length + 1);
  expect(left).toContainEqual(entry('b', { name: 'renamed' }));
  expect(left).not.toContainEqual(entry('a'));
});

test('only its owner may read it, and nothing is left beside it', async () => {
  const name = freshFile();
  await createEnablementFile(name).change([entry('a')], []);
  expect(statSync(name).mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(name)).mode & 0o777).toBe(0o700);
  expect(readdirSync(path.dirname(name))).toEqual(['sources.json']);
});

test('a damaged file enables nothing and says so', async () => {
  const name = freshFile();
  await createEnablementFile(name).change([entry('a')], []);
  for (const text of ['', '{"version":1,"enabled":[{"uid":"a"}]}', '{"version":2,"enabled":[]}', 'null']) {
    writeFileSync(name, text);
    await expect(createEnablementFile(name).read()).rejects.toThrow(/is damaged, so none is/);
    await expect(createEnablementFile(name).change([entry('b')], [])).rejects.toThrow(/is damaged/);
  }
});

test('a directory that cannot be written is named', async () => {
  const blocked = path.join(mkdtempSync(path.join(tmpdir(), 'state-')), 'file');
  writeFileSync(blocked, '');
  const file = createEnablementFile(path.join(blocked, 'sources.json'));
  await expect(file.change([entry('a')], [])).rejects.toThrow(/cannot be locked for writing \(E/);
});

describe('several processes', () => {
  test('lose nothing of each other', async () => {
    const name = freshFile();
    const writers = Array.from({ length: 6 }, (_, index) =>
      process_(name, `for (let i = 0; i < 5; i++) await file.change([entry(\`${index}-\${i}\`)], []);`),
    );
    const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0]));
    expect(codes).toEqual(writers.map(() => 0));
    const expected = writers.flatMap((_, index) => [0, 1, 2, 3, 4].map((i) => `${index}-${i}`));
    const { enabled } = JSON.parse(readFileSync(name, 'utf8')) as { enabled: EnabledSource[] };
    expect(enabled.map(({ uid }) => uid).sort()).toEqual(expected.sort());
  });

  test('one that is killed in the middle of writing leaves the file whole, and the next gets its turn', async () => {
    const name = freshFile();
    const file = createEnablementFile(name);
    await file.change([entry('first')], []);
    for (let round = 0; round < 4; round++) {
      const writer = process_(
        name,
        `process.stdout.write('up'); const many = Array.from({ length: 3000 }, (_, i) => entry('u' + i));
         for (;;) { await file.change(many, []); await file.change([], many); }`,
      );
      await once(writer.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 40 + 35 * round));
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      const uids = (await file.read()).map(({ uid }) => uid);
      expect([1, 3001]).toContain(uids.length);
      expect(uids).toContain('first');
    }
    // The next change removes the files of killed writers, and no others.
    const directory = path.dirname(name);
    const others = ['sources.json.bak', 'sources.json.1x', 'other.json.12', 'sources.json.'];
    for (const left of [...others, 'sources.json.12345']) writeFileSync(path.join(directory, left), '{');
    await file.change([entry('tidied')], []);
    expect(readdirSync(directory).sort()).toEqual([...others, 'sources.json'].sort());
    // As if the last had died long ago: its lock must not keep anybody waiting for ever.
    await mkdir(`${name}.lock`, { recursive: true });
    utimesSync(`${name}.lock`, 1, 1);
    await file.change([entry('after')], []);
    expect((await file.read()).map(({ uid }) => uid)).toContain('after');
  });
});
