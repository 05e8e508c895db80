import { encode as encodeTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import type { GrafanaPlace } from '../sources/place.js';
import { diffLink, type LinkQuery, overviewLink, profileLink } from './links.js';

const PLACE: GrafanaPlace = {
  baseUrl: 'https://grafana.example.com/grafana',
  orgId: 2,
  uid: 'pyro-1',
  type: 'grafana-pyroscope-datasource',
  drilldown: true,
};
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const QUERY: LinkQuery = {
  profileTypeId: CPU,
  service: 'checkout-api',
  matchers: [
    { name: 'pod', op: '=~', value: 'a|b,c' },
    { name: 'k8s.node', op: '!=', value: 'ü "x"&y' },
  ],
  selector: '{service_name="checkout-api",pod=~"a|b,c","k8s.node"!="ü \\"x\\"&y"}',
  window: { from: 1_000_000, to: 2_000_000.4 },
};

function read(link: { url: string } | null) {
  const url = new URL(link?.url ?? '');
  return { page: `${url.origin}${url.pathname}`, parameters: url.searchParams };
}

describe('profileLink', () => {
  test('leads to Profiles Drilldown for one service', () => {
    const link = profileLink(PLACE, QUERY);
    const { page, parameters } = read(link);
    expect(link.title).toBe('Grafana Profiles Drilldown');
    expect(page).toBe('https://grafana.example.com/grafana/a/grafana-pyroscope-app/explore');
    expect([...parameters]).toEqual([
      ['explorationType', 'flame-graph'],
      ['var-dataSource', 'pyro-1'],
      ['var-serviceName', 'checkout-api'],
      ['var-profileMetricId', CPU],
      ['var-filters', 'pod|=~|a__gfp__b__gfc__c'],
      ['var-filters', 'k8s.node|!=|ü "x"&y'],
      ['from', '1000000'],
      ['to', '2000000'],
      ['orgId', '2'],
    ]);
  });

  test.each([
    ['without the app', { ...PLACE, drilldown: false }, QUERY],
    ['for several services', PLACE, { ...QUERY, service: null }],
  ])('leads to Explore %s', (_name, place, query) => {
    const link = profileLink(place, query);
    const { page, parameters } = read(link);
    expect(link.title).toBe('Grafana Explore');
    expect(page).toBe('https://grafana.example.com/grafana/explore');
    expect(parameters.get('orgId')).toBe('2');
    expect(JSON.parse(parameters.get('left') ?? '')).toEqual([
      '1000000',
      '2000000',
      'pyro-1',
      { profileTypeId: CPU, labelSelector: QUERY.selector },
    ]);
    expect(parameters.has('right')).toBe(false);
  });

  test('nothing in a name ends the address', () => {
    const selector = '{pod="a) [b](http://x) \'y\' *z*! \ud800"}';
    const { url } = profileLink(
      { ...PLACE, drilldown: false },
      { ...QUERY, matchers: [{ name: 'pod', op: '=', value: selector }], selector },
    );
    expect(url).not.toMatch(/[\s()<>"*!\ud800]/);
    const left: unknown[] = JSON.parse(new URL(url).searchParams.get('left') ?? '');
    expect(left[3]).toMatchObject({ labelSelector: selector.toWellFormed() });
  });

  test('leaves an unknown organisation out', () => {
    expect(profileLink({ ...PLACE, orgId: null }, QUERY).url).not.toContain('orgId');
  });
});

describe('diffLink', () => {
  const baseline: LinkQuery = { ...QUERY, matchers: [], window: { from: 0, to: 1_000_000 } };

  test('shows both windows inside a wider range', () => {
    const { parameters } = read(
      diffLink(PLACE, baseline, { ...QUERY, matchers: QUERY.matchers.slice(0, 1) }),
    );
    expect(Object.fromEntries(parameters)).toMatchObject({
      explorationType: 'diff-flame-graph',
      diffFrom: '0',
      diffTo: '1000000',
      'diffFrom-2': '1000000',
      'diffTo-2': '2000000',
      from: '-500001',
      to: '2500001',
    });
    expect(parameters.getAll('var-filtersBaseline')).toEqual([]);
    expect(parameters.getAll('var-filtersComparison')).toEqual(['pod|=~|a__gfp__b__gfc__c']);
  });

  test.each([
    ['between two services', PLACE, { ...baseline, service: 'other' }],
    ['without the app', { ...PLACE, drilldown: false }, baseline],
  ])('shows both panes in Explore %s', (_name, place, before) => {
    const selector = '{service_name="checkout-api"}';
    const link = diffLink(place, { ...before, selector }, { ...QUERY, selector });
    expect(link?.title).toBe('Grafana Explore, baseline and incident');
    const { page, parameters } = read(link);
    expect(page).toBe('https://grafana.example.com/grafana/explore');
    const panes = ['left', 'right'].map((name): unknown => JSON.parse(parameters.get(name) ?? ''));
    const query = { profileTypeId: CPU, labelSelector: "{service_name='checkout-api'}" };
    expect(panes).toEqual([
      ['0', '1000000', 'pyro-1', query],
      ['1000000', '2000000', 'pyro-1', query],
    ]);
  });

  test('is short, and there is none where conditions make it long', () => {
    const app = { ...PLACE, baseUrl: 'https://grafana.example.com' };
    const window = { from: 1_795_185_000_000, to: 1_795_185_900_000 };
    const of = (selector: string, matchers: LinkQuery['matchers']) => ({
      ...QUERY,
      window,
      selector,
      matchers,
    });
    const plain = of('{service_name="checkout-api"}', []);
    const tokens = (link: { url: string } | null) => encodeTokens(link?.url ?? '').length;
    expect(tokens(diffLink(app, plain, plain))).toBeLessThanOrEqual(125);
    expect(tokens(profileLink(app, plain))).toBeLessThanOrEqual(85);
    // Explore repeats all for each pane.
    const explore = { ...app, drilldown: false };
    expect(tokens(diffLink(explore, plain, plain))).toBeLessThanOrEqual(151);
    expect(tokens(profileLink(explore, plain))).toBeLessThanOrEqual(90);
    const value = 'x'.repeat(200);
    const long = of(`{service_name="checkout-api",pod="${value}"}`, [{ name: 'pod', op: '=', value }]);
    for (const place of [app, explore]) expect(diffLink(place, plain, long)).toBeNull();
  });
});

describe('overviewLink', () => {
  const every = { ...QUERY, service: null, matchers: [], selector: '{}' };

  test('leads to all services, or to what there is of one', () => {
    expect([...read(overviewLink(PLACE, every, 'profiles')).parameters]).toEqual([
      ['explorationType', 'all'],
      ['var-dataSource', 'pyro-1'],
      ['from', '1000000'],
      ['to', '2000000'],
      ['orgId', '2'],
    ]);
    const { page, parameters } = read(overviewLink(PLACE, QUERY, 'labels'));
    expect(page).toBe('https://grafana.example.com/grafana/a/grafana-pyroscope-app/explore');
    expect(parameters.get('explorationType')).toBe('labels');
    expect(parameters.get('var-serviceName')).toBe('checkout-api');
    expect(parameters.getAll('var-filters')).toHaveLength(2);
  });

  test.each([
    ['without the app', { ...PLACE, drilldown: false }, every],
    ['for conditions on all services', PLACE, { ...QUERY, service: null }],
  ])('leads to Explore %s', (_name, place, query) => {
    const { page, parameters } = read(overviewLink(place, query, 'profiles'));
    expect(page).toBe('https://grafana.example.com/grafana/explore');
    expect(JSON.parse(parameters.get('left') ?? '')).toEqual([
      '1000000',
      '2000000',
      'pyro-1',
      { labelSelector: query.selector },
    ]);
  });
});
