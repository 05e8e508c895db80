import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { textOfFunction } from '../../src/profile/code/find-function.js';
import { formatTime } from '../../src/text/units.js';
import { caseFoldersIn, loadCaseFolder, quietHalf } from '../evaluation/case-folder.js';
import { ALL_KINDS } from '../evaluation/generator/case.js';
import { openCase } from '../evaluation/jobs.js';
import { askerIn, createEnvironment, fixture } from '../support/ask.js';
import { contradictionsBetween } from './comparison.js';
import { fieldQuestions, type Question } from './field.js';
import { contradictionsIn } from './investigation.js';
import { contradictionsOfOnset, type ToldOnset } from './onset.js';
import { contradictionsInText } from './text.js';
import { contradictionsOver } from './timeline.js';

// No answer contradicts its own numbers, whatever the data: docs/develop/comparison.md says what counts as
// small.

type Views = {
  investigation: typeof import('../../src/report/answers/investigation.js');
  comparison: typeof import('../../src/report/answers/comparison.js');
  timeline: typeof import('../../src/report/answers/timeline-view.js');
};
/** The data that the last answer was rendered from; null where an answer has none. */
const rendered = vi.hoisted(
  (): {
    investigation: Parameters<Views['investigation']['investigationAnswer']> | null;
    comparison: Parameters<Views['comparison']['comparisonAnswer']> | null;
    timeline: Parameters<Views['timeline']['timelineAnswer']> | null;
  } => ({ investigation: null, comparison: null, timeline: null }),
);
vi.mock('../../src/report/answers/investigation.js', async (original) => {
  const real = await original<Views['investigation']>();
  const investigationAnswer: typeof real.investigationAnswer = (...data) => {
    rendered.investigation = data;
    return real.investigationAnswer(...data);
  };
  return { ...real, investigationAnswer };
});
vi.mock('../../src/report/answers/comparison.js', async (original) => {
  const real = await original<Views['comparison']>();
  const comparisonAnswer: typeof real.comparisonAnswer = (...data) => {
    rendered.comparison = data;
    return real.comparisonAnswer(...data);
  };
  return { ...real, comparisonAnswer };
});
vi.mock('../../src/report/answers/timeline-view.js', async (original) => {
  const real = await original<Views['timeline']>();
  const timelineAnswer: typeof real.timelineAnswer = (...data) => {
    rendered.timeline = data;
    return real.timelineAnswer(...data);
  };
  return { ...real, timelineAnswer };
});

/** Numbers of answers of each tool that were looked at. */
const examined = { investigation: 0, comparison: 0, timeline: 0 };
beforeEach(() => {
  Object.assign(examined, { investigation: 0, comparison: 0, timeline: 0 });
});

/** Maximum number of labels by which a timeline is asked for. */
const MAX_LABELS = 2;

/**
 * Contradictions in every answer about a question, each with the call that it stands in.
 *
 * @param hasOnset whether the answers against the time just before, which alone have an onset, must agree
 *   about it
 */
async function contradictions(
  { id, source, service, baseline, incident }: Question,
  hasOnset = false,
): Promise<string[]> {
  const environment = createEnvironment([source]);
  const context = { ...environment.context, now: () => incident.to };
  const askTool = askerIn({ ...environment, context, deadlineMs: 120_000 });
  const contradicted: string[] = [];
  const time = { from: formatTime(incident.from), to: formatTime(incident.to) };
  const before = { baseline_from: formatTime(baseline.from), baseline_to: formatTime(baseline.to) };
  const ask = async (tool: string, args: object): Promise<void> => {
    Object.assign(rendered, { investigation: null, comparison: null, timeline: null });
    const { text, isError } = await askTool(tool, { service, ...args });
    expect(isError, text).toBe(false);
    const texts = contradictionsInText(text);
    const { investigation, comparison, timeline } = rendered;
    if (investigation !== null) texts.push(...contradictionsIn(...investigation));
    if (comparison !== null) texts.push(...contradictionsBetween(...comparison));
    if (timeline !== null) texts.push(...contradictionsOver(...timeline));
    examined.investigation += Number(investigation !== null);
    examined.comparison += Number(comparison !== null);
    examined.timeline += Number(timeline !== null);
    contradicted.push(...texts.map((what) => `${id}: ${tool} ${JSON.stringify(args)}: ${what}`));
  };
  const query = {
    matchers: [{ name: 'service_name', op: '=', value: service }] as const,
    window: { from: baseline.from, to: incident.to },
  };
  const { signal } = new AbortController();
  await ask('investigate', { ...time, ...before });
  // Only a comparison with the time just before has an onset.
  const told: ToldOnset[] = [];
  if (hasOnset) await ask('investigate', time);
  for (const finding of rendered.investigation?.[0].findings ?? [])
    told.push({ tool: 'investigate', finding });
  const labels = (await source.labelNames(query, signal)).filter((name) => name !== 'service_name');
  for (const type of await source.labelValues('__profile_type__', query, signal)) {
    await ask('compare_profiles', { ...time, ...before, profile_type: type });
    const [comparison] = rendered.comparison ?? [];
    if (hasOnset) await ask('compare_profiles', { ...time, profile_type: type });
    const found = rendered.comparison?.[0].finding;
    if (found != null) told.push({ tool: 'compare_profiles', finding: found });
    const over = { from: formatTime(baseline.from), to: time.to, profile_type: type };
    await ask('get_timeline', over);
    told.push({ tool: 'get_timeline', type, fn: null, series: rendered.timeline?.[1].whole ?? null });
    for (const label of labels.slice(0, MAX_LABELS)) await ask('get_timeline', { ...over, group_by: label });
    const fn = comparison?.finding?.fn ?? comparison?.movers[0];
    const accused = told.flatMap((row) =>
      row.tool !== 'get_timeline' && row.finding.type.id === type ? (row.finding.fn ?? []) : [],
    );
    const named = [...(fn === undefined ? [] : [fn]), ...accused];
    for (const [text, { function: name }] of new Map(named.map((one) => [textOfFunction(one), one]))) {
      await ask('get_timeline', { ...over, function: text });
      const [, timeline] = rendered.timeline ?? [];
      told.push({ tool: 'get_timeline', type, fn: name, series: timeline?.whole ?? null });
    }
  }
  const onsets = hasOnset ? contradictionsOfOnset(told) : [];
  return [...contradicted, ...onsets.map((what) => `${id}: ${what}`)];
}

describe.each(
  await caseFoldersIn(['demo', 'incidents', 'captured', 'sdk', 'libraries'].map((name) => fixture(name))),
)('%s', (folder) => {
  test('words and numbers agree, of the incident and of the quiet half before it', {
    timeout: 120_000,
  }, async () => {
    const incidentCase = await loadCaseFolder(folder);
    for (const { windows, ...variant } of [incidentCase, quietHalf(incidentCase)])
      expect(await contradictions({ ...variant, ...windows }, true)).toEqual([]);
    await incidentCase.source.close();
    expect(Math.min(...Object.values(examined)), 'answers of every tool were looked at').toBeGreaterThan(0);
  });
});

test('words and numbers agree in what real profilers send', async () => {
  const questions = await fieldQuestions();
  for (const question of questions) expect(await contradictions(question)).toEqual([]);
  expect(Math.min(...Object.values(examined)), 'answers of every tool were looked at').toBeGreaterThan(10);
  for (const { source } of questions) await source.close();
});

/** Kinds of generated cases that have an onset, and seeds that no rule was made with. */
const WITH_ONSET = ALL_KINDS.filter((kind) => 'abcdefghmnqz'.includes(kind));
const SEEDS = [32_000_000, 32_000_001, 32_000_002];

test.each(WITH_ONSET)(
  'the tools agree about the onset of generated cases (%s)',
  {
    timeout: 120_000,
  },
  async (kind) => {
    for (const seed of SEEDS) {
      const { windows, ...generated } = openCase({ kind, seed });
      expect(await contradictions({ ...generated, ...windows }, true)).toEqual([]);
    }
  },
);

test('words and numbers agree, whatever is generated', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ALL_KINDS),
      fc.integer({ min: 1, max: 1_000_000 }),
      async (kind, seed) => {
        const { windows, ...generated } = openCase({ kind, seed });
        expect(await contradictions({ ...generated, ...windows })).toEqual([]);
      },
    ),
    // A load finding of an amount names a function whose share stayed as it was; a change may be seen in one
    // kind of request alone.
    {
      numRuns: 40,
      examples: [
        ['h', 5],
        ['n', 361944],
        // A further change begins where the baseline of the whole does.
        ['h', 999983],
        // Less load is told from a smaller fall on than any other.
        ['A', 100055],
        // A function that was hardly there has much from then on, with a large scatter.
        ['q', 200086],
      ],
    },
  );
}, 180_000);
