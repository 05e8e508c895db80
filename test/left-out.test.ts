import { describe, expect, test } from 'vitest';
import type { ProfileSource } from '../src/sources/source.js';
import { TOOLS } from '../src/tools/index.js';
import { asker, askFiles, demoSource, fixture, INCIDENT_WINDOW } from './support/ask.js';
import { TOOL_CALLS } from './support/tool-arguments.js';

// Frameworks with strict schemas make every argument required, so models write a word for what they would
// leave out. A word in a place where a name may stand is read so only where nothing has that name.

const files = askFiles(fixture('demo'));
const SERVICE = { service: 'checkout-api', ...INCIDENT_WINDOW };
const withoutNotes = (text: string) => text.replace(/^Note: Read as left out: .*(?:\n|$)/gm, '').trim();

/** The demo, with more of what can be called so. */
const withNames = (change: Partial<ProfileSource>): ProfileSource => ({ ...demoSource(), ...change });

/** The answers to the calls of the tools as they are, each asked for once. */
const plainAnswers = new Map<string, ReturnType<typeof files>>();
function plainAnswer(tool: string, args: object): ReturnType<typeof files> {
  const answer = plainAnswers.get(tool) ?? files(tool, args);
  plainAnswers.set(tool, answer);
  return answer;
}

describe.each(['none', 'None', 'null', 'default', 'n/a', 'undefined', 'auto'])('%j', (word) => {
  test.each(Object.entries(TOOL_CALLS))(
    'leaves out whatever %s can do without',
    async (name, { arguments: args }) => {
      const tool = TOOLS.find((each) => each.name === name);
      const free = Object.keys(tool?.input.shape ?? {}).filter((argument) => !(argument in args));
      const words = Object.fromEntries(free.map((argument) => [argument, word]));
      const [plain, strict] = await Promise.all([
        plainAnswer(name, args),
        files(name, { ...args, ...words }),
      ]);
      expect(strict.isError, strict.text).toBe(false);
      expect(withoutNotes(strict.text)).toBe(plain.text.trim());
    },
  );

  test('is what an answer says was left out', async () => {
    const { text } = await files('summarize_profile', { ...SERVICE, source: word, profile_type: word });
    expect(text).toContain(
      `Note: Read as left out: \`source\` "${word}", \`profile_type\` "${word}"; nothing here is called so.`,
    );
    const json = await files('list_labels', { ...SERVICE, label: word, format: 'json' });
    expect(JSON.parse(json.text).notes).toContain(
      `Read as left out: \`label\` "${word}"; nothing here is called so.`,
    );
  });

  test('stays where the argument is needed', async () => {
    const { text } = await files('inspect_function', { ...SERVICE, profile_type: 'cpu', function: word });
    expect(text).toContain(word);
    expect(text).not.toContain('left out');
  });

  test('names a service, a label or a source that is called so', async () => {
    const service = withNames({
      labelValues: async (name, ...rest) =>
        name === 'service_name' ? ['checkout-api', word] : demoSource().labelValues(name, ...rest),
    });
    const answer = await asker(service)('summarize_profile', { ...INCIDENT_WINDOW, service: word });
    expect(answer.text).toContain(`${word} has no profiles from`);
    expect(answer.text).not.toContain('left out');

    const label = withNames({
      labelNames: async (...rest) => [...(await demoSource().labelNames(...rest)), word],
      labelValues: async (name, ...rest) =>
        name === word ? ['some-value'] : demoSource().labelValues(name, ...rest),
    });
    const values = await asker(label)('list_labels', { ...SERVICE, label: word });
    expect(values.text).toContain('some-value');

    const source = withNames({ name: word.toUpperCase(), uid: 'second' });
    const list = await asker(demoSource(), source)('list_services', { ...INCIDENT_WINDOW, source: word });
    expect(list.text).toContain(word.toUpperCase());
    expect(list.text).not.toContain('left out');
  });
});

test('patterns that are words can be asked for in parentheses', async () => {
  const ask = { ...SERVICE, profile_type: 'cpu' };
  const bare = await files('query_profile', { ...ask, focus: 'none' });
  expect(bare.text).toContain(
    'Note: Read as left out: `focus` "none"; a pattern in parentheses is always taken.',
  );
  const whole = await files('query_profile', ask);
  expect(withoutNotes(bare.text)).toBe(whole.text.trim());
  const narrowed = await files('query_profile', { ...ask, focus: '(none)' });
  expect(narrowed.text).not.toContain('left out');
  expect(narrowed.text).not.toBe(whole.text);
});

test('an error says what was read as left out', async () => {
  const two = withNames({ labelValues: async () => ['a', 'b'] });
  expect(await asker(two)('summarize_profile', { ...INCIDENT_WINDOW, service: 'default' })).toEqual({
    text: 'No `service` was given, and the source has several. Read as left out: `service` "default"; nothing here is called so.\nNext: Name one: a, b.',
    isError: true,
  });
});

test('a source that does not answer fails the call as ever', async () => {
  const { text, isError } = await asker()('list_services', { source: 'none' });
  expect([text, isError]).toEqual([expect.stringContaining('No data source is configured.'), true]);
});
