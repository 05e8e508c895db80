import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { contradictionsBetween, contradictionsIn } from '../src/investigation/contradictions.js';
import type { Comparison } from '../src/report/answers/comparison.js';
import type { Investigation } from '../src/report/answers/investigation.js';
import { caseFoldersIn, loadCaseFolder, quietHalf } from './evaluation/case-folder.js';
import { type IncidentCase, KINDS } from './evaluation/generator/case.js';
import { caseOf } from './evaluation/jobs.js';
import { askerIn, environmentOf, fixture } from './support/ask.js';

// No answer contradicts its own numbers, whatever the data: what counts as small is written in agreement.ts.

/** The data that answers were last rendered from. */
const rendered = vi.hoisted((): { investigation: unknown; comparison: unknown } => ({
  investigation: null,
  comparison: null,
}));
vi.mock('../src/report/investigation.js', async (original) => {
  const real = await original<typeof import('../src/report/answers/investigation.js')>();
  const investigationAnswer: typeof real.investigationAnswer = (data) => {
    rendered.investigation = data;
    return real.investigationAnswer(data);
  };
  return { ...real, investigationAnswer };
});
vi.mock('../src/report/comparison.js', async (original) => {
  const real = await original<typeof import('../src/report/answers/comparison.js')>();
  const comparisonAnswer: typeof real.comparisonAnswer = (data) => {
    rendered.comparison = data;
    return real.comparisonAnswer(data);
  };
  return { ...real, comparisonAnswer };
});

/** Asks both tools about a case; what they render is kept in `rendered`, null for an answer without data. */
async function ask(tool: 'investigate' | 'compare_profiles', found: IncidentCase, more: object = {}) {
  const { from, to } = found.windows.incident;
  const environment = environmentOf([found.source]);
  const args = {
    service: found.service,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    ...more,
  };
  Object.assign(rendered, { investigation: null, comparison: null });
  const context = { ...environment.context, now: () => to };
  const { text, isError } = await askerIn({ ...environment, context, deadlineMs: 120_000 })(tool, args);
  expect(isError, text).toBe(false);
}

/** Contradictions in every answer about a case, each with the tool and type that it stands in. */
async function contradictions(found: IncidentCase): Promise<string[]> {
  await ask('investigate', found);
  // The mock above is given nothing else.
  const investigation = rendered.investigation as Investigation | null;
  if (investigation === null) return [];
  const texts = contradictionsIn(investigation).map((text) => `${found.id}: investigate: ${text}`);
  for (const { type } of investigation.lenses) {
    await ask('compare_profiles', found, { profile_type: type.id });
    const comparison = rendered.comparison as Comparison | null;
    if (comparison === null) continue;
    texts.push(
      ...contradictionsBetween(comparison).map((text) => `${found.id}: compare ${type.alias}: ${text}`),
    );
  }
  return texts;
}

describe.each(
  await caseFoldersIn([fixture('demo'), fixture('incidents'), fixture('captured'), fixture('sdk')]),
)('%s', (folder) => {
  test('words and numbers agree, of the incident and of the quiet half before it', async () => {
    const found = await loadCaseFolder(folder);
    for (const one of [found, quietHalf(found)]) expect(await contradictions(one)).toEqual([]);
    await found.source.close();
  });
});

test('words and numbers agree, whatever is generated', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...KINDS),
      fc.integer({ min: 1, max: 1_000_000 }),
      async (kind, seed) => {
        expect(await contradictions(caseOf({ kind, seed }))).toEqual([]);
      },
    ),
    // A load finding of an amount names a function whose share stayed as it was; a change may be seen in one
    // kind of request alone.
    {
      numRuns: 40,
      examples: [
        ['h', 5],
        ['n', 361944],
      ],
    },
  );
});
