import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Labels, ProfileSource } from '../src/sources/source.js';
import { createMemorySource } from './evaluation/generator/memory-source.js';
import { asker } from './support/ask.js';
import { computeTime, INCIDENT } from './support/small-service.js';

// The line at the deployed commit: labels of a service, through whole answers.

const MODULE = 'github.com/acme/shop';
const QUOTE = `${MODULE}/price.Quote`;
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SAMPLE = 10_000_000;
const [OLD, NEW] = ['a'.repeat(20) + '0'.repeat(20), 'b'.repeat(20) + '1'.repeat(20)];
const BLOB = `https://github.com/acme/shop/blob/${OLD}`;
const REPOSITORY = { service_repository: `https://token:hunter2@${MODULE}` };

/** A service whose function `Quote` grew fourfold in the incident, which begins at minute 0. */
function createShop(labelsAt: (minute: number, pod: string) => Labels): ProfileSource {
  const frame = (name: string, file: string) => ({
    fn: { name, file, startLine: 1, isSymbolised: true },
    line: 3,
  });
  const serve = frame('net/http.(*conn).serve', 'net/http/server.go');
  const main = frame('main.handle', '/build/7/cmd/shop/main.go');
  const quote = frame(QUOTE, '/build/7/price/quote.go');
  const encode = frame(
    'github.com/klauspost/compress.Encode',
    '/go/pkg/mod/github.com/klauspost/compress@v1.17.4/encode.go',
  );
  return createMemorySource('shop', () =>
    Array.from({ length: 75 }, (_, index) => index - 60).flatMap((minute) =>
      ['a', 'b'].map((pod) => ({
        time: computeTime(minute),
        seconds: 10,
        labels: { service_name: 'shop', pod, ...labelsAt(minute, pod) },
        paths: [
          [serve, main, quote],
          [serve, main],
          [serve, main, encode],
        ],
        values: new Map([
          [CPU, Float64Array.from([minute < 0 ? 20 : 80, 50, 30], (count) => count * SAMPLE)],
        ]),
      })),
    ),
  );
}

const row = z.object({ function: z.string(), source_url: z.string().optional() });
const schema = z.object({
  top_functions: z.array(row).default([]),
  application_functions: z.array(row).default([]),
  movers: z.array(row).default([]),
  findings: z.array(row).default([]),
  source_url: z.string().optional(),
  source_code: z
    .object({
      repository: z.string().nullable(),
      ref: z.string().nullable(),
      refs: z.number(),
      ref_before: z.string().nullable(),
      compare_url: z.string().nullable(),
      question: z.string().nullable(),
    })
    .optional(),
  upstream_requests: z.number().optional(),
});
const WINDOW = {
  service: 'shop',
  from: new Date(INCIDENT.from).toISOString(),
  to: new Date(INCIDENT.to).toISOString(),
};

/** Both forms of an answer. */
async function askBoth(source: ProfileSource, tool: string, more: object = {}) {
  const ask = asker(source);
  const { text } = await ask(tool, { ...WINDOW, ...more });
  const json = (await ask(tool, { ...WINDOW, ...more, format: 'json' })).text;
  expect(`${text}${json}`).not.toContain('hunter2');
  return { text, data: schema.parse(JSON.parse(json)) };
}

const urlsIn = (rows: readonly z.infer<typeof row>[]) =>
  Object.fromEntries(rows.map(({ function: name, source_url: url }) => [name, url]));
const linesWith = (text: string) => text.split('\n').filter((line) => /https?:/.test(line));

describe('one deployed commit', () => {
  const shop = createShop(() => ({ ...REPOSITORY, service_git_ref: OLD }));

  test('summarize_profile: every function in JSON, the most expensive of the team in the text', async () => {
    const { text, data } = await askBoth(shop, 'summarize_profile');
    expect(urlsIn(data.application_functions)).toEqual({
      [QUOTE]: `${BLOB}/price/quote.go#L3`,
      // Package main is found by the folder in which the rest was built.
      'main.handle': `${BLOB}/cmd/shop/main.go#L3`,
    });
    expect(urlsIn(data.top_functions)).toMatchObject({
      'github.com/klauspost/compress.Encode':
        'https://github.com/klauspost/compress/blob/v1.17.4/encode.go#L3',
    });
    expect(data.source_code).toEqual({
      ...{ repository: 'https://github.com/acme/shop', ref: OLD, refs: 1 },
      ...{ ref_before: null, compare_url: null, question: null },
    });
    const [first] = data.application_functions;
    expect(linesWith(text)).toEqual([`Source at ${OLD.slice(0, 10)}: ${first?.source_url}`]);
    expect(text.split('\n').at(-1)).toMatch(/^Source at /);
  });

  test('inspect_function: the function itself', async () => {
    const { text, data } = await askBoth(shop, 'inspect_function', { function: 'price.Quote' });
    expect(data.source_url).toBe(`${BLOB}/price/quote.go#L3`);
    expect(linesWith(text)).toEqual([`Source at ${OLD.slice(0, 10)}: ${BLOB}/price/quote.go#L3`]);
  });

  test('query_profile: in JSON only', async () => {
    const { text, data } = await askBoth(shop, 'query_profile');
    expect(urlsIn(data.top_functions)[QUOTE]).toBe(`${BLOB}/price/quote.go#L3`);
    expect(linesWith(text)).toEqual([]);
  });

  test('compare_profiles and investigate: the finding, and nothing to compare', async () => {
    for (const tool of ['compare_profiles', 'investigate']) {
      const { text, data } = await askBoth(shop, tool);
      expect(urlsIn([...data.movers, ...data.findings])[QUOTE]).toBe(`${BLOB}/price/quote.go#L3`);
      expect(data.source_code).toMatchObject({ ref: OLD, refs: 1, compare_url: null });
      expect(linesWith(text)).toEqual([`Source at ${OLD.slice(0, 10)}: ${BLOB}/price/quote.go#L3`]);
    }
  });
});

describe('another commit in the incident', () => {
  const deployed = createShop((minute) => ({ ...REPOSITORY, service_git_ref: minute < 0 ? OLD : NEW }));
  const compare = `https://github.com/acme/shop/compare/${OLD}...${NEW}`;
  const question = 'Did that change price/quote.go?';

  test.each(['compare_profiles', 'investigate'])('%s asks whether the file changed', async (tool) => {
    const { text, data } = await askBoth(deployed, tool);
    expect(data.source_code).toEqual({
      ...{ repository: 'https://github.com/acme/shop', ref: NEW, refs: 1 },
      ...{ ref_before: OLD, compare_url: compare, question },
    });
    expect(urlsIn([...data.movers, ...data.findings])[QUOTE]).toBe(
      `https://github.com/acme/shop/blob/${NEW}/price/quote.go#L3`,
    );
    expect(linesWith(text)).toEqual([
      `Deployed: ${OLD.slice(0, 10)} -> ${NEW.slice(0, 10)}. ${question} ${compare}`,
    ]);
  });

  test('by selectors over one window', async () => {
    const canary = createShop((_, pod) => ({ ...REPOSITORY, service_git_ref: pod === 'a' ? OLD : NEW }));
    const { data } = await askBoth(canary, 'compare_profiles', {
      selector: 'pod="b"',
      baseline_selector: 'pod="a"',
    });
    expect(data.source_code).toMatchObject({ ref: NEW, ref_before: OLD, compare_url: compare });
  });

  test('two commits side by side all along: no line of either is claimed', async () => {
    const canary = createShop((_, pod) => ({ ...REPOSITORY, service_git_ref: pod === 'a' ? OLD : NEW }));
    const { text, data } = await askBoth(canary, 'investigate');
    expect(data.source_code).toMatchObject({ ref: null, refs: 2, ref_before: null, compare_url: null });
    expect(urlsIn(data.findings)[QUOTE]).toBeUndefined();
    expect(linesWith(text)).toEqual([]);
  });

  test('one profile of several commits: that of most profiles, and the text says so', async () => {
    const rolling = createShop((minute) => ({ ...REPOSITORY, service_git_ref: minute < 12 ? OLD : NEW }));
    const { text, data } = await askBoth(rolling, 'summarize_profile');
    expect(data.source_code).toMatchObject({ ref: OLD, refs: 2 });
    expect(linesWith(text)[0]).toMatch(/^Source at a{10} \(of most profiles; 2 references are deployed\): /);
  });

  test('one more request where the commits differ, none where they do not', async () => {
    const same = createShop(() => ({ ...REPOSITORY, service_git_ref: OLD }));
    const made = async (source: ProfileSource) =>
      (await askBoth(source, 'investigate')).data.upstream_requests ?? 0;
    const plain = await made(createShop((minute) => ({ version: minute < 0 ? '1' : '2' })));
    expect(await made(deployed)).toBe(plain + 1);
    expect(await made(same)).toBe(await made(createShop(() => ({}))));
  });
});

describe('labels', () => {
  test.each([
    ['of OpenTelemetry', { vcs_repository_url_full: `https://${MODULE}`, vcs_ref_head_revision: OLD }, OLD],
    ['of Datadog', { git_repository_url: `git@${MODULE.replace('/', ':')}.git`, git_commit_sha: OLD }, OLD],
    ['a version that is a commit', { ...REPOSITORY, service_git_ref: 'HEAD', version: OLD }, OLD],
    ['a version that is none', { ...REPOSITORY, version: '1.2.3' }, null],
    ['a branch', { ...REPOSITORY, service_git_ref: 'main' }, 'main'],
    ['a build with changes', { ...REPOSITORY, service_git_ref: `${OLD}-dirty` }, null],
  ])('%s', async (_name, labels, ref) => {
    const { data } = await askBoth(
      createShop(() => labels),
      'summarize_profile',
    );
    expect(data.source_code?.ref).toBe(ref);
    expect(urlsIn(data.application_functions)[QUOTE]).toBe(
      ref === null ? undefined : `https://github.com/acme/shop/blob/${ref}/price/quote.go#L3`,
    );
  });

  test.each([
    ['none', {}],
    ['a commit alone', { service_git_ref: OLD }],
    [
      'a host whose pages are not known',
      { service_repository: 'https://git.acme.dev/acme/shop', service_git_ref: OLD },
    ],
    ['no address', { service_repository: 'javascript:alert(1)', service_git_ref: OLD }],
  ])('%s: the answer is as before', async (_name, labels) => {
    const { text, data } = await askBoth(
      createShop(() => labels),
      'summarize_profile',
    );
    expect(data.source_code).toBeUndefined();
    expect(linesWith(text)).toEqual([]);
    expect(urlsIn(data.top_functions)[QUOTE]).toBeUndefined();
  });

  test('the labels cost no request of their own', async () => {
    const count = async (labels: Labels) => {
      const asked: string[] = [];
      const source = createShop(() => labels);
      const watched = new Proxy(source, {
        get(target, name: keyof ProfileSource) {
          if (typeof target[name] === 'function') asked.push(name);
          return target[name];
        },
      });
      await asker(watched)('summarize_profile', WINDOW);
      return asked.sort();
    };
    expect(await count({ ...REPOSITORY, service_git_ref: OLD })).toEqual(await count({}));
  });
});
