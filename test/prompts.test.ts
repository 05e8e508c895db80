import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { UserError } from '../src/errors.js';
import { inputJsonSchema } from '../src/mcp/input-schema.js';
import { GUIDE } from '../src/mcp/prompts/guide.js';
import { PROMPTS } from '../src/mcp/prompts/index.js';
import { safeText } from '../src/text/sanitise.js';
import { TOOLS } from '../src/tools/index.js';
import { askFiles, fixture, INCIDENT_WINDOW, NOW } from './support/ask.js';

// The recipes and the guide speak of tools, arguments and verdicts: all of them must exist, and the calls
// must work.

interface Call {
  tool: string;
  arguments: Record<string, unknown>;
}

/** The calls of a recipe, in their order. */
function callsIn(text: string): Call[] {
  return [...text.matchAll(/^\d+\. (\w+) (\{.*\})$/gm)].map(([, tool = '', json = '']) => ({
    tool,
    arguments: JSON.parse(json),
  }));
}

async function toText(name: string, given: Record<string, string | undefined>, now = NOW): Promise<string> {
  const prompt = PROMPTS.find((candidate) => candidate.name === name);
  if (prompt === undefined) throw new Error(`no prompt ${name}`);
  return prompt.text(given, now);
}

const checkout = { service: 'checkout-api' };
const notify = { service: 'notification-hub', ...INCIDENT_WINDOW };
const canary = { version: '3.8.0', previous_version: '3.7.2' };

/** Uses of prompts: arguments, directory of the incident, and texts in the answers to the calls, in order. */
const USES: readonly [prompt: string, given: Record<string, string>, directory: string, holds: string[]][] = [
  [
    'investigate-incident',
    { ...checkout, ...INCIDENT_WINDOW, symptom: 'CPU' },
    fixture('demo'),
    [
      '(code_regression)',
      'validator.go:54 (application): total 20.5%',
      'Onset: cpu rose from 385 ms to 525 ms',
    ],
  ],
  [
    'compare-deploys',
    { ...checkout, deployed_at: '2026-11-20T14:30:00Z' },
    fixture('demo'),
    ['(code_regression)', '(code_regression)', 'Called by'],
  ],
  [
    'compare-deploys',
    { service: 'auth-gateway', ...canary, deployed_at: '2026-11-20T14:30:00Z' },
    fixture('incidents', '08-auth-cpu'),
    ['values of version', '(code_regression)', 'Called by'],
  ],
  [
    'compare-deploys',
    { service: 'auth-gateway', ...canary },
    fixture('incidents', '08-auth-cpu'),
    ['values of version', '(code_regression)', 'Called by'],
  ],
  [
    'find-memory-leak',
    notify,
    fixture('incidents', '05-notify-goroutines'),
    ['inuse', '(leak)', 'Called by'],
  ],
];

describe.each(USES)('%s about %j', (name, given, directory, holds) => {
  test('names only tools and arguments that exist', async () => {
    const calls = callsIn(await toText(name, given));
    expect(calls.length).toBe(holds.length);
    for (const call of calls) {
      const tool = TOOLS.find((candidate) => candidate.name === call.tool);
      expect(tool, call.tool).toBeDefined();
      expect(Object.keys(tool?.input.shape ?? {})).toEqual(
        expect.arrayContaining(Object.keys(call.arguments)),
      );
    }
  });

  test('its calls work, the open words taken from the "Next" line before', async () => {
    const ask = askFiles(directory);
    let next: Record<string, unknown> = {};
    for (const [index, call] of callsIn(await toText(name, given)).entries()) {
      const filled = Object.entries(call.arguments).map(([key, value]) => [
        key,
        value === 'TYPE' || value === 'FUNCTION' ? next[key] : value,
      ]);
      const { text, isError } = await ask(call.tool, Object.fromEntries(filled));
      expect(isError, text).toBe(false);
      expect(text).toContain(holds[index]);
      const [, json] = /^Next: inspect_function (\{.*\})$/m.exec(text) ?? [];
      if (json !== undefined) next = JSON.parse(json);
    }
  });

  test('costs at most 400 tokens', async () => {
    expect(encode(await toText(name, given)).length).toBeLessThanOrEqual(400);
  });
});

test('times become absolute: all calls are about the same window', async () => {
  const text = await toText('investigate-incident', { ...checkout, from: 'now-1h', to: 'now' });
  const windows = callsIn(text).map(({ arguments: { from, to } }) => [from, to]);
  expect(windows).toEqual([
    ['2026-11-20T14:00:00Z', '2026-11-20T15:00:00Z'],
    ['2026-11-20T14:00:00Z', '2026-11-20T15:00:00Z'],
    ['2026-11-20T12:00:00Z', '2026-11-20T15:00:00Z'],
  ]);
});

test.each([
  ['investigate-incident', { ...checkout, from: '2026-11-20 14:00', to: 'now' }, 'has no time zone'],
  ['investigate-incident', { ...checkout, from: 'now', to: 'now-1h' }, 'is not before'],
  ['find-memory-leak', { ...checkout, from: 'yesterday' }, 'is not a time'],
  ['compare-deploys', checkout, 'needs `deployed_at`, or `version`'],
  ['compare-deploys', { ...checkout, version: '2' }, 'needs `deployed_at`, or `version`'],
  ['compare-deploys', { ...checkout, deployed_at: 'now' }, 'is not in the past'],
])('%s refuses %j and says why', async (name, given, why) => {
  const prompt = toText(name, given);
  await expect(prompt).rejects.toThrow(UserError);
  await expect(prompt).rejects.toThrow(why);
});

test('what is filled in stays inside the JSON of the calls, whatever it is', async () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
  const invisible = fc.string({ unit: fc.constantFrom(' ', '\n', '\u200b'), minLength: 1, maxLength: 3 });
  const named = fc.oneof({ arbitrary: value, weight: 9 }, { arbitrary: invisible, weight: 1 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...USES), named, value, async ([name, given], service, other) => {
      const evil = {
        ...given,
        service,
        ...(name === 'investigate-incident' ? { symptom: other } : {}),
        source: other,
      };
      if (safeText(service) === '') {
        await expect(toText(name, evil)).rejects.toThrow('needs `service`');
        return;
      }
      const text = await toText(name, evil);
      const plain = await toText(name, { ...given, source: 'x' });
      const frame = (whole: string) => whole.replace(/^(\d+\. \w+) \{.*\}$/gm, '$1');
      expect(frame(text)).toBe(frame(plain));
      for (const { arguments: args } of callsIn(text))
        expect(args).toMatchObject({ service: safeText(service) });
    }),
    { numRuns: 100 },
  );
});

describe('the guide', () => {
  test('costs at most 1,500 tokens', () => {
    expect(encode(GUIDE).length).toBeLessThanOrEqual(1_500);
  });

  test('speaks only of tools, arguments, types and verdicts that exist', () => {
    const words = new Set(GUIDE.match(/\b[a-z]+(?:_[a-z]+)+\b/g));
    const args = TOOLS.flatMap((tool) => Object.keys(inputJsonSchema(tool).properties));
    const others = ['code_regression', 'load_increase', 'no_change', 'charged_to', 'off_cpu'];
    const known = new Set([...TOOLS.map(({ name }) => name), ...args, ...others]);
    expect([...words].filter((word) => !known.has(word))).toEqual([]);
  });
});
