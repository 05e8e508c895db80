import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createFilesSource } from '../../../src/sources/files/source.js';
import { askerIn, createEnvironment } from '../../support/ask.js';
import { pprofBytes } from '../../support/profiles.js';
import { byteChanges, changedBytes, changedJson, jsonChanges, jsonText, nastyJson } from '../arbitraries.js';
import { expectAnswer } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

const TIME = '2026-11-20T14:30:00Z';
const MANIFEST = {
  profiles: [
    'a.pb',
    'b.pb.gz',
    'sub/../a.pb',
    '../outside.pb',
    '/etc/passwd',
    'link.pb',
    '..\\outside.pb',
  ].map((file) => ({
    file,
    time: TIME,
    duration_s: 10,
    type_name: 'process_cpu',
    labels: { service_name: 'shop', pod: 'a' },
  })),
};
const PROFILE = pprofBytes({
  types: ['samples/count', 'cpu/nanoseconds'],
  periodType: 'cpu/nanoseconds',
  stacks: [{ frames: ['main', 'work'], values: [3, 30_000_000] }],
  timeNanos: BigInt(Date.parse(TIME)) * 1_000_000n,
});

/** Everything that a directory is asked for. */
async function askAll(directory: string): Promise<void> {
  const source = createFilesSource({ directory });
  const ask = askerIn(createEnvironment([source]));
  for (const [tool, args] of [
    ['list_data_sources', {}],
    ['list_services', {}],
    ['list_labels', {}],
    ['summarize_profile', { service: 'shop' }],
    ['get_timeline', { service: 'shop', format: 'json' }],
  ] as const) {
    const answer = await ask(tool, args);
    expectAnswer(answer);
    if (/planted outside/.test(answer.text)) throw new Error('a file outside the directory was read');
  }
  await source.close();
}

function scratch(): { directory: string; clean(): void } {
  const above = mkdtempSync(path.join(tmpdir(), 'fuzz-'));
  const directory = mkdtempSync(path.join(above, 'profiles-'));
  const outside = pprofBytes({ stacks: [{ frames: ['planted outside'], values: [1] }] });
  writeFileSync(path.join(above, 'outside.pb'), outside);
  symlinkSync('../outside.pb', path.join(directory, 'link.pb'));
  return { directory, clean: () => rmSync(above, { recursive: true, force: true }) };
}

export const FILES: readonly Target[] = [
  defineTarget('manifests of a directory', 150, async () => ({
    input: fc.oneof(
      jsonChanges.map((changes) => jsonText(changedJson(MANIFEST, changes))),
      nastyJson.map(jsonText),
      byteChanges.map((changes) =>
        Buffer.from(changedBytes(Buffer.from(JSON.stringify(MANIFEST)), changes)).toString('latin1'),
      ),
    ),
    async check(manifest) {
      const { directory, clean } = scratch();
      try {
        writeFileSync(path.join(directory, 'a.pb'), PROFILE);
        writeFileSync(path.join(directory, 'b.pb.gz'), gzipSync(PROFILE));
        writeFileSync(path.join(directory, 'profiles.json'), manifest);
        await askAll(directory);
      } finally {
        clean();
      }
    },
  })),
  defineTarget('files of a directory', 150, async () => ({
    input: fc.tuple(byteChanges, fc.constantFrom('plain', 'gzip', 'gzip twice', 'damaged gzip')),
    async check([changes, layers]) {
      const { directory, clean } = scratch();
      const bytes = changedBytes(PROFILE, changes);
      try {
        const content =
          layers === 'plain'
            ? bytes
            : layers === 'gzip'
              ? gzipSync(bytes)
              : layers === 'gzip twice'
                ? gzipSync(gzipSync(bytes))
                : changedBytes(gzipSync(PROFILE), changes);
        writeFileSync(path.join(directory, 'cpu.pb'), content);
        writeFileSync(path.join(directory, 'unnamed'), content);
        await askAll(directory);
      } finally {
        clean();
      }
    },
  })),
];
