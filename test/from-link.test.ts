import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inputJsonSchema } from '../src/mcp/input-schema.js';
import { diffLink, profileLink } from '../src/report/links.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { TOOLS } from '../src/tools/index.js';
import { asker, askerIn, createEnvironment, demoSource, INCIDENT_WINDOW, NOW } from './support/ask.js';
import { startGrafanaServer, type TestGrafana, VIEWER_TOKEN } from './support/grafana-server.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import { createSources } from './support/small-grafana.js';

// A link as the question: through a Grafana that people reach under another address, and a Pyroscope.

const PUBLIC = 'https://grafana.example.com/ops';
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const WINDOW = { from: Date.parse(INCIDENT_WINDOW.from), to: Date.parse(INCIDENT_WINDOW.to) };
const BEFORE = { from: WINDOW.from - 1_800_000, to: WINDOW.from - 1 };
const SIGNAL = new AbortController().signal;
const QUESTION = { service: 'checkout-api', profile_type: CPU, ...INCIDENT_WINDOW };

let pyroscope: TestPyroscope;
let grafana: TestGrafana;
let ask: ReturnType<typeof askerIn>;
let close: () => Promise<void>;
beforeAll(async () => {
  pyroscope = await startPyroscopeServer(demoSource());
  grafana = await startGrafanaServer({
    appUrl: `${PUBLIC}/`,
    dataSources: [
      { name: 'main', uid: 'main', url: pyroscope.url, isDefault: true },
      { name: 'off', uid: 'off', url: pyroscope.url },
      { name: 'tempo', uid: 'tempo', url: pyroscope.url, type: 'tempo' },
    ],
  });
  const finder = createSources({ url: grafana.url }, { token: VIEWER_TOKEN });
  await finder.enable(['main'], SIGNAL);
  const direct = createPyroscopeSource({ name: 'pyroscope', uid: 'pyroscope', url: pyroscope.url });
  ask = askerIn(createEnvironment([direct], [], finder));
  close = async () => {
    await finder.close();
    await direct.close();
  };
});
afterAll(async () => {
  await close();
  await grafana.close();
  await pyroscope.close();
});

const place = (uid = 'main', drilldown = false) => {
  return { baseUrl: PUBLIC, orgId: 1, uid, type: 'grafana-pyroscope-datasource', drilldown };
};
const side = (window: typeof WINDOW, more: { name: string; op: '='; value: string }[] = []) => ({
  profileTypeId: CPU,
  service: 'checkout-api',
  matchers: more,
  selector: `{service_name="checkout-api"${more.map(({ name, value }) => `,${name}="${value}"`).join('')}}`,
  window,
});
const explore = (uid?: string) => profileLink(place(uid), side(WINDOW)).url;
const POD = { name: 'region', op: '=', value: 'us-east-1' } as const;

/** An answer without the notes on the link. */
const withoutNotes = (text: string) => text.replace(/^Note: From the link.*\n/gm, '');
const noteIn = (text: string) => /^Note: (From the link.*)$/m.exec(text)?.[1];

describe('a link answers as the arguments that it stands for', () => {
  test.each([
    ['Grafana Explore', () => explore(), 'main'],
    ['Profiles Drilldown', () => profileLink(place('main', true), side(WINDOW)).url, 'main'],
    [
      'Pyroscope',
      () =>
        `${pyroscope.url}/?query=${encodeURIComponent(`${CPU}{service_name="checkout-api"}`)}&from=${WINDOW.from}&until=${WINDOW.to}`,
      'pyroscope',
    ],
  ])('of %s', async (page, link, source) => {
    grafana.requests.clear();
    const { text, isError } = await ask('summarize_profile', { url: link() });
    expect(isError, text).toBe(false);
    expect(withoutNotes(text)).toBe((await ask('summarize_profile', { ...QUESTION, source })).text);
    expect(noteIn(text)).toBe(`From the link to ${page}: source, service, profile_type, from, to.`);
    const names = grafana.requests.log.map(({ name }) => name);
    expect(names.filter((name) => !/^GET \/api\/|^proxy /.test(name))).toEqual([]);
  });

  test('in the place of the selector', async () => {
    const { text } = await ask('summarize_profile', { selector: explore() });
    expect(withoutNotes(text)).toBe((await ask('summarize_profile', { ...QUESTION, source: 'main' })).text);
  });

  test('in JSON the note stands among the notes, and calls name the arguments themselves', async () => {
    const { text } = await ask('summarize_profile', { url: explore(), format: 'json' });
    const { notes, next, scope } = JSON.parse(text);
    expect(notes).toContain('From the link to Grafana Explore: source, service, profile_type, from, to.');
    expect(scope).toMatchObject({ service: 'checkout-api', from: INCIDENT_WINDOW.from });
    expect(next[0].arguments).toMatchObject({ source: 'main', service: 'checkout-api', ...INCIDENT_WINDOW });
    expect(next[0].arguments.url).toBeUndefined();
  });

  const linked = TOOLS.filter(({ input }) => input.shape.url !== undefined);
  test.each(linked.map((tool) => [tool.name, tool] as const))('%s', async (tool, definition) => {
    const more = tool === 'inspect_function' ? { function: 'coupon.loadPattern' } : {};
    const { text, isError } = await ask(tool, { ...more, url: explore() });
    expect(isError, text).toBe(false);
    expect(noteIn(text)).toMatch(/^From the link to Grafana Explore: source, .*from, to\./);
    const { required = [] } = inputJsonSchema(definition);
    expect(required).not.toContain('from');
  });

  test('all tools with a window and a selector take one', () => {
    const others = TOOLS.filter(({ input }) => input.shape.url === undefined).map(({ name }) => name);
    expect(others).toEqual(['find_query_patterns', 'list_data_sources']);
  });
});

describe('arguments of the caller win', () => {
  const link = () => profileLink(place(), side(WINDOW, [POD])).url;

  test.each([
    [
      { profile_type: 'alloc' },
      'From the link to Grafana Explore: source, service, selector, from, to. Given instead: profile_type.',
    ],
    [
      { selector: 'pod=~".+"' },
      'From the link to Grafana Explore: source, service, profile_type, from, to. Given instead: selector.',
    ],
    [
      { source: 'pyroscope' },
      'From the link to Grafana Explore: service, profile_type, selector, from, to. Given instead: source.',
    ],
    [
      { from: '2026-11-20T14:35:00Z', to: '2026-11-20T14:40:00Z' },
      'From the link to Grafana Explore: source, service, profile_type, selector. Given instead: from, to.',
    ],
    [
      { to: '2026-11-20T14:40:00Z' },
      'From the link to Grafana Explore: source, service, profile_type, selector, from. Given instead: to.',
    ],
  ])('%j', async (more, note) => {
    const { text } = await ask('summarize_profile', { url: link(), ...more });
    expect(noteIn(text)).toBe(note);
    const whole = { ...QUESTION, selector: 'region="us-east-1"', source: 'main', ...more };
    expect(withoutNotes(text)).toBe((await ask('summarize_profile', whole)).text);
  });

  test('another service, in its argument or in the selector', async () => {
    for (const more of [{ service: 'other' }, { selector: '{service_name="other"}' }]) {
      const { text } = await ask('summarize_profile', { url: explore(), ...more });
      expect(text).toContain('other');
      expect(noteIn(text)).not.toMatch(/: [^.]*service[,.]/);
    }
  });
});

describe('a link that compares', () => {
  const difference = (before = side(BEFORE), after = side(WINDOW)) =>
    diffLink(place(), before, after)?.url ?? '';
  const BASELINE = { baseline_from: '2026-11-20T14:00:00Z', baseline_to: '2026-11-20T14:29:59.999Z' };

  test('both windows', async () => {
    const { text } = await ask('compare_profiles', { url: difference() });
    expect(noteIn(text)).toBe(
      'From the link to Grafana Explore: source, service, profile_type, from, to, baseline_from, baseline_to.',
    );
    const plain = await ask('compare_profiles', { ...QUESTION, source: 'main', ...BASELINE });
    expect(withoutNotes(text)).toBe(plain.text);
  });

  test('two selectors over one window; one of them may be the whole', async () => {
    const { text, isError } = await ask('compare_profiles', {
      url: difference(side(WINDOW), side(WINDOW, [POD])),
    });
    expect(isError, text).toBe(false);
    expect(noteIn(text)).toContain('selector, from, to, baseline_from, baseline_to, baseline_selector.');
    const same = await ask('compare_profiles', {
      ...QUESTION,
      ...{
        source: 'main',
        selector: 'region="us-east-1"',
        baseline_selector: '{service_name="checkout-api"}',
      },
      ...{ baseline_from: INCIDENT_WINDOW.from, baseline_to: INCIDENT_WINDOW.to },
    });
    expect(withoutNotes(text)).toBe(same.text);
  });

  test('investigate takes the baseline, and says what it does not take', async () => {
    const { text } = await ask('investigate', { url: difference(side(BEFORE, [POD]), side(WINDOW)) });
    expect(noteIn(text)).toBe(
      'From the link to Grafana Explore: source, service, from, to, baseline_from, baseline_to. ' +
        'Not used of it: the selector of the other side (compare_profiles takes it).',
    );
  });

  test('a tool for one side says so', async () => {
    const { text } = await ask('summarize_profile', { url: difference() });
    expect(noteIn(text)).toContain('Not used of it: the side to compare with (compare_profiles takes it).');
    expect(text).toContain('2026-11-20T14:30:00Z');
  });
});

describe('what a link lacks', () => {
  const panel = (rest: string) => `${PUBLIC}/d/abc/shop?viewPanel=2&${rest}`;
  const times = `from=${WINDOW.from}&to=${WINDOW.to}`;

  test('a panel without variables: the arguments that are missing', async () => {
    const { text, isError } = await ask('investigate', { url: panel(times) });
    expect(isError).toBe(true);
    expect(text).toContain('no variable in it names the service.');
    expect(text).toContain('find_query_patterns lists what the dashboards ask');
    const given = await ask('summarize_profile', {
      url: panel(times),
      service: 'checkout-api',
      profile_type: 'cpu',
    });
    expect(noteIn(given.text)).toBe('From the link to a Grafana dashboard: from, to.');
  });

  test('a panel whose variables name a service, and a source of another kind', async () => {
    const { text } = await ask('summarize_profile', {
      url: panel(`${times}&var-service_name=checkout-api&var-ds=nowhere&var-cluster=a`),
    });
    expect(noteIn(text)).toBe(
      'From the link to a Grafana dashboard: service, from, to. Not used of it: the variables cluster; the variable that names a data source.',
    );
    const named = await ask('summarize_profile', { url: panel(`${times}&var-app=checkout-api&var-ds=main`) });
    expect(noteIn(named.text)).toBe('From the link to a Grafana dashboard: source, service, from, to.');
  });

  test('a time range, where the tool needs one', async () => {
    const link = `${PUBLIC}/a/grafana-pyroscope-app/explore?var-serviceName=checkout-api&var-profileMetricId=${CPU}`;
    expect(await ask('compare_profiles', { url: link })).toEqual({
      text: 'The link names no time range, and compare_profiles needs one.\nNext: Give `from` and `to` with it.',
      isError: true,
    });
    expect((await ask('compare_profiles', { url: link, ...INCIDENT_WINDOW })).isError).toBe(false);
    expect((await ask('summarize_profile', { url: link })).isError).toBe(false);
  });

  test('a trace alone', async () => {
    const pane = {
      datasource: 'tempo',
      queries: [{ query: 'a'.repeat(32) }],
      range: { from: 'now-1h', to: 'now' },
    };
    const { text } = await ask('summarize_profile', {
      url: `${PUBLIC}/explore?panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`,
    });
    expect(text).toContain('The link opens a trace, which says neither the service nor the profile type.');
  });
});

describe('a link to a span', () => {
  const link = (ids: object) => {
    const query = {
      datasource: { uid: 'main' },
      profileTypeId: CPU,
      labelSelector: '{service_name="checkout-api"}',
    };
    const pane = {
      queries: [{ ...query, ...ids }],
      range: { from: String(WINDOW.from), to: String(WINDOW.to) },
    };
    return `${PUBLIC}/explore?panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`;
  };
  const span = '00f067aa0ba902b7';

  test.each([
    [{ spanSelector: [span] }, 'span_id'],
    [{ profileIdSelector: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'] }, 'profile_id'],
    [{ traceIdSelector: ['4bf92f3577b34da6a3ce929d0e0e4736'] }, 'trace_id'],
    // The span says more than the profile that it is in.
    [{ spanSelector: [span], profileIdSelector: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'] }, 'span_id'],
  ])('%j is asked about as %s', async (ids, name) => {
    const { text } = await ask('summarize_profile', { url: link(ids) });
    expect(text).toContain(
      `From the link to Grafana Explore: source, service, profile_type, from, to, ${name}.`,
    );
  });

  test('ids of the caller win, and tools without ids say so', async () => {
    const trace_id = '4bf92f3577b34da6a3ce929d0e0e4736';
    const other = await ask('summarize_profile', { url: link({ spanSelector: [span] }), trace_id });
    expect(other.text).toContain(
      'From the link to Grafana Explore: source, service, profile_type, from, to.',
    );
    expect(other.text).not.toContain(span);
    expect(other.text).not.toContain('span_id');
    const { text } = await ask('get_timeline', { url: link({ spanSelector: [span] }) });
    expect(noteIn(text)).toContain('Not used of it: the span id.');
  });
});

describe('a link is refused', () => {
  test('of another place: it and the configured ones are named, nothing else of the link', async () => {
    const { text, isError } = await ask('summarize_profile', {
      url: 'https://user:hunter2@evil.example/explore?token=hunter2&left=x',
    });
    expect({ text, isError }).toEqual({
      text: `The link leads to https://evil.example, which is not configured here.\nNext: Links are read from: ${pyroscope.url}, ${PUBLIC}, ${grafana.url}. Or give service, profile_type, from and to.`,
      isError: true,
    });
  });

  test('where files are the only source', async () => {
    const { text } = await asker(demoSource())('summarize_profile', { url: explore() });
    expect(text).toContain(
      'which is not configured here.\nNext: No Grafana and no Pyroscope server is configured',
    );
  });

  test('to a data source that is disabled, and to one of another kind', async () => {
    pyroscope.requests.clear();
    const disabled = await ask('summarize_profile', { url: explore('off') });
    expect(disabled.isError).toBe(true);
    expect(disabled.text).toContain('is disabled');
    expect(pyroscope.requests.log).toEqual([]);
    expect((await ask('summarize_profile', { url: explore('tempo') })).text).toContain(
      'There is no data source "tempo"',
    );
  });

  test('given twice', async () => {
    const { text } = await ask('summarize_profile', { url: explore(), selector: explore() });
    expect(text).toContain('`url` and `selector` both hold a link.');
  });

  test('a Grafana that does not answer is said, and links to Pyroscope are read all the same', async () => {
    const finder = createSources({ url: 'http://127.0.0.1:9' }, { token: VIEWER_TOKEN });
    const direct = createPyroscopeSource({ name: 'pyroscope', uid: 'pyroscope', url: pyroscope.url });
    const lonely = askerIn(createEnvironment([direct], [], finder));
    const own = `${pyroscope.url}/?query=${encodeURIComponent(`${CPU}{service_name="checkout-api"}`)}&from=${WINDOW.from}&until=${WINDOW.to}`;
    expect((await lonely('summarize_profile', { url: own })).isError).toBe(false);
    expect(
      (await lonely('summarize_profile', { url: 'http://127.0.0.1:9/explore?panes={}' })).text,
    ).toContain('cannot be reached');
    expect((await lonely('summarize_profile', { url: explore() })).text).toContain(
      `leads to ${new URL(PUBLIC).origin}, which is not`,
    );
    await finder.close();
    await direct.close();
  });
});

test('a link gets no request, whatever it leads to', async () => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = Object(server.address());
  const foreign = `http://127.0.0.1:${port}`;
  for (const link of [
    `${foreign}/explore?left=x`,
    `${foreign}/?query=${CPU}{}`,
    `${foreign}/d/a/b?var-app=x`,
  ]) {
    expect((await ask('summarize_profile', { url: link })).isError).toBe(true);
    await ask('summarize_profile', { selector: link });
  }
  expect(requests).toEqual([]);
  grafana.requests.clear();
  for (const link of [`${grafana.url}/goto/abc`, `${grafana.url}/d/abc/shop?var-app=checkout-api`, explore()])
    await ask('summarize_profile', { url: link, from: 'now-1h' });
  const paths = grafana.requests.log
    .map(({ name }) => name)
    .filter((name) => !/^GET \/api\/|^proxy /.test(name));
  expect(paths).toEqual([]);
  server.close();
});

test('relative times are those of the clock, and calls repeat them as they were', async () => {
  const link = `${pyroscope.url}/?query=${encodeURIComponent(`${CPU}{service_name="checkout-api"}`)}&from=now-30m&until=now-15m`;
  const { text } = await ask('summarize_profile', { url: link });
  expect(text).toContain(new Date(NOW - 1_800_000).toISOString().replace('.000', ''));
  expect(text).not.toContain('now-30m');
});
