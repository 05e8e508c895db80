import { execFileSync } from 'node:child_process';
import { chmod, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cpu, directoryWith, manifest } from '../../../test/support/directory.js';
import { totalValue } from '../../profile/model.js';
import { createFilesSource } from './source.js';
import { findProfileFiles } from './walk.js';

// A directory whose content is not ours: nothing outside is read, nothing hangs, and what is sound still
// answers.

const SAMPLES = 'process_cpu:samples:count:cpu:nanoseconds';
const TIME = '2026-11-20T14:00:00Z';
const QUERY = {
  profileTypeId: SAMPLES,
  matchers: [],
  window: { from: 0, to: Date.parse('2100-01-01T00:00:00Z') },
};
const { signal } = new AbortController();
const samples = (count: number) => cpu({ main: count }, { timeNanos: BigInt(Date.parse(TIME)) * 1_000_000n });

async function readAll(directory: string) {
  const source = createFilesSource({ directory });
  const { profile } = await source.profile(QUERY, signal);
  return { total: totalValue(profile), problems: await source.problems(signal) };
}

describe('a manifest that names', () => {
  test.each([
    ['the folder above', '../outside.pb', 'lies outside the directory'],
    ['the folder above from below', 'sub/../../outside.pb', 'lies outside the directory'],
    ['the folder above as Windows writes it', '..\\outside.pb', 'lies outside the directory'],
    ['an absolute path', '/etc/passwd', 'lies outside the directory'],
    ['an absolute path of Windows', 'C:\\Windows\\win.ini', 'lies outside the directory'],
    ['a path with NUL', 'good.pb\0.txt', 'lies outside the directory'],
    ['a folder', 'sub', 'not a file'],
    ['nothing that is there', 'gone.pb', 'no such file'],
  ])('%s leaves that out and says so', async (_name, file, reason) => {
    const labels = { service_name: 'shop' };
    const directory = await directoryWith({
      'inside/good.pb': samples(3),
      'inside/sub/other.pb': samples(50),
      'outside.pb': samples(100),
      'inside/profiles.json': manifest([
        { file: 'good.pb', time: TIME, labels },
        { file, time: TIME, labels },
      ]),
    });
    expect(await readAll(path.join(directory, 'inside'))).toEqual({
      total: 3,
      problems: [expect.stringContaining(`and is left out: ${reason}`)],
    });
  });
});

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  test('pipes, sockets and devices neither block nor count', async () => {
    const directory = await directoryWith({ 'shop/good.pb': samples(3) });
    execFileSync('mkfifo', [path.join(directory, 'shop', 'pipe.pb'), path.join(directory, 'shop', 'pipe')]);
    const socket = createServer().listen(path.join(directory, 'shop', 'socket.pb'));
    onTestFinished(() => void socket.close());
    await symlink('/dev/zero', path.join(directory, 'shop', 'device.pb'));
    await symlink('pipe.pb', path.join(directory, 'shop', 'link.pb'));
    expect(await readAll(directory)).toEqual({
      total: 3,
      problems: [
        'shop/device.pb could not be read and is left out: a link that leads outside the directory.',
      ],
    });
  });

  test('a pipe that the manifest names, or that is the manifest, is refused at once', async () => {
    const labels = { service_name: 'shop' };
    const named = await directoryWith({
      'good.pb': samples(3),
      'profiles.json': manifest(['good.pb', 'pipe.pb'].map((file) => ({ file, time: TIME, labels }))),
    });
    execFileSync('mkfifo', [path.join(named, 'pipe.pb')]);
    expect(await readAll(named)).toEqual({
      total: 3,
      problems: ['pipe.pb could not be read and is left out: not a file.'],
    });
    const piped = await directoryWith({ 'good.pb': samples(3) });
    execFileSync('mkfifo', [path.join(piped, 'profiles.json')]);
    await expect(readAll(piped)).rejects.toThrow('profiles.json is not a file');
  });

  test.skipIf(process.getuid?.() === 0)(
    'a file without permission is named, and the others answer',
    async () => {
      const directory = await directoryWith({ 'shop/good.pb': samples(3), 'shop/closed.pb': samples(4) });
      await chmod(path.join(directory, 'shop', 'closed.pb'), 0);
      expect(await readAll(directory)).toMatchObject({
        total: 3,
        problems: [expect.stringContaining('shop/closed.pb')],
      });
    },
  );
});

describe('files that change while they are served', () => {
  test('one that is gone, or is something else now, is an error that names it', async () => {
    const directory = await directoryWith({ 'shop/a.pb': samples(3), 'mail/b.pb': samples(4) });
    // Without room for decoded files they must be read again.
    const source = createFilesSource({ directory, maxDecodedBytes: 0 });
    await source.dataRange(signal);
    await rm(path.join(directory, 'shop', 'a.pb'));
    await expect(source.profile(QUERY, signal)).rejects.toMatchObject({
      kind: 'unreadable',
      detail: 'shop/a.pb: no such file',
    });
    await writeFile(path.join(directory, 'shop', 'a.pb'), 'not a profile any more');
    await expect(source.profile(QUERY, signal)).rejects.toMatchObject({ kind: 'unreadable' });
    const outside = await directoryWith({ 'secret.pb': samples(100) });
    await rm(path.join(directory, 'shop', 'a.pb'));
    await symlink(path.join(outside, 'secret.pb'), path.join(directory, 'shop', 'a.pb'));
    await expect(source.profile(QUERY, signal)).rejects.toMatchObject({
      detail: 'shop/a.pb: a link that leads outside the directory',
    });
  });
});

test('a directory with more entries than are looked at says where it stopped', async () => {
  const directory = await directoryWith(
    Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`shop/${index + 100}.pb`, samples(1)])),
  );
  const { files, broken } = await findProfileFiles(directory, signal, 20);
  expect(files).toHaveLength(19);
  expect(broken).toEqual([{ file: 'shop', reason: 'what comes after 20 entries is not read' }]);
});
