import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { callTool } from '../src/mcp/call.js';
import { createFilesSource } from '../src/sources/files/source.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { createMetrics } from '../src/telemetry/metrics.js';
import type { Tool } from '../src/tools/define.js';
import { investigate } from '../src/tools/surface/investigate.js';
import { caseFoldersIn, loadCaseFolder } from './evaluation/case-folder.js';
import { createEnvironment, fixture, INCIDENT_WINDOW, INCIDENTS } from './support/ask.js';
import { readSamples } from './support/metrics.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import type { Fault } from './support/wire/faults.js';

// Every profile type of every public incident fails in turn, in six ways, over the real transport. An answer
// may then know less; it must never claim what the failed type could have shown to be wrong.

const WAYS: readonly (readonly [name: string, fault: Fault, reason: string])[] = [
  ['404', { kind: 'status', status: 404 }, 'not_found'],
  ['429', { kind: 'status', status: 429 }, 'overloaded'],
  ['503', { kind: 'status', status: 503 }, 'overloaded'],
  ['a cut body', { kind: 'half' }, 'unreadable'],
  ['garbage', { kind: 'garbage' }, 'unreadable'],
  ['silence', { kind: 'hang' }, 'timeout'],
];
/** Only requests that the server never answers meet this deadline, so that its length decides nothing. */
const SILENCE_MS = 40;

const answerSchema = z.object({
  verdict: z.string(),
  findings: z.array(z.object({ confidence: z.string() })),
  lenses: z.array(
    z.object({ profile_type_id: z.string(), verdict: z.string(), same_as: z.string().nullable() }),
  ),
  not_determined: z.array(z.string()),
  next: z.array(z.object({ tool: z.string(), arguments: z.record(z.string(), z.unknown()) })),
});

type InvestigationAnswer = z.output<typeof answerSchema>;

/** How sure a finding is, as a number. */
const rank = ({ confidence }: { confidence: string }) => ['low', 'medium', 'high'].indexOf(confidence);

/** The types that an answer is drawn from: all but those that only count the samples of another one. */
const listWitnesses = ({ lenses }: InvestigationAnswer) =>
  lenses.filter(({ same_as: sameAs }) => sameAs === null);

/** Whether every type of every incident meets every way, or in most incidents only one way each (CI). */
const IS_WHOLE = process.env.FAULT_MATRIX === 'all';

interface Incident {
  name: string;
  /** Whether every type meets every way in each run. */
  isWhole: boolean;
  /** Number of the way that its first type meets where it meets only one. */
  turn: number;
  service: string;
  window: { from: string; to: string };
  open(): Promise<ProfileSource>;
}

const incidents: Incident[] = INCIDENTS.map(({ name, directory, service }) => ({
  name,
  isWhole: true,
  turn: 0,
  service,
  window: INCIDENT_WINDOW,
  open: async () => createFilesSource({ directory }),
}));
const WHOLE_SDKS = ['sdk-go-sdk', 'sdk-java-async-profiler'];
const folders = await caseFoldersIn([fixture('sdk'), fixture('libraries')]);
for (const folder of folders) {
  const { id, service, windows, source } = await loadCaseFolder(folder);
  const { from, to } = windows.incident;
  incidents.push({
    name: id,
    isWhole: IS_WHOLE || WHOLE_SDKS.includes(id),
    turn: incidents.length,
    service,
    window: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    open: async () => source,
  });
}

describe.each(incidents)('$name', ({ isWhole, turn, service, window, open }) => {
  let files: ProfileSource;
  let server: TestPyroscope;
  let usual: ProfileSource;
  let impatient: ProfileSource;
  let unfaulted: InvestigationAnswer;

  /** Runs the tool once and renders its answer both ways. */
  const ask = async (source: ProfileSource) => {
    const log: string[] = [];
    const metrics = createMetrics(['investigate']);
    const environment = { ...createEnvironment([source], log), meter: metrics.meter };
    let answer: ReturnType<Tool['run']> | null = null;
    const tool: Tool = investigate;
    const once: Tool = {
      ...tool,
      run(args, context) {
        answer ??= tool.run(args, context);
        return answer;
      },
    };
    const render = (format: 'json' | 'text') =>
      callTool(once, { service, ...window, format }, environment, new AbortController().signal);
    const { text: json, isError } = await render('json');
    const { text } = await render('text');
    return { json, text, isError, log, metrics: await metrics.render() };
  };

  beforeAll(async () => {
    files = await open();
    server = await startPyroscopeServer(remembering(files));
    usual = createPyroscopeSource({ name: 'store', uid: 'store', url: server.url });
    impatient = createPyroscopeSource({
      name: 'store',
      uid: 'store',
      url: server.url,
      timeoutMs: SILENCE_MS,
    });
    unfaulted = answerSchema.parse(JSON.parse((await ask(usual)).json));
  });
  afterAll(async () => {
    await Promise.all([usual.close(), impatient.close()]);
    await server.close();
    await files.close();
  });

  /** The source that asks about one type with less patience. */
  const without = (typeId: string): ProfileSource => {
    const pick = (id: string) => (id === typeId ? impatient : usual);
    return {
      ...usual,
      profile: (query, signal) => pick(query.profileTypeId).profile(query, signal),
      snapshots: (query, ...rest) => pick(query.profileTypeId).snapshots(query, ...rest),
      timeSeries: (query, ...rest) => pick(query.profileTypeId).timeSeries(query, ...rest),
    };
  };

  /** The call while requests that name a type, all of them or its merges only, meet a fault. */
  const whileFailing = async (typeId: string, [way, fault]: (typeof WAYS)[number], on?: string) => {
    server.faults.set(fault, { naming: typeId, ...(on === undefined ? {} : { on }) });
    const faulted = await ask(way === 'silence' ? without(typeId) : usual);
    server.faults.clear();
    return faulted;
  };

  /** The types that are to meet a way: all, or those whose turn it is. */
  const inTurn = <T>(types: readonly T[], way: (typeof WAYS)[number]): T[] =>
    types.filter((_, index) => isWhole || WAYS[(turn + index) % WAYS.length]?.[0] === way[0]);

  /** Whatever is said without a type says that it is without it. */
  function expectNamed(typeId: string, faulted: Awaited<ReturnType<typeof ask>>, reason: string): void {
    const { json, text, isError, log, metrics } = faulted;
    const place = `${typeId}: ${text}`;
    if (listWitnesses(unfaulted).length === 1) {
      // Nothing else is left to say: the call fails, with the reason and the next step.
      expect(isError, place).toBe(true);
      expect(text, place).toMatch(/^The (?:answer of the )?profile store .*\nNext: /);
      return;
    }
    expect(isError, place).toBe(false);
    const answer = answerSchema.parse(JSON.parse(json));
    const isConfident = answer.findings.some(({ confidence }) => confidence === 'high');
    expect(answer.verdict, place).not.toBe('no_change');
    expect(!isConfident || answer.verdict === unfaulted.verdict, place).toBe(true);
    // A failed merge is asked again, by parts, so that no request may be left for a type that is read last.
    const others = answer.not_determined.filter((line) => line.endsWith('no request was left to read it'));
    const notRead = listWitnesses(answer).filter(({ verdict }) => verdict === 'not_read');
    expect(notRead[0]?.profile_type_id, place).toBe(typeId);
    expect(notRead, place).toHaveLength(1 + others.length);
    const [line = ''] = answer.not_determined;
    const [, alias = ''] = /^(\S+): not read, /.exec(line) ?? [];
    expect(line, place).toMatch(/^\S+: not read, /);
    expect(answer.next[0]?.tool, place).toBe('investigate');
    expect(text.split('\n')[0]).toContain(`; NOT READ: ${alias} (`);
    expect(text).toMatch(/^Verdict(?: so far)?: /);
    expect(text).not.toContain('do not report');
    expect(text, 'its counts are no witness of it').not.toContain(`(as ${alias})`);
    const warned = log.map((entry) => JSON.parse(entry)).filter(({ what }) => what === alias);
    expect(warned, place).toEqual([expect.objectContaining({ level: 'warn', tool: 'investigate', reason })]);
    expect(readSamples(metrics, 'pyroscope_mcp_parts_not_read_total')).toEqual({
      [`reason=${reason}`]: 1,
      ...(others.length > 0 ? { 'reason=no_request_left': others.length } : {}),
    });
  }

  test.each(WAYS)('any type that fails with %s is named and counted', async (...way) => {
    expect(listWitnesses(unfaulted).length).toBeGreaterThan(0);
    for (const { profile_type_id: typeId } of inTurn(listWitnesses(unfaulted), way))
      expectNamed(typeId, await whileFailing(typeId, way), way[2]);
  });

  test.each(WAYS)('a type of counts that fails with %s takes nothing from the answer', async (...way) => {
    const counts = unfaulted.lenses.filter(({ same_as: sameAs }) => sameAs !== null);
    for (const { profile_type_id: typeId } of inTurn(counts, way)) {
      const { json, text, log, metrics } = await whileFailing(typeId, way);
      const answer = answerSchema.parse(JSON.parse(json));
      const place = `${typeId}: ${text}`;
      expect({ ...answer, findings: [] }, place).toEqual({ ...unfaulted, findings: [] });
      // Without counts the value of a sample is an estimate: a finding may be less sure, and never more.
      const [ranks, unfaultedRanks] = [answer.findings.map(rank), unfaulted.findings.map(rank)];
      expect(ranks, place).toHaveLength(unfaultedRanks.length);
      expect(
        ranks.every((value, at) => value <= (unfaultedRanks[at] ?? 0)),
        place,
      ).toBe(true);
      expect(text).not.toContain('NOT READ');
      expect(log.filter((entry) => JSON.parse(entry).level === 'warn')).toEqual([]);
      expect(readSamples(metrics, 'pyroscope_mcp_parts_not_read_total')).toEqual({});
    }
  });

  test.each(WAYS)('the main type whose merges fail with %s is named and counted', async (...way) => {
    for (const { profile_type_id: typeId } of inTurn(listWitnesses(unfaulted).slice(0, 1), way))
      expectNamed(typeId, await whileFailing(typeId, way, 'SelectMergeProfile'), way[2]);
  });
});

/** Wraps a source so that it computes each answer once, since the tests repeat the same questions. */
function remembering(source: ProfileSource): ProfileSource {
  const answers = new Map<string, Promise<unknown>>();
  const once =
    <Args extends readonly unknown[], T>(name: string, ask: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> => {
      const key = JSON.stringify([name, ...args.filter((arg) => !(arg instanceof AbortSignal))]);
      // Kept under the name of the method, whose type this is.
      const known = answers.get(key) as Promise<T> | undefined;
      const answer = known ?? ask(...args);
      answers.set(key, answer);
      return answer;
    };
  return {
    ...source,
    labelNames: once('labelNames', source.labelNames),
    labelValues: once('labelValues', source.labelValues),
    series: once('series', source.series),
    profile: once('profile', source.profile),
    snapshots: once('snapshots', source.snapshots),
    timeSeries: once('timeSeries', source.timeSeries),
  };
}
