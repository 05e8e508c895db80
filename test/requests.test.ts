import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createFilesSource } from '../src/sources/files/source.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { formatTime } from '../src/text/units.js';
import { asker, INCIDENT_WINDOW, INCIDENTS, NOW } from './support/ask.js';
import { directoryWith, manifest } from './support/directory.js';
import { listStacks, pprofBytes } from './support/profiles.js';
import { type PyroscopeServerOptions, startPyroscopeServer } from './support/pyroscope-server.js';
import { CPU, encodeSpanService, planSpans, SERVICE, SLOW, UNSAMPLED } from './support/span-service.js';

// From the slow request to its code: samples of spans, traces and single profiles, on every kind of store.

const START = NOW - 600_000;
const WINDOW = { from: START, to: START + 200_000 };
const TIMES = { from: new Date(WINDOW.from).toISOString(), to: new Date(WINDOW.to).toISOString() };
const QUERY = {
  profileTypeId: CPU,
  matchers: [{ name: 'service_name', op: '=' as const, value: SERVICE }],
  window: WINDOW,
};
const { signal } = new AbortController();
const { spans } = planSpans();
const slow = spans.find(({ span }) => span === SLOW);
if (slow === undefined) throw new Error('no slow span');
const question = { service: SERVICE, profile_type: 'cpu', ...TIMES };

/** Value by stack. */
async function readStacks(source: ProfileSource, kind: 'span' | 'trace' | 'profile', ...ids: string[]) {
  const { profile } = await source.profile({ ...QUERY, only: { kind, ids } }, signal);
  const stacks: Record<string, number> = {};
  for (const [names, value] of listStacks(profile)) {
    const key = names.join(';');
    stacks[key] = (stacks[key] ?? 0) + value;
  }
  return stacks;
}

async function openFiles(): Promise<ProfileSource> {
  return createFilesSource({
    directory: await directoryWith(encodeSpanService(START)),
    name: 'store',
    uid: 'store',
  });
}

async function openServer(options: PyroscopeServerOptions = {}) {
  const server = await startPyroscopeServer(await openFiles(), { now: () => NOW, ...options });
  const source = createPyroscopeSource({ name: 'store', uid: 'store', url: server.url });
  onTestFinished(async () => {
    await source.close();
    await server.close();
  });
  return { server, source };
}

const STORES: Readonly<Record<string, () => Promise<ProfileSource>>> = {
  files: openFiles,
  v2: async () => (await openServer()).source,
  'v2 before 2.2': async () => (await openServer({ version: 2.1 })).source,
  v1: async () => (await openServer({ mode: 'v1' })).source,
};

describe.each(Object.keys(STORES))('%s', (kind) => {
  const open = STORES[kind] ?? openFiles;

  test('a span is the sum of its samples, in whatever profiles they are', async () => {
    const source = await open();
    for (const { span, stacks } of spans.slice(0, 3))
      expect(await readStacks(source, 'span', span)).toEqual(stacks);
    expect(await readStacks(source, 'span', SLOW)).toEqual(slow.stacks);
    expect(slow.times).toHaveLength(2);
  });

  test('several spans are added up, and a span of another service is not there', async () => {
    const source = await open();
    const [first, second] = spans;
    const sum: Record<string, number> = { ...first?.stacks };
    for (const [stack, value] of Object.entries(second?.stacks ?? {})) sum[stack] = (sum[stack] ?? 0) + value;
    expect(await readStacks(source, 'span', first?.span ?? '', second?.span ?? '')).toEqual(sum);
    expect(await readStacks(source, 'span', UNSAMPLED)).toEqual({});
    const other = { ...QUERY, matchers: [{ name: 'pod', op: '=' as const, value: 'web-1' }] };
    const { profile } = await source.profile({ ...other, only: { kind: 'span', ids: [SLOW] } }, signal);
    expect(profile.values).toHaveLength(0);
  });

  test('the summary is about these samples alone, and so are its ready calls', async () => {
    const ask = asker(await open());
    const { text, isError } = await ask('summarize_profile', { ...question, span_id: SLOW.toUpperCase() });
    expect(isError, text).toBe(false);
    expect(text).toContain(`Only the samples of span ${SLOW}`);
    expect(text).toContain('Total 4.16 s');
    expect(text).toContain('coupon.parse');
    expect(text).not.toContain('jobs.sweep');
    const [, tool = '', args = ''] = /^Next: (\w+) (\{.*\})$/m.exec(text) ?? [];
    expect(JSON.parse(args)).toMatchObject({ span_id: SLOW });
    expect((await ask(tool, JSON.parse(args))).text).toContain(`Only the samples of span ${SLOW}`);
  });

  test('a function of a span has the cost that it has there', async () => {
    const { text } = await asker(await open())('inspect_function', {
      ...question,
      span_id: SLOW,
      function: 'coupon.match',
      format: 'json',
    });
    expect(JSON.parse(text)).toMatchObject({ total: { value: 4_160_000_000 }, self: 4_100_000_000 });
  });

  test('a slow span differs from the others of its operation', async () => {
    const { text, isError } = await asker(await open())('compare_profiles', { ...question, span_id: SLOW });
    expect(isError, text).toBe(false);
    expect(text).toContain('(differs)');
    expect(text).toMatch(/most of all \S*coupon\.match/);
    if (kind !== 'v1') expect(text).toContain('32 parts of spans in profiles');
    expect(text).toMatch(/Others of "POST \/pay": [\d.]+ s/);
    expect(text).toMatch(/\+9\d\.\d \[.*\] new 0% -> 98\.6% .*coupon\.match/);
    expect(text).toContain(`"span_id":"${SLOW}"`);
  });

  test('a usual span does not', async () => {
    const usual = spans.filter(({ operation, span }) => operation === 'POST /pay' && span !== SLOW);
    const span_id = usual
      .map(({ span }) => span)
      .slice(0, 8)
      .join(',');
    const { text } = await asker(await open())('compare_profiles', {
      ...question,
      span_id,
      baseline_selector: 'span_name="GET /cart"',
    });
    // They may cost more: the headline is about the functions alone.
    expect(text).toMatch(/^Verdict: THE SAME MIX of functions as the others, beyond noise \(no_change\): /);
    expect(text).toContain('functions takes another share beyond noise');
  });

  test('a span without samples is an answer', async () => {
    const { text, isError } = await asker(await open())('summarize_profile', {
      ...question,
      span_id: UNSAMPLED,
    });
    expect(isError).toBe(false);
    expect(text).toContain(`No data (no such samples): No cpu sample of span ${UNSAMPLED} was found`);
    expect(text).toContain(
      'A sample is taken every 10 ms: a span of less than about 30 ms may well have none',
    );
    expect(text).toMatch(
      kind === 'v1'
        ? /Its profiler marks spans: there is a label span_name/
        : /The service does send span ids/,
    );
  });
});

describe.each(['files', 'v2'])('%s', (kind) => {
  const open = STORES[kind] ?? openFiles;

  test('a trace is the sum of its spans', async () => {
    const source = await open();
    expect(await readStacks(source, 'trace', slow.trace)).toEqual(slow.stacks);
    expect(await readStacks(source, 'trace', 'a'.repeat(32))).toEqual({});
  });

  test('the heaviest spans are listed with time, instance, value and id', async () => {
    const ask = asker(await open());
    const { text } = await ask('get_timeline', { ...question, exemplars: 'spans', format: 'json' });
    const { exemplars, next } = JSON.parse(text);
    expect(exemplars[0]).toEqual({
      from: formatTime(START + 60_000),
      to: formatTime(START + 90_000),
      value: 4_160_000_000,
      share: expect.closeTo(0.4, 1),
      instance: 'web-0',
      operation: 'POST /pay',
      profile_id: null,
      span_id: SLOW,
      trace_id: slow.trace,
      profiles: 2,
    });
    expect(next.map(({ tool }: { tool: string }) => tool)).toEqual(['summarize_profile', 'compare_profiles']);
    for (const call of next) expect((await ask(call.tool, call.arguments)).text).toContain(SLOW);
  });

  test('the heaviest profiles are listed, and each is found by its id', async () => {
    const source = await open();
    const ask = asker(source);
    const { text } = await ask('get_timeline', { ...question, exemplars: 'profiles', format: 'json' });
    const { exemplars, listed, counted, total } = JSON.parse(text);
    expect({ listed, counted }).toEqual({ listed: 8, counted: 8 });
    const values = exemplars.map(({ value }: { value: number }) => value);
    expect(values).toEqual(values.toSorted((a: number, b: number) => b - a));
    expect(values.reduce((sum: number, value: number) => sum + value, 0)).toBe(total.value);
    expect(exemplars[0]).toMatchObject({ instance: 'web-0', from: formatTime(START + 60_000) });
    for (const { profile_id, value } of exemplars) {
      const stacks = await readStacks(source, 'profile', profile_id);
      expect(Object.values(stacks).reduce((sum, part) => sum + part, 0)).toBe(value);
    }
    expect((await ask('get_timeline', { ...question, exemplars: 'profiles' })).text).toContain(
      'Heaviest profiles (value, share of the total, time',
    );
    const first = await ask('summarize_profile', { ...question, profile_id: exemplars[0].profile_id });
    expect(first.text).toContain('1 profile');
    const unknown = await ask('summarize_profile', {
      ...question,
      profile_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    });
    expect(unknown.text).toContain('get_timeline with exemplars=profiles lists them');
  });
});

test('profiles of wall-clock time are listed with their idle time, and the answer says so', async () => {
  const incident = INCIDENTS.find(({ name }) => name === '16-storefront-latency');
  if (incident === undefined) throw new Error('no incident');
  const { directory, service } = incident;
  const source = createFilesSource({ directory, uid: 'files' });
  const { text } = await asker(source)('get_timeline', {
    ...{ service, profile_type: 'wall', exemplars: 'profiles' },
    ...INCIDENT_WINDOW,
  });
  expect(text).toContain('4.75 s (594 ms per profile) active');
  expect(text).toContain('Heaviest profiles (value and share of the total, both with idle time, time, ');
});

describe('a server that cannot', () => {
  test.each<[string, PyroscopeServerOptions, object, RegExp]>([
    [
      'v1 and a trace',
      { mode: 'v1' },
      { trace_id: slow.trace },
      /cannot select samples by trace id: that needs Pyroscope 2\.2 or later with v2 storage/,
    ],
    [
      'v1 and a profile',
      { mode: 'v1' },
      { profile_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7' },
      /by profile id: that needs Pyroscope 1\.17/,
    ],
    ['2.1 and a trace', { version: 2.1 }, { trace_id: slow.trace }, /by trace id: that needs Pyroscope 2\.2/],
    [
      '1.16 and a profile',
      { version: 1.16 },
      { profile_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7' },
      /by profile id: that needs Pyroscope 1\.17/,
    ],
  ])('%s: says what is needed, and gives no other samples', async (_, options, ids, words) => {
    const { source } = await openServer(options);
    const { text, isError } = await asker(source)('summarize_profile', { ...question, ...ids });
    expect(isError).toBe(true);
    expect(text).toMatch(words);
    expect(text).toContain('\nNext: ');
  });

  test.each<[string, PyroscopeServerOptions]>([
    ['v1', { mode: 'v1' }],
    ['1.18', { version: 1.18 }],
  ])('%s lists no exemplars, and says so', async (_, options) => {
    const ask = asker((await openServer(options)).source);
    for (const exemplars of ['profiles', 'spans']) {
      const { text, isError } = await ask('get_timeline', { ...question, exemplars });
      expect(isError).toBe(true);
      expect(text).toContain(`lists no single ${exemplars}: that needs Pyroscope 1.19`);
    }
  });

  test('a server in dual mode selects what its v2 storage holds, and says from when on', async () => {
    const { source } = await openServer({ mode: 'dual', split: START + 50_000 });
    const { text, isError } = await asker(source)('summarize_profile', { ...question, trace_id: slow.trace });
    expect(isError, text).toBe(false);
    expect(text).toContain('Total 4.16 s');
    expect(text).toContain('Only the time since');
  });

  test('where it finds none, too, it says from when on it searched', async () => {
    const split = START + Math.max(...slow.times) + 1_000;
    const { source } = await openServer({ mode: 'dual', split });
    const { text } = await asker(source)('summarize_profile', { ...question, trace_id: slow.trace });
    expect(text).toMatch(/^No data .*No cpu sample of trace .* Only the time since .* was searched/);
  });

  test('that it selects is checked once', async () => {
    const { server, source } = await openServer();
    const { rows } = (await source.exemplars?.(QUERY, 'profiles', signal)) ?? { rows: [] };
    server.requests.clear();
    for (const { profileId } of rows.slice(0, 3)) await readStacks(source, 'profile', profileId ?? '');
    expect(server.requests.count('SelectMergeProfile')).toBe(4);
  });
});

describe('get_timeline with exemplars', () => {
  let ask: ReturnType<typeof asker>;
  beforeAll(async () => {
    ask = asker(createFilesSource({ directory: 'fixtures/demo' }));
  });

  test.each([{ group_by: 'pod' }, { function: 'main' }])('not with %j', async (more) => {
    const { text, isError } = await ask('get_timeline', {
      service: 'checkout-api',
      exemplars: 'spans',
      ...more,
    });
    expect(isError).toBe(true);
    expect(text).toContain('`exemplars` cannot be combined');
  });

  test('says where a service sends no span ids', async () => {
    const { text } = await ask('get_timeline', {
      service: 'checkout-api',
      profile_type: 'cpu',
      exemplars: 'spans',
    });
    expect(text).toContain('No sample holds a span id here: the service does not send them.');
    const missing = await ask('summarize_profile', {
      service: 'checkout-api',
      profile_type: 'cpu',
      span_id: SLOW,
    });
    expect(missing.text).toContain('No sample of the service holds a span id here: it does not send them.');
  });
});

describe('investigate', () => {
  const MINUTE = 60_000;
  const first = NOW - 60 * MINUTE;
  const incident = { from: formatTime(NOW - 15 * MINUTE), to: formatTime(NOW) };

  /** An hour of two pods, of which one serves a request that costs more than all others for some minutes. */
  async function openHour(slowMinutes: number): Promise<ProfileSource> {
    const files: Record<string, Uint8Array> = {};
    const listed = [];
    for (let at = 0; at < 60 * 4; at++) {
      for (const pod of ['web-0', 'web-1']) {
        const minute = at / 4 - 45;
        const isSlow = pod === 'web-0' && minute >= 5 && minute < 5 + slowMinutes;
        const price = 40 + ((at * 7 + pod.length + (pod === 'web-1' ? 3 : 0)) % 9);
        const stacks = [
          {
            frames: ['main', 'serve', 'price'],
            values: [price, price * 10_000_000],
            labels: usualLabels(at, pod),
          },
          ...(isSlow
            ? [{ frames: ['main', 'serve', 'parse'], values: [90, 900_000_000], labels: SLOW_LABELS }]
            : []),
        ];
        const file = `${at}-${pod}.pb`;
        files[file] = pprofBytes({
          types: ['samples/count', 'cpu/nanoseconds'],
          periodType: 'cpu/nanoseconds',
          stacks,
        });
        listed.push({
          file,
          time: new Date(first + at * 15_000).toISOString(),
          labels: { service_name: SERVICE, pod },
        });
      }
    }
    return createFilesSource({
      directory: await directoryWith({ 'profiles.json': manifest(listed), ...files }),
    });
  }
  const SLOW_LABELS = { span_id: SLOW, trace_id: slow.trace, span_name: 'POST /import' };
  const usualLabels = (at: number, pod: string) => ({
    span_id: (1 + 2 * at + (pod === 'web-0' ? 0 : 1)).toString(16).padStart(16, '0'),
    span_name: 'GET /cart',
  });

  test('names the request that carries a change, with the call that shows what it does', async () => {
    const ask = asker(await openHour(8));
    const { text } = await ask('investigate', { service: SERVICE, ...incident });
    expect(text).toMatch(
      new RegExp(`Note: One request carries it: span ${SLOW} of "POST /import" cost 28\\.8 s from`),
    );
    const [, args = '{}'] = /^Next: compare_profiles (\{.*\})$/m.exec(text) ?? [];
    expect(JSON.parse(args)).toMatchObject({ span_id: SLOW });
    expect((await ask('compare_profiles', JSON.parse(args))).text).toContain('(differs)');
  });
});
