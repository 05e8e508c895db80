import { describe, expect, test } from 'vitest';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { asker, askFiles, fixture, INCIDENT_WINDOW } from './support/ask.js';

// Bad input gets one clear error that names the value and the next step, and the server goes on serving.

const files = askFiles(fixture('demo'));
/** A server that no request may reach: these mistakes are found before. */
const untouched = asker(
  createPyroscopeSource({
    name: 'pyroscope',
    uid: 'pyroscope',
    url: 'http://127.0.0.1:9',
    token: null,
    username: null,
    password: null,
    tenant: null,
  }),
);

describe.each([
  [
    'an unknown argument',
    { srvice: 'checkout-api' },
    'summarize_profile has no argument "srvice".\nNext: Did you mean `service`? Valid arguments: source, service, profile_type, selector, url, from, to, span_id, trace_id, profile_id, limit, format.',
  ],
  [
    'a span id of another form',
    { span_id: '12' },
    '`span_id` "12" is no span id: that is 16 hexadecimal digits.\nNext: Give the id as the trace shows it, several separated by commas.',
  ],
  [
    'two kinds of ids',
    { span_id: '00f067aa0ba902b7', profile_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7' },
    '`span_id` and `profile_id` cannot be combined.\nNext: Give one of trace_id, span_id and profile_id: the narrowest that you have.',
  ],
  [
    'a wrong type',
    { service: ['checkout-api'] },
    '`service` ["checkout-api"] is not valid: Invalid input: expected string, received array.\nNext: `service`: Exact service_name.',
  ],
  [
    'an object for a time',
    { from: { a: 1 } },
    '`from` {"a":1} is not valid: Invalid input: expected string, received object.\nNext: `from`: RFC 3339 with zone, epoch ms or now-1h; default: the last hour with data.',
  ],
  [
    'a limit out of range',
    { limit: 1000 },
    '`limit` 1000 is not valid: Too big: expected number to be <=100.\nNext: `limit` (1–100): Rows of the top table.',
  ],
  [
    'a word that is no number',
    { limit: 'many' },
    '`limit` "many" is not valid: Invalid input: expected number, received string.\nNext: `limit` (1–100): Rows of the top table.',
  ],
  [
    'a wrong format',
    { format: 'yaml' },
    '`format` "yaml" is not valid: Invalid option: expected one of "text"|"json".\nNext: `format`: one of text, json.',
  ],
  [
    'end before start',
    { from: '2026-11-20T14:45:00Z', to: '2026-11-20T14:30:00Z' },
    '`from` (2026-11-20T14:45:00Z) is after `to` (2026-11-20T14:30:00Z).\nNext: Swap them: {"from":"2026-11-20T14:30:00Z","to":"2026-11-20T14:45:00Z"}.',
  ],
  [
    'a time without a zone',
    { from: '2026-11-20T14:30:00' },
    '`from` "2026-11-20T14:30:00" has no time zone.\nNext: Add one, for UTC: "2026-11-20T14:30:00Z".',
  ],
  [
    'a day without a time',
    { from: 'yesterday' },
    '`from` "yesterday" is not a time.\nNext: Use RFC 3339 with a zone ("2026-11-20T14:30:00Z"), epoch milliseconds, or "now-1h" (ms, s, m, h, d, w).',
  ],
  [
    'epoch seconds',
    { from: 1795384800 },
    '`from` 1795384800 looks like epoch seconds.\nNext: Epoch times are milliseconds: `from`: 1795384800000 (2026-11-22T22:00:00.000Z).',
  ],
  [
    'an epoch that no calendar holds',
    { from: '99999999999999999' },
    '`from` "99999999999999999" is outside the years 1970 to 2200.\nNext: Use RFC 3339 with a zone ("2026-11-20T14:30:00Z"), epoch milliseconds, or "now-1h" (ms, s, m, h, d, w).',
  ],
  [
    'a time before all time',
    { from: 'now-99999999w' },
    '`from` "now-99999999w" is outside the years 1970 to 2200.\nNext: Use RFC 3339 with a zone ("2026-11-20T14:30:00Z"), epoch milliseconds, or "now-1h" (ms, s, m, h, d, w).',
  ],
  [
    'a day that does not exist',
    { from: '2026-02-31T00:00:00Z' },
    '`from` "2026-02-31T00:00:00Z" does not exist in the calendar.\nNext: Months are 01 to 12 with 28 to 31 days, hours 00 to 23, minutes and seconds 00 to 59.',
  ],
  [
    'a window in the future',
    { from: '2026-11-21T14:30:00Z', to: '2026-11-21T15:30:00Z' },
    'The window from 2026-11-21T14:30:00Z to 2026-11-21T15:30:00Z lies in the future.\nNext: The server\'s clock says 2026-11-20T15:00:00Z. Use an earlier window, for example {"from":"now-1h"}.',
  ],
  [
    'a service named twice',
    { service: 'a', selector: 'service_name="b"' },
    '`service` is "a", but `selector` asks for service_name="b".\nNext: Give the service once, in `service`.',
  ],
  [
    'an unknown source',
    { source: 'prod' },
    'There is no data source "prod".\nNext: Leave `source` out or use one of: pyroscope.',
  ],
])('%s', (_name, args, answer) => {
  test('is refused before any request', async () => {
    expect(await untouched('summarize_profile', args)).toEqual({ text: answer, isError: true });
  });
});

test.each([
  ['{service_name=checkout-api}', 'service_name="checkout-api"'],
  ['pod="a', '"'],
  ['pod~"a"', '=~'],
  ['pod=~"("', '('],
  ['process_cpu{pod="a"}', 'profile_type'],
])('a malformed selector %s names its fault', async (selector, hint) => {
  const { text, isError } = await files('summarize_profile', { service: 'checkout-api', selector });
  expect(isError).toBe(true);
  expect(text).toContain(JSON.stringify(selector).slice(1, -1).replaceAll('\\"', '"').slice(0, 5));
  expect(text).toContain(hint);
  expect(text).toContain('\nNext: ');
});

test.each(['(', 'a(?=b)', '(a)\\1', '['])('the pattern %s is refused', async (focus) => {
  const { text, isError } = await files('query_profile', { service: 'checkout-api', focus });
  expect(isError).toBe(true);
  expect(text).toContain(`The pattern ${JSON.stringify(focus)} is not a valid regular expression`);
  expect(text).toContain('Next: use RE2 syntax');
});

test('a catastrophic pattern costs nothing', async () => {
  const { isError } = await files('query_profile', {
    service: 'checkout-api',
    focus: '(([a-z./])+.)+[A-Z]([a-z])+$x',
  });
  expect(isError).toBe(false);
}, 5_000);

test('a type word that no table knows gets the nearest', async () => {
  expect(await files('summarize_profile', { service: 'checkout-api', profile_type: 'cpuu' })).toEqual({
    text: '`profile_type` "cpuu" is not known.\nNext: Did you mean "cpu"? Present: cpu, cpu_samples, alloc, alloc_objects, inuse, inuse_objects.',
    isError: true,
  });
});

test('an unknown label gets the nearest', async () => {
  expect(await files('list_labels', { service: 'checkout-api', label: 'pods' })).toEqual({
    text: 'There is no label "pods" on {service_name="checkout-api"}.\nNext: Did you mean pod? Labels: env, pod, region, service_name, version.',
    isError: true,
  });
});

test('an unknown label of the whole source says of which', async () => {
  expect(await files('list_labels', { label: 'pods' })).toEqual({
    text: 'There is no label "pods" in source "demo".\nNext: Did you mean pod? Labels: env, pod, region, service_name, version.',
    isError: true,
  });
});

describe('a function', () => {
  test.each(['get_timeline', 'inspect_function'])(
    '%s with a name that fits several lists them',
    async (tool) => {
      const { text, isError } = await files(tool, {
        service: 'checkout-api',
        profile_type: 'cpu',
        function: 'validator',
        ...INCIDENT_WINDOW,
      });
      expect([isError, text]).toEqual([
        true,
        '`function` "validator" fits 2 functions.\nNext: Name one, heaviest first: northwind.dev/checkout/coupon.(*Validator).Match, northwind.dev/checkout/coupon.(*Validator).pattern.',
      ]);
    },
  );

  test('is what inspect_function needs', async () => {
    expect(await files('inspect_function', { service: 'checkout-api' })).toEqual({
      text: 'inspect_function needs the argument `function`.\nNext: `function`: Name, or a part that fits one.',
      isError: true,
    });
  });

  test('and a label at once are refused before any request', async () => {
    expect(await untouched('get_timeline', { service: 'a', function: 'f', group_by: 'pod' })).toEqual({
      text: '`group_by` and `function` cannot be combined.\nNext: Ask for one; for a function in one version or pod, put that into `selector`.',
      isError: true,
    });
  });
});

describe.each(['investigate', 'compare_profiles'])('%s', (tool) => {
  const question = { service: 'checkout-api', ...INCIDENT_WINDOW };

  test('names all arguments that it needs at once', async () => {
    expect(await untouched(tool, {})).toEqual({
      text: `${tool} needs the arguments \`from\` and \`to\`.\nNext: \`from\` (or \`start\`): Start, needed without url: RFC 3339 with zone, epoch ms or now-1h; \`to\` (or \`end\`): End, like from.`,
      isError: true,
    });
  });

  test('refuses a baseline that overlaps the window: what to give instead works', async () => {
    const across = { baseline_from: '2026-11-20T14:00:00Z', baseline_to: '2026-11-20T14:40:00Z' };
    const { text, isError } = await files(tool, { ...question, ...across });
    expect([isError, text]).toEqual([
      true,
      'The baseline (2026-11-20T14:00:00Z to 2026-11-20T14:40:00Z) overlaps the window (2026-11-20T14:30:00Z to 2026-11-20T14:45:00Z): the same profiles would stand on both sides.\nNext: End it where the window begins: {"baseline_to":"2026-11-20T14:30:00Z"}.',
    ]);
    const mended = await files(tool, { ...question, ...across, baseline_to: '2026-11-20T14:30:00Z' });
    expect(mended.text).toContain('(code_regression)');
  });

  test('refuses one that lies within the window', async () => {
    const within = { baseline_from: '2026-11-20T14:35:00Z', baseline_to: '2026-11-20T14:40:00Z' };
    const { text, isError } = await files(tool, { ...question, ...within });
    expect(isError).toBe(true);
    expect(text).toContain('Next: Leave `baseline_from` and `baseline_to` out');
  });
});

test('an unknown label to group by gets the nearest', async () => {
  expect(await files('get_timeline', { service: 'checkout-api', group_by: 'pods' })).toEqual({
    text: 'There is no label "pods" to group by.\nNext: Did you mean pod? Labels: env, pod, region, service_name, version.',
    isError: true,
  });
});

test('numbers as text, text as numbers, empty text and null are taken', async () => {
  const { text, isError } = await files('summarize_profile', {
    service: 'checkout-api',
    selector: '',
    source: null,
    limit: '3',
    from: 1795185000000 - 1_800_000 * 2,
    to: String(Date.parse('2026-11-20T14:45:00Z')),
  });
  expect([isError, text]).toEqual([false, expect.stringContaining('Top 3 of')]);
});

test('arguments that are no object', async () => {
  for (const args of [[], 'x', 5]) {
    const { isError, text } = await files('summarize_profile', args as object);
    expect(isError).toBe(true);
    expect(text).toContain('must be a JSON object');
  }
});

test('after all of that the server still answers', async () => {
  expect((await files('summarize_profile', { service: 'checkout-api' })).isError).toBe(false);
});
