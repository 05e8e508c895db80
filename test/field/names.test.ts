import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFilesSource } from '../../src/sources/files/source.js';
import { asker, fixture } from '../support/ask.js';

const INCIDENT = {
  from: '2026-09-21T14:13:20Z',
  to: '2026-09-21T14:29:20Z',
  baseline_from: '2026-09-21T13:41:20Z',
  baseline_to: '2026-09-21T14:13:20Z',
};

const summary = z.object({
  total: z.object({ value: z.number() }),
  idle: z.object({ share: z.number() }).nullish(),
  top_functions: z.array(
    z.object({ function: z.string(), self_share: z.number(), charged_to: z.string().nullable() }),
  ),
  application_functions: z.array(z.object({ function: z.string(), charged_share: z.number() })),
  notes: z.array(z.string()),
  next: z.array(z.object({ tool: z.string(), arguments: z.record(z.string(), z.unknown()) })),
});
const investigation = z.object({
  verdict: z.string(),
  findings: z.array(z.object({ function: z.string().nullable() })),
  notes: z.array(z.string()),
});

/** Asks a tool about the folder of a kind, and gives its JSON and its text. */
async function ask(folder: string, tool: string, args: object) {
  const source = createFilesSource({ directory: fixture('field', folder) });
  try {
    const call = asker(source);
    const [json, text] = await Promise.all([call(tool, { ...args, format: 'json' }), call(tool, args)]);
    return { json: JSON.parse(json.text) as unknown, text: text.text, call };
  } finally {
    await source.close();
  }
}

async function summarise(folder: string, args: object) {
  const { json, text } = await ask(folder, 'summarize_profile', args);
  const parsed = summary.parse(json);
  const percent = (share: number) => Math.round(share * 1000) / 10;
  return {
    ...parsed,
    text,
    self: Object.fromEntries(parsed.top_functions.map((row) => [row.function, percent(row.self_share)])),
    own: Object.fromEntries(
      parsed.application_functions.map((row) => [row.function, percent(row.charged_share)]),
    ),
    charges: Object.fromEntries(parsed.top_functions.map((row) => [row.function, row.charged_to])),
  };
}

describe('04: names change with every build', () => {
  test.each(['inv-rust-hash', 'inv-node-lines'])(
    '%s: no change, and it says that the names changed',
    async (name) => {
      const { json, text } = await ask(`04-names-change-per-build/${name}`, 'investigate', {
        service: 'svc',
        ...INCIDENT,
      });
      expect(investigation.parse(json).verdict, text).toBe('no_change');
      expect(text).toContain('names in the');
      expect(text).toContain('changed between the two sides');
    },
  );

  test('rust-deploy-real-regression: the function that grew is named beneath the new names', async () => {
    const { json, text } = await ask('04-names-change-per-build/rust-deploy-real-regression', 'investigate', {
      service: 'svc',
      ...INCIDENT,
    });
    const { verdict, findings } = investigation.parse(json);
    expect(verdict, text).toBe('code_regression');
    expect(findings[0]?.function, text).toBe('app::price::quote');
    expect(text).toContain('(4.03 of 9.95 s -> 12.1 of 18 s per profile)');
  });
});

test("08: Node's SDK writes file and line into names", async () => {
  const {
    idle,
    self,
    own: application,
    text,
  } = await summarise('08-node-sdk-names/node-sdk-names', {
    service: 'shop',
    profile_type: 'wall',
  });
  expect(idle?.share, text).toBe(0.7);
  expect(self).toEqual({
    './src/price.js:quote:42': 66.7,
    './node_modules/express/lib/router/layer.js:handle:95': 20,
    ':(garbage collector):0': 13.3,
  });
  expect(application).toEqual({ './src/price.js:quote:42': 66.7 });
});

describe('09: whose code', () => {
  const cpu = { service: 'svc', profile_type: 'cpu' };
  test.each([
    ['native-unknown-file', { now_ms: 50, copy_order: 30 }],
    ['jvm-native-libs', { 'com/acme/shop/Feed.read': 40, 'com/acme/shop/Cart.copy': 30 }],
    [
      'mangled',
      {
        'acme::OrderBook::lookup(acme::Key const&)': 60,
        'acme::Server::encode(acme::Request&)': 30,
        'acme::Server::handle(acme::Request&)': 10,
      },
    ],
    ['mangled-rust', { 'app::price::quote': 70, 'app::parse::items': 30 }],
    ['node-perf-map', { 'LazyCompile:*quote /app/src/price.js:12': 60, '/app/src/server.js:handle': 30 }],
    ['php-names', { 'App\\Service\\Cart::total': 60, 'App\\Service\\Cart::save': 34, '{closure}': 6 }],
  ])('%s: what the own functions cost', async (name, expected) => {
    const answer = await summarise(`09-whose-code/${name}`, cpu);
    expect(answer.own, answer.text).toEqual(expected);
  });

  test('leaves of others are charged to the own function above them', async () => {
    const native = await summarise('09-whose-code/native-unknown-file', cpu);
    expect(native.charges).toMatchObject({ clock_gettime: 'now_ms', malloc: 'copy_order' });
    const php = await summarise('09-whose-code/php-names', cpu);
    expect(php.charges).toMatchObject({ 'PDOStatement::execute': 'App\\Service\\Cart::save' });
  });
});

describe('13: instances of a generic are one function', () => {
  test('in a profile', async () => {
    const { self, text } = await summarise('13-generic-instances/go-generics', {
      service: 'svc',
      profile_type: 'cpu',
    });
    expect(self, text).toEqual({
      'example.com/shop/cache.(*LRU).Get': 90,
      'example.com/shop/http.handle[...].func1.gowrap2': 10,
    });
  });

  test('between two windows', async () => {
    const { json, text } = await ask('13-generic-instances/inv-generics', 'investigate', {
      service: 'svc',
      ...INCIDENT,
    });
    expect(investigation.parse(json).findings[0]?.function, text).toBe('example.com/shop/cache.(*LRU).Get');
    expect(text).toContain('29.5% -> 41.8%');
  });
});

test('21: two pods of a stripped binary have the same functions', async () => {
  const { self, text } = await summarise('21-no-symbols/aslr-pods', { service: 'svc', profile_type: 'cpu' });
  expect(self, text).toEqual({ '[server] 0x1000': 40, '[server] 0x2000': 30, '[server] 0x3000': 30 });
});

describe('23: two profilers of one pod under one type', () => {
  test('only one is counted, and it says so', async () => {
    const { total, notes, text } = await summarise('23-two-profilers/double', {
      service: 'svc',
      profile_type: 'cpu',
      from: '2026-09-21T14:13:20Z',
      to: '2026-09-21T14:29:20Z',
    });
    // 8 profiles of about 5 s; of both together it would be 80 s.
    expect(total.value / 1e9, text).toBeCloseTo(40, -1);
    expect(notes.join()).toContain(
      'gospy and ebpf profiled the same instances at once: only gospy is counted',
    );
  });

  test('the other one can be asked for', async () => {
    const { total, text } = await summarise('23-two-profilers/double', {
      service: 'svc',
      profile_type: 'cpu',
      selector: '{pyroscope_spy="ebpf"}',
      from: '2026-09-21T14:13:20Z',
      to: '2026-09-21T14:29:20Z',
    });
    expect(total.value / 1e9, text).toBeCloseTo(40, -1);
    expect(text).not.toContain('at once');
  });

  test('an investigation says so, too', async () => {
    const { json, text } = await ask('23-two-profilers/double', 'investigate', {
      service: 'svc',
      ...INCIDENT,
    });
    expect(investigation.parse(json).verdict, text).toBe('no_change');
    expect(text).toContain('only gospy is counted');
    expect(text).toContain('8 cpu profiles');
  });
});

test.each([
  ['04-names-change-per-build/rust-deploy-real-regression', 'svc', 'app::price::quote'],
  ['08-node-sdk-names/node-sdk-names', 'shop', './src/price.js:quote'],
  ['09-whose-code/mangled', 'svc', 'acme::OrderBook::lookup(acme::Key const&)'],
  ['09-whose-code/node-perf-map', 'svc', '/app/src/price.js:quote'],
  ['13-generic-instances/go-generics', 'svc', 'example.com/shop/cache.(*LRU).Get'],
  ['21-no-symbols/aslr-pods', 'svc', '[server] 0x2000'],
])(
  'a name that is shown is found again, as a function and by the pattern that is offered (%s)',
  async (folder, service, name) => {
    const source = createFilesSource({ directory: fixture('field', folder) });
    const call = asker(source);
    const shown = await call('summarize_profile', { service });
    expect(shown.text).toContain(name);
    const { next } = summary.parse(
      JSON.parse((await call('summarize_profile', { service, format: 'json' })).text),
    );
    const inspected = await call('inspect_function', { service, function: name });
    expect(inspected.isError, inspected.text).toBe(false);
    expect(inspected.text).not.toContain('No function');
    for (const { tool, arguments: args } of next) {
      const answer = await call(tool, args);
      expect(answer.text).not.toContain('No stack is left');
      expect(answer.isError, answer.text).toBe(false);
    }
    await source.close();
  },
);
