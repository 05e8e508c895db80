import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdSelection } from '../../src/profile/ids.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import { createPyroscopeSource } from '../../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { askerIn, createEnvironment } from '../support/ask.js';
import { listStacks } from '../support/profiles.js';
import { type LiveServer, liveServer, pushDirectory, servicesListed } from '../support/pyroscope.js';
import { CPU, encodeSpanService, planSpans, SLOW, UNSAMPLED } from '../support/span-service.js';

// Samples by id on a real Pyroscope: spans, traces and profiles are the sums of the samples that were pushed.

const wanted = Boolean(process.env.PYROSCOPE_TEST_URL || process.env.PYROSCOPE_BIN);
if (!wanted) console.warn('Live tests of spans are skipped: set PYROSCOPE_TEST_URL or PYROSCOPE_BIN.');

const SERVICE = `checkout-spans-${Date.now()}`;
const START = Math.floor((Date.now() - 20 * 60_000) / 1000) * 1000;
const WINDOW = { from: START, to: START + 200_000 };
const QUERY = {
  profileTypeId: CPU,
  matchers: [{ name: 'service_name', op: '=' as const, value: SERVICE }],
  window: WINDOW,
};
const { signal } = new AbortController();
const { spans } = planSpans();
const question = {
  service: SERVICE,
  profile_type: 'cpu',
  from: new Date(WINDOW.from).toISOString(),
  to: new Date(WINDOW.to).toISOString(),
};

/** Value by stack of the samples that ids select. */
async function readStacks(source: ProfileSource, kind: IdSelection['kind'], id: string) {
  const { profile } = await source.profile({ ...QUERY, only: { kind, ids: [id] } }, signal);
  const stacks: Record<string, number> = {};
  for (const [names, value] of listStacks(profile)) {
    const key = names.join(';');
    stacks[key] = (stacks[key] ?? 0) + value;
  }
  return stacks;
}

describe.runIf(wanted)('a real Pyroscope', () => {
  let server: LiveServer | null = null;
  let directory = '';
  let source: ProfileSource;
  let files: ProfileSource;
  /** Whether the server selects by all ids and lists exemplars: it has v2 storage for these profiles. */
  let isV2 = false;

  beforeAll(async () => {
    server = await liveServer(process.env);
    directory = mkdtempSync(path.join(tmpdir(), 'spans-'));
    for (const [name, content] of Object.entries(encodeSpanService(START, SERVICE)))
      writeFileSync(path.join(directory, name), content);
    files = createFilesSource({ directory });
    await files.dataRange(signal);
    await pushDirectory(server?.url ?? '', directory, 0);
    await servicesListed(server?.url ?? '', [SERVICE]);
    source = createPyroscopeSource({ name: 'live', uid: 'live', url: server?.url ?? '' });
    isV2 =
      (await source.exemplars?.(QUERY, 'profiles', signal).then(
        () => true,
        () => false,
      )) ?? false;
  }, 400_000);
  afterAll(async () => {
    await source?.close();
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const ask = (tool: string, args: object) => {
    const environment = createEnvironment([source]);
    return askerIn({ ...environment, context: { ...environment.context, now: Date.now } })(tool, args);
  };

  test('the storage is the one that was asked for', () => {
    if (process.env.PYROSCOPE_TEST_URL) return;
    expect(isV2).toBe(process.env.PYROSCOPE_STORAGE !== 'v1');
  });

  test('each span is the sum of its samples', async () => {
    for (const { span, stacks } of spans) expect(await readStacks(source, 'span', span)).toEqual(stacks);
    expect(await readStacks(source, 'span', UNSAMPLED)).toEqual({});
  }, 60_000);

  test('each trace is the sum of its samples, or the server says that it cannot', async () => {
    for (const { trace, stacks } of spans.slice(-5)) {
      const answer = readStacks(source, 'trace', trace);
      if (isV2) expect(await answer).toEqual(stacks);
      else await expect(answer).rejects.toThrow('cannot select samples by trace id');
    }
    if (isV2) expect(await readStacks(source, 'trace', 'a'.repeat(32))).toEqual({});
  }, 60_000);

  test('the heaviest profiles are those that were pushed, and each is found by its id', async () => {
    const listed = source.exemplars?.(QUERY, 'profiles', signal);
    if (!isV2) return expect(listed).rejects.toThrow('lists no single profiles');
    const { rows = [], counted } = (await listed) ?? {};
    const own = await files.exemplars?.(QUERY, 'profiles', signal);
    const told = ({ time, value, labels: { pod, service_name } }: (typeof rows)[number]) => ({
      time,
      value,
      pod,
      service_name,
    });
    expect(rows.map(told)).toEqual(own?.rows.map(told));
    expect(counted).toBe(own?.counted);
    for (const { profileId, value } of rows) {
      const stacks = await readStacks(source, 'profile', profileId ?? '');
      expect(Object.values(stacks).reduce((sum, part) => sum + part, 0)).toBe(value);
    }
    expect(await readStacks(source, 'profile', '7c9e6679-7425-40de-944b-e07fc1f90ae7')).toEqual({});
  }, 60_000);

  test('the heaviest spans are listed with what each has in a profile', async () => {
    const listed = source.exemplars?.(QUERY, 'spans', signal);
    if (!isV2) return expect(listed).rejects.toThrow('lists no single spans');
    const { rows = [], counted } = (await listed) ?? {};
    const parts = spans.flatMap(({ span, times }) => times.map((time) => `${span} ${START + time}`));
    expect(counted).toBe(parts.length);
    for (const { spanId, time, traceId, labels } of rows) {
      expect(parts).toContain(`${spanId} ${time}`);
      expect(traceId?.slice(16)).toBe(spanId);
      const planned = spans.find(({ span }) => span === spanId);
      expect({ pod: labels.pod, operation: labels.span_name }).toEqual({
        pod: planned?.pod,
        operation: planned?.operation,
      });
    }
    const own = rows.filter(({ spanId }) => spanId === SLOW).reduce((sum, { value }) => sum + value, 0);
    expect(own).toBe(
      Object.values(spans.find(({ span }) => span === SLOW)?.stacks ?? {}).reduce((a, b) => a + b, 0),
    );
    expect(rows[0]).toMatchObject({ spanId: SLOW });
  });

  test('a slow span differs from the others of its operation', async () => {
    const { text, isError } = await ask('compare_profiles', { ...question, span_id: SLOW });
    expect(isError, text).toBe(false);
    expect(text).toMatch(/\(differs\): .*most of all \S*coupon\.match/);
    expect(text).toContain('Others of "POST /pay": 1.77 s, 177 samples');
  });

  test('a span without samples is an answer', async () => {
    const { text } = await ask('summarize_profile', { ...question, span_id: UNSAMPLED });
    expect(text).toContain('No data (no such samples)');
    expect(text).toContain('A sample is taken every 10 ms');
  });
});
