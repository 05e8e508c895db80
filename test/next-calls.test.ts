import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TOOLS } from '../src/tools/index.js';
import { askFiles, fixture, INCIDENT_WINDOW, INCIDENTS } from './support/ask.js';

// "Next" lines are calls that can be made as they stand.

interface Call {
  tool: string;
  args: Readonly<Record<string, unknown>>;
}

function listNext(text: string): Call[] {
  return [...text.matchAll(/^Next: (\w+) (\{.*\})$/gm)].map(([, tool = '', json = '{}']) => ({
    tool,
    args: JSON.parse(json),
  }));
}

const WHOLE = { from: '2026-11-20T14:00:00Z', to: '2026-11-20T14:45:00Z' };
const BEFORE = { from: '2026-11-20T12:00:00Z', to: '2026-11-20T12:30:00Z' };
const LATER = { from: '2026-11-20T14:50:00Z', to: '2026-11-20T15:00:00Z' };
const FIRST_TOOLS = ['investigate', 'compare_profiles', 'summarize_profile', 'get_timeline', 'query_profile'];

describe.each(INCIDENTS)('$name', ({ directory, service }) => {
  const ask = askFiles(directory);
  const answers = new Map<string, { text: string; isError: boolean; after: string }>();

  /** Every call, and what its answer offers, two steps deep. */
  beforeAll(async () => {
    const windows = [INCIDENT_WINDOW, WHOLE, BEFORE, LATER];
    let calls: (Call & { after: string })[] = FIRST_TOOLS.flatMap((tool) =>
      windows.flatMap((window) =>
        [undefined, 'inuse', 'goroutines', 'mutex'].map((type) => ({
          tool,
          args: {
            service,
            ...window,
            ...(type === undefined || tool === 'investigate' ? {} : { profile_type: type }),
          },
          after: '',
        })),
      ),
    );
    for (let step = 0; step < 3; step++) {
      const following: typeof calls = [];
      for (const { tool, args, after } of calls) {
        const key = `${tool} ${JSON.stringify(args)}`;
        if (answers.has(key)) continue;
        const { text, isError } = await ask(tool, args);
        answers.set(key, { text, isError, after });
        following.push(...listNext(text).map((next) => ({ ...next, after: key })));
      }
      calls = following;
    }
  }, 60_000);

  const followed = () => [...answers].filter(([, { after }]) => after !== '');

  test('what an answer offers has data', () => {
    expect(followed().length).toBeGreaterThan(10);
    // A comparison of a type that is there may find nothing before its window, and says where to begin.
    const lacks = (text: string) => text.startsWith('No data') && !text.includes('The baseline is empty.');
    const bad = followed().filter(([, { text, isError }]) => isError || lacks(text));
    expect(bad).toEqual([]);
  });

  test('and can be judged', () => {
    const bad = followed().filter(([, { text }]) => text.includes('(inconclusive)'));
    expect(bad).toEqual([]);
  });
});

describe('a ready call', () => {
  const ask = askFiles(fixture('incidents', '10-georouting-check'));
  const question = { service: 'geo-routing', ...INCIDENT_WINDOW };

  test('of an investigation holds the baseline that was named', async () => {
    const baseline = { baseline_from: '2026-11-20T14:00:00Z', baseline_to: '2026-11-20T14:25:00Z' };
    const { text } = await ask('investigate', { ...question, ...baseline });
    expect(text).toContain('(no_change)');
    expect(listNext(text)).toEqual([
      { tool: 'compare_profiles', args: { ...question, profile_type: 'cpu', ...baseline } },
    ]);
  });

  test('of a comparison is about the same profiles', async () => {
    const canary = askFiles(fixture('incidents', '08-auth-cpu'));
    const { text } = await canary('compare_profiles', {
      service: 'auth-gateway',
      ...INCIDENT_WINDOW,
      selector: 'version="3.8.0"',
      baseline_selector: 'version="3.7.2"',
    });
    const [next] = listNext(text);
    expect(next).toMatchObject({ tool: 'inspect_function', args: { selector: '{version="3.8.0"}' } });
    expect((await canary(next?.tool ?? '', next?.args)).text).toContain('total 74.4%');
  });
});

describe('a baseline without profiles', () => {
  const ask = askFiles(fixture('demo'));
  const question = { service: 'checkout-api', ...INCIDENT_WINDOW };
  const yesterday = { baseline_from: '2026-11-19T14:30:00Z', baseline_to: '2026-11-19T14:45:00Z' };

  test.each([
    ['investigate', yesterday],
    ['compare_profiles', yesterday],
    ['compare_profiles', { baseline_selector: 'pod="nope"' }],
  ])('%s %j: the time before the window is offered instead', async (tool, baseline) => {
    const { text } = await ask(tool, { ...question, ...baseline });
    const [next] = listNext(text);
    expect(next).toEqual({ tool, args: question });
    expect((await ask(tool, next?.args)).text).toContain('(code_regression)');
  });
});

test('an investigation without a baseline says what was not compared, and where to begin', async () => {
  const ask = askFiles(fixture('demo'));
  const { text } = await ask('investigate', { service: 'checkout-api', ...WHOLE });
  expect(text).toContain('24 cpu profiles\n');
  expect(text).not.toContain('no change');
  expect(text).toContain('inuse none -> 29.7 MiB, inconclusive');
  const [next] = listNext(text);
  expect(next?.tool).toBe('get_timeline');
  expect((await ask(next?.tool ?? '', next?.args)).text).toContain(
    'Onset: cpu rose from 385 ms to 525 ms per profile between 2026-11-20T14:28:05Z and 2026-11-20T14:35:34Z',
  );
  const { lenses, total } = JSON.parse(
    (await ask('investigate', { service: 'checkout-api', ...WHOLE, format: 'json' })).text,
  );
  expect(total).toMatchObject({ profiles: 24, samples: null });
  expect(lenses).toContainEqual(
    expect.objectContaining({
      verdict: 'inconclusive',
      rate_unit: 'bytes, mean snapshot at the end of the window',
    }),
  );
});

describe('a question without data', () => {
  const ask = askFiles(fixture('demo'));
  // A link goes on as the arguments that it stands for: test/from-link.test.ts.
  const SCOPE = ['source', 'service', 'profile_type', 'selector', 'from', 'to', 'url'];
  const question = { service: 'checkout-apx', ...INCIDENT_WINDOW };
  const named = TOOLS.filter(({ input }) => 'service' in input.shape && 'from' in input.shape);

  const IDS: Readonly<Record<string, readonly string[]>> = {
    span_id: ['00f067aa0ba902b7'],
    trace_id: ['4bf92f3577b34da6a3ce929d0e0e4736'],
    profile_id: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'],
  };

  /** A value that the schema takes and that is not its default. */
  const getExample = (name: string, schema: unknown): unknown => {
    const candidates = name.endsWith('_from')
      ? ['2026-11-20T14:00:00Z']
      : name.endsWith('_to')
        ? ['2026-11-20T14:10:00Z']
        : name.endsWith('_selector')
          ? ['pod="a"']
          : (IDS[name] ?? ['main', 'tree', 'total', 'spans', 7]);
    if (!(schema instanceof z.ZodType)) throw new Error(`${name} has no schema`);
    const byDefault = schema.safeParse(undefined).data;
    return candidates.find((value) => value !== byDefault && schema.safeParse(value).success);
  };
  const cases = named.flatMap(({ name: tool, input }) =>
    Object.entries(input.shape)
      .filter(([name]) => name !== 'format' && !SCOPE.includes(name))
      .map(([name, schema]) => [tool, name, getExample(name, schema)] as const),
  );

  test('there are arguments of single tools', () => expect(cases.length).toBeGreaterThan(10));

  test.each(cases)('%s keeps %s in its ready call', async (tool, name, value) => {
    expect(value).toBeDefined();
    // The required arguments of the tool, then the one that is looked for.
    const required = tool === 'inspect_function' ? { function: 'main' } : {};
    const args = { ...question, ...required, [name]: value };
    const [next] = listNext((await ask(tool, args)).text);
    expect(next).toEqual({ tool, args: { ...args, service: 'checkout-api' } });
  });

  test('of a list without a service argument goes on in the selector', async () => {
    const { text } = await ask('list_services', {
      selector: 'service_name="checkout-apx"',
      ...INCIDENT_WINDOW,
    });
    const [next] = listNext(text);
    expect(next).toEqual({
      tool: 'list_services',
      args: { selector: '{service_name="checkout-api"}', ...INCIDENT_WINDOW },
    });
    expect((await ask('list_services', next?.args)).text).toContain('checkout-api');
  });
});
