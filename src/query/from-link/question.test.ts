import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../errors.js';
import { diffLink, profileLink } from '../../report/links.js';
import type { PageAddress } from '../../sources/page-address.js';
import { formatSelector } from '../../sources/selector.js';
import { isLink } from '../../text/link.js';
import { type LinkedQuestion, readLink } from './question.js';

const NOW = Date.parse('2026-11-20T15:00:00Z');
const HOUR = 3_600_000;
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const ALLOC = 'memory:alloc_space:bytes:space:bytes';
const SPAN = '00f067aa0ba902b7';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PROFILE = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const GRAFANA = 'https://grafana.example.com/ops';
const PYROSCOPE = 'http://127.0.0.1:4040';

const ADDRESSES: readonly PageAddress[] = [
  { url: 'http://grafana.internal:3000', pages: 'grafana', store: null, source: null, orgId: 1 },
  { url: GRAFANA, pages: 'grafana', store: null, source: null, orgId: 1 },
  { url: PYROSCOPE, pages: 'pyroscope', store: null, source: 'pyroscope', orgId: null },
  {
    url: 'https://obs.example.com/profiles',
    pages: 'pyroscope',
    store: null,
    source: 'pyroscope',
    orgId: null,
  },
];
const read = (url: string) => readLink(url, ADDRESSES, NOW);

/** A question in one line, so that a table of them can be read. */
function shown(question: LinkedQuestion): Record<string, unknown> {
  const side = ({ service, matchers, window }: LinkedQuestion['baseline'] & object) => ({
    service,
    ...(matchers.length === 0 ? {} : { selector: formatSelector(matchers) }),
    ...(window === null ? {} : { window: [(window.from - NOW) / HOUR, (window.to - NOW) / HOUR] }),
  });
  const { page, source, profileType, baseline, ids, unused, notes } = question;
  const idEntries = Object.entries(ids).filter(([, values]) => values.length > 0);
  return {
    page,
    ...(source === null ? {} : { source }),
    ...(profileType === null ? {} : { type: profileType }),
    ...side(question),
    ...Object.fromEntries(idEntries),
    ...(baseline === null ? {} : { baseline: side(baseline) }),
    ...(unused.length === 0 ? {} : { unused }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

const json = (value: unknown) => encodeURIComponent(JSON.stringify(value));
const ms = (hours: number) => String(NOW + hours * HOUR);
const query = (more: object = {}) => ({
  refId: 'A',
  datasource: { type: 'grafana-pyroscope-datasource', uid: 'prof' },
  queryType: 'profile',
  profileTypeId: CPU,
  labelSelector: '{service_name="cart",region="eu"}',
  groupBy: [],
  ...more,
});
const pane = (queries: object[], from = 'now-1h', to = 'now', more: object = {}) => ({
  datasource: 'prof',
  queries,
  range: { from, to },
  ...more,
});
const panes = (value: object) => `${GRAFANA}/explore?schemaVersion=1&panes=${json(value)}&orgId=1`;
const app = (rest: string, page = 'explore') => `${GRAFANA}/a/grafana-pyroscope-app/${page}?${rest}`;
const CART = { service: 'cart', selector: '{region="eu"}' };
const EXPLORE = { page: 'Grafana Explore', source: 'prof', type: CPU };
const DRILLDOWN = { page: 'Profiles Drilldown', source: 'prof', type: CPU };
const OWN = { page: 'Pyroscope', source: 'pyroscope', type: CPU };
const LAST_HOUR = { window: [-1, 0] };
const APP = `var-dataSource=prof&var-serviceName=cart&var-profileMetricId=${CPU}`;

const EXPLORE_LINKS: readonly [name: string, url: string, expected: object][] = [
  ['panes of Grafana 10 and newer', panes({ x1: pane([query()]) }), { ...EXPLORE, ...CART, ...LAST_HOUR }],
  [
    'absolute times of a pane',
    panes({ x1: pane([query()], ms(-3), ms(-2)) }),
    { ...EXPLORE, ...CART, window: [-3, -2] },
  ],
  [
    'times of a pane as numbers',
    panes({ x1: { ...pane([query()]), range: { from: NOW - 2 * HOUR, to: NOW - HOUR } } }),
    { ...EXPLORE, ...CART, window: [-2, -1] },
  ],
  [
    'a date of a pane',
    panes({ x1: pane([query()], '2026-11-20T12:00:00.000Z', '2026-11-20T13:00:00.000Z') }),
    { ...EXPLORE, ...CART, window: [-3, -2] },
  ],
  [
    'two panes side by side are a comparison',
    panes({ a: pane([query()], ms(-3), ms(-2)), b: pane([query()], ms(-1), ms(0)) }),
    { ...EXPLORE, ...CART, ...LAST_HOUR, baseline: { ...CART, window: [-3, -2] } },
  ],
  [
    'two equal panes are one question',
    panes({ a: pane([query()]), b: pane([query()]) }),
    { ...EXPLORE, ...CART, ...LAST_HOUR },
  ],
  [
    'panes of two types are no comparison',
    panes({ a: pane([query({ profileTypeId: ALLOC })]), b: pane([query()]) }),
    { ...EXPLORE, ...CART, ...LAST_HOUR, unused: ['the other side, which is of another profile type'] },
  ],
  [
    'the older left= as JSON',
    `${GRAFANA}/explore?orgId=1&left=${json(pane([query()]))}`,
    { ...EXPLORE, ...CART, ...LAST_HOUR },
  ],
  [
    'left= and right=',
    `${GRAFANA}/explore?left=${json(pane([query()], ms(-3), ms(-2)))}&right=${json(pane([query()]))}`,
    { ...EXPLORE, ...CART, ...LAST_HOUR, baseline: { ...CART, window: [-3, -2] } },
  ],
  [
    'the list of Grafana 6 to 8',
    `${GRAFANA}/explore?left=${json(['now-1h', 'now', 'Pyroscope', { profileTypeId: CPU, labelSelector: '{service_name="cart",region="eu"}' }])}`,
    { ...EXPLORE, ...CART, source: 'Pyroscope', ...LAST_HOUR },
  ],
  [
    'a mixed pane, whose query names the source',
    panes({ x: { ...pane([query()]), datasource: '-- Mixed --' } }),
    { ...EXPLORE, ...CART, ...LAST_HOUR },
  ],
  [
    'the alias of the data source before Grafana 10',
    panes({ x: pane([query({ datasource: { type: 'phlare', uid: 'old' } })]) }),
    { ...EXPLORE, ...CART, source: 'old', ...LAST_HOUR },
  ],
  [
    'a hidden query is left out, a further one named',
    panes({ x: pane([query({ hide: true, profileTypeId: ALLOC }), query(), query()]) }),
    { ...EXPLORE, ...CART, ...LAST_HOUR, unused: ['1 further queries'] },
  ],
  [
    'a grouping',
    panes({ x: pane([query({ groupBy: ['pod'] })]) }),
    { ...EXPLORE, ...CART, ...LAST_HOUR, unused: ['the grouping by pod'] },
  ],
  [
    'from a trace to its profiles: the span',
    panes({ x: pane([query({ spanSelector: [SPAN] })]) }),
    { ...EXPLORE, ...CART, ...LAST_HOUR, span_id: [SPAN] },
  ],
  [
    'a trace and its profiles side by side',
    panes({
      left: {
        datasource: 'tempo',
        queries: [{ query: TRACE, queryType: 'traceql' }],
        range: { from: 'now-1h', to: 'now' },
      },
      right: pane([query()]),
    }),
    { ...EXPLORE, ...CART, ...LAST_HOUR, trace_id: [TRACE] },
  ],
  [
    'a trace alone: its id, and the span that is open',
    panes({
      t: pane([{ query: TRACE }], 'now-1h', 'now', {
        datasource: 'tempo',
        panelsState: { trace: { spanId: SPAN } },
      }),
    }),
    { page: 'Grafana Explore', service: null, ...LAST_HOUR, trace_id: [TRACE], span_id: [SPAN] },
  ],
  [
    'a trace of 64 bits, or one whose id begins with zeros, in the digits that samples have',
    panes({ t: pane([{ query: 'af7651916cd43dd' }], 'now-1h', 'now', { datasource: 'tempo' }) }),
    {
      page: 'Grafana Explore',
      service: null,
      ...LAST_HOUR,
      trace_id: ['00000000000000000af7651916cd43dd'],
    },
  ],
  [
    'one profile by its id',
    panes({ x: pane([query({ profileIdSelector: [PROFILE] })]) }),
    { ...EXPLORE, ...CART, ...LAST_HOUR, profile_id: [PROFILE] },
  ],
  [
    'the rounded time range of a day',
    panes({ x: pane([query()], 'now-1d/d', 'now-1d/d') }),
    {
      ...EXPLORE,
      ...CART,
      window: [-39, -15 - 1 / HOUR],
      notes: ['The link rounds its time range to days or longer: they were taken in UTC.'],
    },
  ],
  [
    'the same in UTC',
    `${panes({ x: pane([query()], 'now/d', 'now') })}&timezone=utc`,
    { ...EXPLORE, ...CART, window: [-15, 0] },
  ],
  [
    'a link that a chat escaped once more',
    `${GRAFANA}/explore?schemaVersion=1&amp;panes=${encodeURIComponent(json({ x: pane([query()]) }))}&amp;orgId=1`,
    { ...EXPLORE, ...CART, ...LAST_HOUR },
  ],
  [
    'the address that the server uses itself',
    `http://grafana.internal:3000/explore?panes=${json({ x: pane([query()]) })}`,
    { ...EXPLORE, ...CART, ...LAST_HOUR },
  ],
  [
    'a query without a service',
    panes({ x: pane([query({ labelSelector: '{}' })]) }),
    { ...EXPLORE, service: null, ...LAST_HOUR },
  ],
  [
    'a query whose type is not chosen yet',
    panes({ x: pane([query({ profileTypeId: '' })]) }),
    { page: 'Grafana Explore', source: 'prof', ...CART, ...LAST_HOUR },
  ],
];

const DRILLDOWN_LINKS: typeof EXPLORE_LINKS = [
  [
    'the flame graph of a service',
    app(
      `searchText=&panelType=time-series&explorationType=flame-graph&${APP}&var-spanSelector=undefined&var-filters=&var-groupBy=all&from=now-1h&to=now&maxNodes=16384`,
    ),
    { ...DRILLDOWN, service: 'cart', ...LAST_HOUR },
  ],
  [
    'the older route',
    app(`explorationType=labels&${APP}&var-groupBy=pod&from=now-1h&to=now`, 'profiles-explorer'),
    { ...DRILLDOWN, service: 'cart', ...LAST_HOUR, unused: ['the grouping by pod'] },
  ],
  [
    'filters with the separators of the app',
    app(
      `explorationType=flame-graph&${APP}&var-filters=region%7C%3D%7Ceu&var-filters=path%7C%3D~%7Ca__gfp__b__gfc__c&from=now-1h&to=now`,
    ),
    { ...DRILLDOWN, service: 'cart', selector: '{region="eu",path=~"a|b,c"}', ...LAST_HOUR },
  ],
  [
    'filters with shown labels, several values, origins and emptiness',
    app(
      `explorationType=flame-graph&${APP}&${[
        'zone,Zone|=|z1,Zone 1',
        'pod|=__gfp__|a.1|b',
        'env|in|x__gfp__y',
        'job|not-in|z',
        'tier|is-empty|',
        'az|=|q#dashboard',
        'x|<|3',
      ]
        .map((filter) => `var-filters=${encodeURIComponent(filter)}`)
        .join('&')}&from=now-1h&to=now`,
    ),
    {
      ...DRILLDOWN,
      service: 'cart',
      selector: '{zone="z1",pod=~"a\\\\.1|b",env=~"x|y",job!~"z",tier="",az="q"}',
      ...LAST_HOUR,
    },
  ],
  [
    'the view of all services, which keeps the last one in its address',
    app(`explorationType=all&${APP}&from=now-1h&to=now`),
    { ...DRILLDOWN, service: null, ...LAST_HOUR },
  ],
  [
    'a span',
    app(`explorationType=flame-graph&${APP}&var-spanSelector=${SPAN}&from=now-1h&to=now`),
    { ...DRILLDOWN, service: 'cart', ...LAST_HOUR, span_id: [SPAN] },
  ],
  [
    'one profile',
    app(
      `explorationType=flame-graph&${APP}&var-profileIdSelector=${PROFILE}&from=now-1h&to=now&timezone=browser`,
    ),
    { ...DRILLDOWN, service: 'cart', ...LAST_HOUR, profile_id: [PROFILE] },
  ],
  [
    'a difference',
    app(
      `explorationType=diff-flame-graph&${APP}&var-filtersBaseline=version%7C%3D%7C1&var-filtersComparison=version%7C%3D%7C2&from=now-6h&to=now&diffFrom=${ms(-4)}&diffTo=${ms(-3)}&diffFrom-2=2026-11-20T13:00:00.000Z&diffTo-2=now-1h`,
    ),
    {
      ...DRILLDOWN,
      service: 'cart',
      selector: '{version="2"}',
      window: [-2, -1],
      baseline: { service: 'cart', selector: '{version="1"}', window: [-4, -3] },
    },
  ],
  [
    'a difference whose sides are chosen by the app',
    app(`explorationType=diff-flame-graph&${APP}&from=now-6h&to=now&diffFrom=&diffTo=&diffFrom-2=&diffTo-2=`),
    {
      ...DRILLDOWN,
      service: 'cart',
      window: [-6, 0],
      unused: ['the comparison, whose two time ranges are not in the link'],
    },
  ],
  [
    'pages of the app before Grafana 11',
    app(`query=${encodeURIComponent(`${CPU}{service_name="cart"}`)}&from=now-1h&until=now`, 'single'),
    { page: 'Pyroscope', type: CPU, service: 'cart', ...LAST_HOUR },
  ],
  ['no range', app(`explorationType=flame-graph&${APP}`), { ...DRILLDOWN, service: 'cart' }],
];

const OTHER_LINKS: typeof EXPLORE_LINKS = [
  [
    'a panel whose variables name the service and the type',
    `${GRAFANA}/d/abc/shop?orgId=1&from=${ms(-2)}&to=${ms(-1)}&viewPanel=panel-4&var-service_name=cart&var-profile_type=${CPU}&var-ds=prof&var-cluster=eu`,
    {
      page: 'a Grafana dashboard',
      source: 'prof',
      type: CPU,
      service: 'cart',
      window: [-2, -1],
      unused: ['the variables cluster'],
    },
  ],
  [
    'a panel that says nothing',
    `${GRAFANA}/d/abc/shop?viewPanel=4&from=now-1h&to=now&var-app=$__all`,
    { page: 'a Grafana dashboard', service: null, ...LAST_HOUR },
  ],
  [
    'a panel by itself, with two services and a span',
    `${GRAFANA}/d-solo/abc/shop?panelId=4&var-service=a.b&var-service=c&var-span_id=${SPAN}`,
    { page: 'a Grafana dashboard', service: null, selector: '{service_name=~"a\\\\.b|c"}', span_id: [SPAN] },
  ],
  [
    'Pyroscope 1: type and selector',
    `${PYROSCOPE}/?query=${encodeURIComponent(`${CPU}{service_name="cart",region="eu"}`)}&from=now-1h&until=now`,
    { ...OWN, ...CART, ...LAST_HOUR },
  ],
  [
    'epoch seconds',
    `${PYROSCOPE}/?query=${encodeURIComponent(`${CPU}{service_name="cart"}`)}&from=${(NOW - HOUR) / 1000}&until=${NOW / 1000}`,
    { ...OWN, service: 'cart', ...LAST_HOUR },
  ],
  [
    'the newest pages, where the type is a label',
    `${PYROSCOPE}/?tenant=a&query=${encodeURIComponent(`{service_name="cart", profile_type="${CPU}", region="eu"}`)}&from=${ms(-1)}&until=${ms(0)}`,
    { ...OWN, ...CART, ...LAST_HOUR, unused: ['the tenant'] },
  ],
  [
    'the type as the last label',
    `${PYROSCOPE}/?query=${encodeURIComponent(`{service_name="cart",__profile_type__="${CPU}"}`)}&from=now-1h`,
    { ...OWN, service: 'cart', ...LAST_HOUR },
  ],
  [
    'a comparison',
    `${PYROSCOPE}/comparison?query=${encodeURIComponent(`${CPU}{service_name="cart"}`)}&from=now-6h&until=now&leftQuery=${encodeURIComponent(`${CPU}{service_name="cart",v="1"}`)}&leftFrom=${ms(-4)}&leftUntil=${ms(-3)}&rightQuery=${encodeURIComponent(`${CPU}{service_name="cart",v="2"}`)}&rightFrom=${ms(-2)}&rightUntil=${ms(-1)}`,
    {
      ...OWN,
      service: 'cart',
      selector: '{v="2"}',
      window: [-2, -1],
      baseline: { service: 'cart', selector: '{v="1"}', window: [-4, -3] },
    },
  ],
  [
    'a difference whose right side is the whole',
    `http://localhost:4040/comparison-diff?query=shop.cart.cpu{}&from=${(NOW - HOUR) / 1000}&until=${NOW / 1000}&leftFrom=now-3h&leftUntil=now-2h`,
    {
      ...OWN,
      type: 'cpu',
      service: 'shop.cart',
      ...LAST_HOUR,
      baseline: { service: 'shop.cart', window: [-3, -2] },
    },
  ],
  [
    'a single view that keeps the sides of a comparison in its address',
    `${PYROSCOPE}/explore?query=${encodeURIComponent(`${CPU}{service_name="cart"}`)}&from=now-1h&until=now&leftQuery=x{}&leftFrom=now-3h&leftUntil=now-2h`,
    { ...OWN, service: 'cart', ...LAST_HOUR },
  ],
  [
    'a span as the agents before version 1 linked it',
    `${PYROSCOPE}/?query=${encodeURIComponent(`ride-sharing-app.cpu{profile_id="${SPAN}",region="eu"}`)}&from=now-1h&until=now`,
    {
      ...OWN,
      type: 'cpu',
      service: 'ride-sharing-app',
      selector: '{region="eu"}',
      ...LAST_HOUR,
      span_id: [SPAN],
    },
  ],
  [
    'an application without a type',
    `${PYROSCOPE}/?query=shop.cart&from=now-1h&until=now`,
    { page: 'Pyroscope', source: 'pyroscope', service: 'shop.cart', ...LAST_HOUR },
  ],
  [
    'a server below a path',
    `https://obs.example.com/profiles/?query=${encodeURIComponent(`${CPU}{service_name="cart"}`)}&from=now-1h&until=now`,
    { ...OWN, service: 'cart', ...LAST_HOUR },
  ],
];

describe('links that are read', () => {
  test.each([...EXPLORE_LINKS, ...DRILLDOWN_LINKS, ...OTHER_LINKS])('%s', (_name, url, expected) => {
    expect(shown(read(url))).toEqual(expected);
  });

  test('a dashboard only seems to name the source', () => {
    expect(read(`${GRAFANA}/d/a/b?var-ds=x`).isSourceGuessed).toBe(true);
    expect(read(panes({ x: pane([query()]) })).isSourceGuessed).toBe(false);
  });

  test('the organisation', () => {
    expect(read(`${panes({ x: pane([query()]) })}`).orgId).toBe(1);
    expect(read(app(`${APP}&from=now-1h`)).orgId).toBeNull();
  });

  test('a variable is no data source', () => {
    const url = panes({ x: pane([query({ datasource: { uid: '$ds' } })]) });
    expect(read(url).source).toBeNull();
  });
});

const refusal = (url: string) => {
  try {
    read(url);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('was read');
};

describe('links that are refused', () => {
  test.each([
    ['another host', 'https://evil.example/explore?panes=x', 'https://evil.example,'],
    ['another port', 'http://127.0.0.1:4041/?query=x{}', 'http://127.0.0.1:4041,'],
    ['another scheme', 'http://grafana.example.com/ops/explore', 'http://grafana.example.com,'],
    ['another path of the host', 'https://grafana.example.com/explore', 'https://grafana.example.com,'],
    [
      'a path that only begins alike',
      'https://grafana.example.com/opsy/explore',
      'https://grafana.example.com,',
    ],
    [
      'a host in front of the at sign',
      'https://grafana.example.com@evil.example/ops',
      'https://evil.example,',
    ],
    [
      'a host that only begins alike',
      'https://grafana.example.com.evil.example/ops',
      'https://grafana.example.com.evil.example,',
    ],
    ['a way out of the path', 'https://grafana.example.com/ops/../explore', 'https://grafana.example.com,'],
  ])('%s', (_name, url, origin) => {
    const { message, next } = refusal(url);
    expect(message).toBe(`The link leads to ${origin} which is not configured here.`);
    expect(next).toContain(`${GRAFANA}, ${PYROSCOPE}, https://obs.example.com/profiles`);
  });

  test('where nothing is configured, the error says what to give', () => {
    expect(() => readLink(`${GRAFANA}/explore`, [], NOW)).toThrow('is not configured here');
  });

  test.each([
    ['a short link', `${GRAFANA}/goto/h1rK`, 'shortened'],
    [
      'another organisation',
      panes({ x: pane([query()]) }).replace('orgId=1', 'orgId=2'),
      'organisation 2 of Grafana',
    ],
    ['Explore without a query', `${GRAFANA}/explore`, 'without a profile query'],
    ['panes that are no JSON', `${GRAFANA}/explore?panes=%7Bx`, 'without a profile query'],
    ['another data source', panes({ x: { queries: [{ expr: 'up' }] } }), 'without a profile query'],
    ['the home page', `${GRAFANA}/`, 'without a profile query'],
    ['the start of the app', app(''), 'without a profile query'],
    ['a list of dashboards', `${GRAFANA}/dashboards/f/x`, 'without a profile query'],
    ['Pyroscope without a query', `${PYROSCOPE}/?from=now-1h`, 'without a profile query'],
    [
      'a selector that cannot be read',
      panes({ x: pane([query({ labelSelector: '{a=' })]) }),
      'label selector in the link',
    ],
    ['a time that is none', app(`${APP}&from=yesterday&to=now`), 'time range of the link cannot be read'],
    ['a fiscal year', app(`${APP}&from=now/fy&to=now`), 'time range of the link cannot be read'],
    ['a range that ends first', app(`${APP}&from=now&to=now-1h`), 'ends before it begins'],
    ['another scheme', 'file:///etc/passwd', 'not an http(s) address'],
    ['no address', 'grafana', 'not an http(s) address'],
    ['a link without end', `${PYROSCOPE}/?query=${'x'.repeat(20_000)}`, 'characters; at most'],
  ])('%s', (_name, url, message) => {
    expect(refusal(url).message).toContain(message);
  });

  test('no error holds more of a link than its origin', () => {
    const secret = 'hunter2hunter2';
    const parts = [
      `?token=${secret}`,
      `/${secret}`,
      `/explore?left=${secret}`,
      `/d/${secret}?from=${secret}`,
    ];
    for (const base of [
      'https://evil.example',
      `${GRAFANA}`,
      PYROSCOPE,
      'https://user:hunter2hunter2@evil.example',
    ])
      for (const part of parts) {
        try {
          read(`${base}${part}`);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(`${error.message} ${error.next}`).not.toContain(secret);
        }
      }
  });
});

test.each([
  ['https://x', true],
  [' <http://x>', true],
  ['HTTPS://x', true],
  ['{url="https://x"}', false],
  ['pod="a"', false],
])('whether %s is a link', (text, expected) => {
  expect(isLink(text)).toBe(expected);
});

describe('links of our own answers are read back', () => {
  const name = fc.constantFrom('region', 'pod', 'k8s.pod.name', 'a b');
  const value = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => text.isWellFormed());
  const matcher = fc.record({
    name,
    op: fc.constantFrom('=', '!=', '=~' as const),
    value: value.filter((text) => !/[()[\]*+?{}\\]/.test(text)),
  });
  const window = fc
    .tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }))
    .map(([from, length]) => ({
      from: NOW - (from + length) * 60_000,
      to: NOW - from * 60_000,
    }));
  const side = fc.record({ matchers: fc.array(matcher, { maxLength: 3 }), window });

  test.each([true, false])('with Profiles Drilldown: %s', (drilldown) => {
    const place = {
      baseUrl: GRAFANA,
      orgId: 1,
      uid: 'prof',
      type: 'grafana-pyroscope-datasource',
      drilldown,
    };
    fc.assert(
      fc.property(
        side,
        side,
        value.filter(
          (text) => text.trim() === text && text !== '' && text !== 'undefined' && text !== 'null',
        ),
        (before, after, service) => {
          const of = ({ matchers, window: at }: typeof before) => ({
            profileTypeId: CPU,
            service,
            matchers,
            selector: formatSelector([{ name: 'service_name', op: '=', value: service }, ...matchers]),
            window: at,
          });
          const single = read(profileLink(place, of(after)).url);
          expect({
            service: single.service,
            matchers: single.matchers,
            window: single.window,
            source: single.source,
          }).toEqual({
            service,
            ...after,
            source: 'prof',
          });
          const difference = diffLink(place, of(before), of(after));
          if (difference === null || JSON.stringify(before) === JSON.stringify(after)) return;
          const both = read(difference.url);
          expect([both.matchers, both.window]).toEqual([after.matchers, after.window]);
          expect(both.baseline).toEqual({ service, ...before });
        },
      ),
    );
  });
});
