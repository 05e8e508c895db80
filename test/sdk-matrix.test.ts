import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { frameOwner } from '../src/profile/code/frames.js';
import { normaliseName } from '../src/profile/code/names.js';
import { caseFoldersIn, loadCaseFolder, quietHalf } from './evaluation/case-folder.js';
import type { IncidentCase } from './evaluation/generator/case.js';
import { judge } from './evaluation/score.js';
import { asker, fixture } from './support/ask.js';

/** Expectations that were written before the capture, and the types that the server then listed. */
const expectedSchema = z.object({
  types_held: z.array(z.string()),
  expected: z.object({
    /** Aliases that are right for each type; the first is the one to prefer. */
    types: z.record(z.string(), z.array(z.string())),
    own: z.array(z.string()),
    not_own: z.array(z.string()),
    idle: z.record(z.string(), z.array(z.string())),
  }),
});

const listedTypes = z.object({ profile_types: z.array(z.object({ id: z.string(), alias: z.string() })) });
const functionRows = z.object({
  idle: z.object({ value: z.number(), share: z.number() }).nullable(),
  top_functions: z.array(z.object({ function: z.string() })),
});

/** Time that an upload of 10 s covers, on the time line that is stretched 15 times. */
const COVER_MS = 150_000;

const folders = await caseFoldersIn([fixture('sdk')]);

test('at least seven agents are kept', () => {
  expect(folders.length).toBeGreaterThanOrEqual(7);
});

describe.each(folders.map((folder) => [path.basename(folder), folder] as const))('%s', (_, folder) => {
  let incident: IncidentCase;
  let held: z.output<typeof expectedSchema>;

  beforeAll(async () => {
    incident = await loadCaseFolder(folder);
    held = expectedSchema.parse(JSON.parse(await readFile(path.join(folder, 'case.json'), 'utf8')));
  });
  afterAll(() => incident.source.close());

  const window = () => ({
    service: incident.service,
    from: new Date(incident.windows.baseline.from).toISOString(),
    to: new Date(incident.windows.incident.to).toISOString(),
    format: 'json',
  });

  test('every type that the server held has the alias a person expects, and none shares it', async () => {
    const { text } = await asker(incident.source)('list_profile_types', window());
    const types = listedTypes.parse(JSON.parse(text)).profile_types;
    expect(types.map(({ id }) => id).sort()).toEqual([...held.types_held].sort());
    const wrong = types.flatMap(({ id, alias }) => {
      const right = held.expected.types[id] ?? [];
      return right.includes(alias) ? [] : [`${id} is called ${alias}, not ${right.join(' or ')}`];
    });
    expect(wrong).toEqual([]);
    const aliases = types.map(({ alias }) => alias);
    expect(aliases.filter((alias, at) => aliases.indexOf(alias) !== at)).toEqual([]);
  });

  test('waiting is set apart from what is active', async () => {
    for (const [alias, waiting] of Object.entries(held.expected.idle)) {
      const { text } = await asker(incident.source)('query_profile', {
        ...window(),
        profile_type: alias,
        limit: 50,
      });
      const rows = functionRows.safeParse(JSON.parse(text)).data;
      expect(rows?.idle?.share ?? 0, text.slice(0, 1200)).toBeGreaterThan(0.1);
      const active = (rows?.top_functions ?? []).map((row) => row.function);
      expect(active.filter((name) => waiting.some((wait) => isNamed(name, wait)))).toEqual([]);
    }
  });

  test('the service is told from its libraries and its runtime', async () => {
    const owners = await ownersIn(incident, held.types_held);
    const kinds = (names: readonly string[]) =>
      names.map((name) => [
        name,
        [...new Set(owners.filter(({ function: shown }) => isNamed(shown, name)).map(({ owner }) => owner))],
      ]);
    expect(kinds(held.expected.own)).toEqual(held.expected.own.map((name) => [name, ['application']]));
    for (const [name, kindsOfCode] of kinds(held.expected.not_own)) {
      expect(kindsOfCode, String(name)).not.toHaveLength(0);
      expect(kindsOfCode, String(name)).not.toContain('application');
    }
  });

  test('investigate finds the fault', async () => {
    const { truth } = incident;
    const shown = new Set((await ownersIn(incident, held.types_held)).map((row) => row.function));
    const functions = [...shown].filter(
      (name) =>
        !/^node:|\/node_modules\//.test(name) && truth.functions.some((right) => isNamed(name, right)),
    );
    expect(functions).not.toHaveLength(0);
    const { answer, score } = await judge({
      ...incident,
      truth: { ...truth, functions: [...truth.functions, ...functions] },
    });
    expect(score.wrong, answer.text).toEqual([]);
  });

  test('of the quiet half of the baseline nobody is accused', async () => {
    const quiet = quietHalf(incident, COVER_MS);
    const truth = { ...quiet.truth, acceptedVerdicts: ['inconclusive'] as const };
    const { answer, score } = await judge({ ...quiet, truth });
    expect(score.wrong, answer.text).toEqual([]);
  });
});

/** Whether a shown name is the expected one: profilers write files before it, and lines or files after it. */
function isNamed(shown: string, name: string): boolean {
  const forms = [shown, normaliseName(shown), shown.replace(/ \([^()]*:\d+\)$/, ''), ...shown.split(':')];
  return forms.includes(name);
}

/** Whose code each function is that the profiles of a case hold, all types together. */
async function ownersIn({ source, service, windows }: IncidentCase, types: readonly string[]) {
  const matchers = [{ name: 'service_name', op: '=', value: service }] as const;
  const window = { from: windows.baseline.from, to: windows.incident.to };
  const merges = await Promise.all(
    types.map((profileTypeId) =>
      source.profile({ matchers, window, profileTypeId }, new AbortController().signal),
    ),
  );
  return merges.flatMap(({ profile }) =>
    profile.functions.map((fn) => ({ function: fn.name, owner: frameOwner(fn) })),
  );
}
