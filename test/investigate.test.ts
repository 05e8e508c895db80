import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { callTool } from '../src/mcp/call.js';
import { createFilesSource } from '../src/sources/files/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { investigate } from '../src/tools/surface/investigate.js';
import { asker, askerIn, askFiles, createEnvironment, fixture, INCIDENT_WINDOW } from './support/ask.js';
import { createManualTimer, untilQuiet } from './support/manual-timer.js';
import { changing, pods, START, smallService } from './support/small-service.js';

const question = { service: 'checkout-api', ...INCIDENT_WINDOW };
const answerSchema = z.looseObject({
  verdict: z.string(),
  verdict_reason: z.string(),
  since: z.object({ after: z.string(), before: z.string() }).nullable(),
  baseline: z.looseObject({ from: z.string(), to: z.string(), chosen_by: z.string() }),
  findings: z.array(
    z.looseObject({
      rank: z.number(),
      profile_type_id: z.string(),
      kind: z.string(),
      function: z.string().nullable(),
      file: z.string().nullable(),
      line: z.number().nullable(),
      charged_to: z.string().nullable(),
      share_before: z.number(),
      share_after: z.number(),
      path: z.array(z.string()),
      label: z.object({ name: z.string(), value: z.string() }).nullable(),
      confidence: z.enum(['high', 'medium', 'low']),
      sentence: z.string(),
    }),
  ),
  lenses: z.array(
    z.looseObject({
      profile_type_id: z.string(),
      verdict: z.string(),
      rate_before: z.number().nullable(),
      rate_after: z.number().nullable(),
    }),
  ),
  not_determined: z.array(z.string()),
  upstream_requests: z.number(),
});

async function readAnswer(ask: ReturnType<typeof asker>, args: object) {
  const { text, isError } = await ask('investigate', { ...args, format: 'json' });
  expect(isError).toBe(false);
  return answerSchema.parse(JSON.parse(text));
}

/** A source that notes what is asked, and how much at once. */
function watched(directory: string) {
  const source = createFilesSource({ directory });
  const seen = { requests: 0, inFlight: 0, most: 0 };
  const watch =
    <Args extends readonly unknown[], T>(ask: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      seen.requests++;
      seen.inFlight++;
      seen.most = Math.max(seen.most, seen.inFlight);
      try {
        return await ask(...args);
      } finally {
        seen.inFlight--;
      }
    };
  const countingSource: ProfileSource = {
    ...source,
    labelNames: watch(source.labelNames),
    labelValues: watch(source.labelValues),
    series: watch(source.series),
    profile: watch(source.profile),
    snapshots: watch(source.snapshots),
    timeSeries: watch(source.timeSeries),
    ...(source.exemplars === undefined ? {} : { exemplars: watch(source.exemplars) }),
  };
  return { source: countingSource, seen };
}

describe('instances that are all new', () => {
  const cost = (init: number) => ({ 'main serve': 60, 'main poll': 40, 'main init': init });
  const ask = (initAt: (minute: number) => number) =>
    asker(
      smallService([
        { labels: { pod: 'a' }, minutes: { to: -1 }, profiles: { cpu: () => cost(0) } },
        { labels: { pod: 'x' }, minutes: { from: 0 }, profiles: { cpu: (minute) => cost(initAt(minute)) } },
      ]),
    )('investigate', { service: 'shop', from: '2026-11-20T14:00:00Z', to: '2026-11-20T14:15:00Z' });

  test('and settle: the answer says from when on the window is judged', async () => {
    const { text } = await ask((minute) => (minute < 3 ? 200 : 0));
    expect(text).toContain('NO CHANGE beyond noise (no_change)');
    expect(text).toContain('14:00:00Z to 14:15Z, judged from 14:03:35Z on: 11 cpu profiles, 1100 samples');
    expect(text).toContain('is left out as warm-up that settled (init above all)');
  });

  test('and still warm up: inconclusive, with the question about a later window', async () => {
    const { text } = await ask((minute) => 200 * Math.exp(-minute / 5));
    expect(text).toContain('INCONCLUSIVE (inconclusive)');
    expect(text).toContain('all instances are new and still warm up (cpu of init above all)');
    expect(text).toContain(
      'Next: investigate {"service":"shop","from":"2026-11-20T14:15:00Z","to":"2026-11-20T14:30:00Z","baseline_from":"2026-11-20T13:00:00Z","baseline_to":"2026-11-20T13:59:59.999Z"}',
    );
  });
});

describe('investigate', () => {
  test('JSON carries the fields of the contract', async () => {
    const { verdict, findings, lenses, since } = await readAnswer(askFiles(fixture('demo')), question);
    expect(verdict).toBe('code_regression');
    expect(findings[0]).toMatchObject({
      rank: 1,
      kind: 'code',
      function: 'northwind.dev/checkout/coupon.loadPattern',
      line: 54,
      share_before: 0,
      share_after: expect.closeTo(0.2048, 4),
      label: null,
    });
    expect(findings[0]?.path).toContain('northwind.dev/checkout/coupon.(*Validator).Match');
    expect(lenses.map((lens) => [lens.profile_type_id.split(':')[1], lens.verdict])).toEqual([
      ['cpu', 'code_regression'],
      ['alloc_space', 'code_regression'],
      ['inuse_space', 'no_change'],
      // Counts of the samples of those.
      ['samples', 'not_read'],
      ['alloc_objects', 'not_read'],
      ['inuse_objects', 'not_read'],
    ]);
    expect(Date.parse(since?.after ?? '')).toBeLessThan(Date.parse(INCIDENT_WINDOW.from));
    expect(Date.parse(since?.before ?? '')).toBeGreaterThan(Date.parse(INCIDENT_WINDOW.from));
  });

  test('the requests stand in the answer, at most 40 of them, 8 at once', async () => {
    for (const name of ['demo', 'incidents/05-notify-goroutines', 'incidents/08-auth-cpu']) {
      const { source, seen } = watched(fixture(name));
      const answer = await readAnswer(asker(source), INCIDENT_WINDOW);
      expect(answer.upstream_requests).toBe(seen.requests);
      expect(answer.upstream_requests).toBeLessThanOrEqual(40);
      expect(seen.most).toBeLessThanOrEqual(8);
    }
  });

  test('a change inside the window is found, and when it began', async () => {
    const window = { from: '2026-11-20T14:15:00Z', to: '2026-11-20T14:45:00Z' };
    const { verdict, findings, since } = await readAnswer(askFiles(fixture('demo')), {
      service: 'checkout-api',
      ...window,
    });
    expect([verdict, findings[0]?.function]).toEqual([
      'code_regression',
      'northwind.dev/checkout/coupon.loadPattern',
    ]);
    expect(Date.parse(since?.after ?? '')).toBeLessThanOrEqual(Date.parse('2026-11-20T14:30:00Z'));
    expect(Date.parse(since?.before ?? '')).toBeGreaterThanOrEqual(Date.parse('2026-11-20T14:30:00Z'));
  });

  test('a baseline of the caller is taken and named', async () => {
    const baseline = { baseline_from: '2026-11-20T14:00:00Z', baseline_to: '2026-11-20T14:15:00Z' };
    const answer = await readAnswer(askFiles(fixture('demo')), { ...question, ...baseline });
    expect(answer.baseline).toMatchObject({
      from: '2026-11-20T14:00:00Z',
      to: '2026-11-20T14:15:00Z',
      chosen_by: 'caller',
    });
    expect([answer.verdict, answer.findings[0]?.function]).toEqual([
      'code_regression',
      'northwind.dev/checkout/coupon.loadPattern',
    ]);
  });

  test('a symptom orders what supports the verdict and never decides it', async () => {
    // A leak whose memory rises as well, and code that costs more: three findings of three types.
    const held = (minute: number) => ({
      'main serve hold': 100 + 60 * Math.max(0, minute),
      'main boot': 100,
    });
    const code = { 'main serve': 60, 'main poll': 40 };
    const ask = asker(
      smallService(
        pods(2, {
          cpu: changing({ ...code, 'main price': 10 }, { ...code, 'main price': 60 }),
          inuse: held,
          goroutines: (minute) => ({ 'main serve park': held(minute)['main serve hold'], 'main boot': 100 }),
        }),
      ),
    );
    const window = { from: new Date(START).toISOString(), to: new Date(START + 15 * 60_000).toISOString() };
    const findingsFor = async (symptom?: string) => {
      const asking = { service: 'shop', ...window, ...(symptom === undefined ? {} : { symptom }) };
      const { verdict, findings } = await readAnswer(ask, asking);
      return [verdict, ...findings.map(({ function: name }) => name)];
    };
    expect(await findingsFor()).toEqual(['leak', 'park', 'hold', 'price']);
    expect(await findingsFor('memory leak, OOM kills')).toEqual(['leak', 'park', 'hold', 'price']);
    expect(await findingsFor('CPU throttled')).toEqual(['leak', 'park', 'price', 'hold']);
  });

  test('no baseline: inconclusive, and it says why', async () => {
    const answer = await readAnswer(askFiles(fixture('demo')), {
      service: 'checkout-api',
      from: '2026-11-20T14:00:00Z',
      to: '2026-11-20T14:15:00Z',
    });
    expect(answer.verdict).toBe('inconclusive');
    expect(answer.verdict_reason).toBe('there is no profile in the baseline to compare with');
  });

  test('a type that the store cannot answer for is named; the others are answered', async () => {
    const source = createFilesSource({ directory: fixture('demo') });
    const { UpstreamError } = await import('../src/errors.js');
    const broken: ProfileSource = {
      ...source,
      profile: async (query, signal) => {
        if (query.profileTypeId.includes('alloc_space')) throw new UpstreamError('too_large', 'over 100 MiB');
        return source.profile(query, signal);
      },
    };
    const { verdict, not_determined } = await readAnswer(asker(broken), question);
    expect(verdict).toBe('code_regression');
    expect(not_determined).toContain('alloc: not read, the answer was over the size limit');
  });

  test('shortly before the deadline it answers with what it has', async () => {
    const source = createFilesSource({ directory: fixture('demo') });
    let [stuckReads, otherReads] = [0, 0];
    const stuck: ProfileSource = {
      ...source,
      async profile(query, signal) {
        if (query.profileTypeId.includes('alloc_space')) {
          stuckReads++;
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        }
        otherReads++;
        const read = await source.profile(query, signal);
        otherReads--;
        return read;
      },
    };
    const { timer, advanceTo } = createManualTimer();
    const environment = { ...createEnvironment([stuck]), deadlineMs: 10_000, timer };
    void untilQuiet(() => stuckReads > 0 && otherReads === 0).then(() => advanceTo(9_999));
    const { verdict, not_determined } = await readAnswer(askerIn(environment), question);
    expect(verdict).toBe('code_regression');
    expect(not_determined).toContain('alloc: not read, no time was left to read it');
  });

  test('progress rises with every request', async () => {
    const steps: number[] = [];
    const environment = createEnvironment([createFilesSource({ directory: fixture('demo') })]);
    const { signal } = new AbortController();
    const asked = { ...question, format: 'json' };
    const { text } = await callTool(investigate, asked, environment, signal, (done) => steps.push(done));
    const { upstream_requests: requests } = JSON.parse(text);
    expect(requests).toBeGreaterThan(10);
    expect([steps.length, steps.at(-1)]).toEqual([requests, requests]);
    // The protocol wants each number to be greater than the one before.
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  });
});
