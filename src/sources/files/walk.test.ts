import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { cpu, directoryWith, manifest } from '../../../test/support/directory.js';
import { totalValue } from '../../profile/model.js';
import { createFilesSource } from './source.js';

// Which files count: links, and names that say nothing.

const SAMPLES = 'process_cpu:samples:count:cpu:nanoseconds';
const EVER = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };
const START = BigInt(Date.parse('2026-11-20T14:00:00Z')) * 1_000_000n;
const { signal } = new AbortController();

const samples = (count: number) => cpu({ main: count }, { timeNanos: START });

async function linked(
  files: Readonly<Record<string, Uint8Array | string>>,
  links: Readonly<Record<string, string>>,
): Promise<string> {
  const directory = await directoryWith(files);
  for (const [name, target] of Object.entries(links)) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await symlink(target, file);
  }
  return directory;
}

async function readAll(directory: string) {
  const source = createFilesSource({ directory });
  const { profile } = await source.profile({ profileTypeId: SAMPLES, matchers: [], window: EVER }, signal);
  return {
    total: totalValue(profile),
    services: await source.labelValues('service_name', { matchers: [], window: EVER }, signal),
    problems: await source.problems(signal),
  };
}

describe('links', () => {
  test('a Kubernetes volume: files are links through ..data to a dated folder', async () => {
    const directory = await linked(
      { '..2026_11_20/profiles.pb.gz': gzipSync(samples(3)), '..2026_11_20/shop/cpu.pb': samples(4) },
      { '..data': '..2026_11_20', 'profiles.pb.gz': '..data/profiles.pb.gz', shop: '..data/shop' },
    );
    expect(await readAll(directory)).toEqual({
      total: 7,
      services: [path.basename(directory), 'shop'].sort(),
      problems: [],
    });
  });

  test('with a manifest in such a volume', async () => {
    const directory = await linked(
      {
        '..2026/profiles.json': manifest([
          { file: 'a.pb', time: '2026-11-20T14:00:00Z', labels: { service_name: 'shop' } },
        ]),
        '..2026/a.pb': samples(3),
      },
      { '..data': '..2026', 'profiles.json': '..data/profiles.json', 'a.pb': '..data/a.pb' },
    );
    expect(await readAll(directory)).toEqual({ total: 3, services: ['shop'], problems: [] });
  });

  test('the directory itself may be one', async () => {
    const directory = await directoryWith({ 'shop/cpu.pb': samples(3) });
    const link = await linked({}, { current: directory });
    expect(await readAll(path.join(link, 'current'))).toMatchObject({ total: 3, problems: [] });
  });

  test('what is reached twice counts once, under its own name; a circle ends', async () => {
    const directory = await linked(
      { 'shop/cpu.pb': samples(3), 'mailer/cpu.pb': samples(4) },
      { latest: 'shop', 'all/cpu.pb': '../mailer/cpu.pb', 'shop/again': '..', 'shop/self.pb': 'self.pb' },
    );
    expect(await readAll(directory)).toEqual({
      total: 7,
      services: ['mailer', 'shop'],
      problems: [expect.stringContaining('shop/self.pb could not be read')],
    });
  });

  test('those that lead outside are refused and named, those that lead nowhere too', async () => {
    const outside = await directoryWith({ 'cpu.pb': samples(100), notes: 'text' });
    const directory = await linked(
      { 'shop/cpu.pb': samples(3) },
      {
        'shop/secret.pb': path.join(outside, 'cpu.pb'),
        stolen: outside,
        README: path.join(outside, 'notes'),
        'gone.pb': 'nowhere.pb',
        gone: 'nowhere',
      },
    );
    const { total, services, problems } = await readAll(directory);
    expect({ total, services }).toEqual({ total: 3, services: ['shop'] });
    expect(problems.sort()).toEqual([
      'gone.pb could not be read and is left out: a link that leads nowhere: no such file.',
      'shop/secret.pb could not be read and is left out: a link that leads outside the directory.',
      'stolen could not be read and is left out: a link that leads outside the directory.',
    ]);
  });

  test('a manifest cannot lead outside through a link either', async () => {
    const outside = await directoryWith({ 'cpu.pb': samples(100) });
    const labels = { service_name: 'shop' };
    const directory = await linked(
      {
        'good.pb': samples(3),
        'profiles.json': manifest(
          ['good.pb', 'link.pb', 'folder/cpu.pb'].map((file) => ({
            file,
            time: '2026-11-20T14:00:00Z',
            labels,
          })),
        ),
      },
      { 'link.pb': path.join(outside, 'cpu.pb'), folder: outside },
    );
    expect(await readAll(directory)).toEqual({
      total: 3,
      services: ['shop'],
      problems: [
        'link.pb could not be read and is left out: a link that leads outside the directory.',
        'folder/cpu.pb could not be read and is left out: a link that leads outside the directory.',
      ],
    });
  });

  test('a manifest that lies outside is refused', async () => {
    const outside = await directoryWith({ 'profiles.json': manifest([]) });
    const directory = await linked({}, { 'profiles.json': path.join(outside, 'profiles.json') });
    await expect(createFilesSource({ directory }).dataRange(signal)).rejects.toThrow(
      'profiles.json is a link that leads outside the directory',
    );
  });
});

describe('names', () => {
  test('that begin with a dot are passed over', async () => {
    const directory = await directoryWith({
      'shop/cpu.pb': samples(3),
      '.git/cpu.pb': samples(100),
      '..2026/cpu.pb': samples(100),
      'shop/.cpu.pb': samples(100),
    });
    expect(await readAll(directory)).toEqual({ total: 3, services: ['shop'], problems: [] });
  });

  test('that say nothing: files are taken by how they begin, and nothing else is reported', async () => {
    const whole = cpu({ main: 8, 'main;work': 1 }, { timeNanos: START });
    const directory = await directoryWith({
      'shop/2026-11-20T14:00': samples(3),
      'shop/snapshot.1.gz': gzipSync(samples(4)),
      'shop/dump.bin': whole.subarray(0, whole.length - 40),
      'README.md': 'profiles of the shop',
      README: '\n\nprofiles of the shop',
      'notes.gz': gzipSync('notes about profiles'),
      'shop/binary': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0x0a, 0x04, 0x08]),
      'shop/torn.gz': Buffer.from([0x1f, 0x8b, 0xff]),
      'shop/empty': '',
    });
    expect(await readAll(directory)).toEqual({
      total: 7,
      services: ['shop'],
      problems: [expect.stringMatching(/^shop\/dump\.bin could not be read/)],
    });
  });
});
