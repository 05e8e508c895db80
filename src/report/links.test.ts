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
    expect(JSON.parse(parameters.get('panes') ?? '')).toEqual({
      a: {
        datasource: 'pyro-1',
        queries: [
          {
            refId: 'A',
            datasource: { type: 'grafana-pyroscope-datasource', uid: 'pyro-1' },
            queryType: 'profile',
            profileTypeId: CPU,
            labelSelector: QUERY.selector,
            groupBy: [],
          },
        ],
        range: { from: '1000000', to: '2000000' },
      },
    });
  });

  test('leaves an unknown organisation out', () => {
    expect(profileLink({ ...PLACE, orgId: null }, QUERY).url).not.toContain('orgId');
  });
});

describe('diffLink', () => {
  const baseline: LinkQuery = { ...QUERY, matchers: [], window: { from: 0, to: 1_000_000 } };

  test('shows both windows inside a wider range', () => {
    const { parameters } = read(diffLink(PLACE, baseline, QUERY));
    expect(Object.fromEntries(parameters)).toMatchObject({
      explorationType: 'diff-flame-graph',
      diffFrom: '0',
      diffTo: '1000000',
      'diffFrom-2': '1000000',
      'diffTo-2': '2000000',
      from: '-500001',
      'to-3': '2500001',
    });
    expect(parameters.getAll('var-filtersBaseline')).toEqual([]);
    expect(parameters.getAll('var-filtersComparison')).toHaveLength(2);
  });

  test('there is none between two services, or without the app', () => {
    expect(diffLink(PLACE, { ...baseline, service: 'other' }, QUERY)).toBeNull();
    expect(diffLink({ ...PLACE, drilldown: false }, baseline, QUERY)).toBeNull();
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
    expect(JSON.parse(parameters.get('panes') ?? '')).toMatchObject({
      a: { datasource: 'pyro-1', queries: [{ profileTypeId: '', labelSelector: query.selector }] },
    });
  });
});
