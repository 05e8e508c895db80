// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables of Grafana look like that
import { expect, test } from 'vitest';
import { formatSelector } from '../sources/selector.js';
import { linkedQueries } from './links.js';
import { normalise } from './normalise.js';
import { readVariables } from './variables.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const variables = readVariables({
  templating: {
    list: [
      { name: 'one', type: 'query', current: { value: 'a' } },
      { name: 'two', type: 'query', current: { value: ['a', 'b'] } },
      { name: 'all', type: 'query', current: { value: '$__all' } },
      { name: 'fixed', type: 'constant', query: 'prod', current: {} },
    ],
  },
});

function learned(
  selector: string,
  more: { profileTypeId?: string; groupBy?: string[]; titles?: string[] } = {},
) {
  const query = { sources: [], profileTypeId: CPU, groupBy: [], titles: [], origin: 'panel' as const };
  return normalise({ ...query, selector, ...more }, variables);
}

test.each([
  ['', '{}', []],
  ['{}', '{}', []],
  ['{b="2",a="1"}', '{a="1",b="2"}', []],
  ['b="2", a="1",', '{a="1",b="2"}', []],
  ['{a="1",a="1"}', '{a="1"}', []],
  ['process_cpu:cpu:nanoseconds:cpu:nanoseconds{a="1"}', '{a="1"}', []],
  ['{"k8s.pod.name"="x"}', '{"k8s.pod.name"="x"}', []],
  [String.raw`{a="say \"hi\"",b=~"x\\.y"}`, String.raw`{a="say \"hi\"",b=~"x\\.y"}`, []],
  ['{a=~".*",b=~".+",c=~"(.*)",d=~""}', '{}', []],
  ['{a=~"plain"}', '{a="plain"}', []],
  ['{a!~"plain"}', '{a!="plain"}', []],
  ['{a=~"x|y"}', '{a=~"x|y"}', []],
  ['{a=~"x$"}', '{a=~"x$"}', []],
  ['{a=~"[[:alpha:]]+"}', '{a=~"[[:alpha:]]+"}', []],
  ['{__profile_type__="x",__session_id__="y"}', '{}', []],
  ['{a="$one"}', '{}', ['a']],
  ['{a="${one}"}', '{}', ['a']],
  ['{a=~"${two:regex}"}', '{}', ['a']],
  ['{a=~"[[all]]"}', '{}', ['a']],
  ['{a=~"($one|${two:pipe})",b="c"}', '{b="c"}', ['a']],
  ['{a="$unknown"}', '{}', ['a']],
  ['{a="api-$one"}', '{}', ['a']],
  ['{a!="$one",b!~"$two"}', '{}', []],
  ['{a="$fixed",b="x-$fixed"}', '{a="prod",b="x-prod"}', []],
  ['{$one="x",a="1"}', '{a="1"}', []],
  ['{a="1",$one}', '{a="1"}', []],
  ['{$one,a="1"}', '{a="1"}', []],
  ['{$one}', '{}', []],
  ['$one', '{}', []],
])('%s is %s with %j open', (selector, plain, open) => {
  const [query, ...others] = learned(selector);
  expect(others).toEqual([]);
  expect([formatSelector(query?.matchers ?? []), query?.variesBy]).toEqual([plain, open]);
});

test.each(['{a=', '{a}', '{a=x}', 'a b', '{a=~"("}', '{a="1"'])('%s teaches nothing', (selector) => {
  expect(learned(selector)).toEqual([]);
});

test('what a variable was last set to is kept where it is one value', () => {
  expect(learned('{a="$one",b=~"$two",c=~"$all"}')[0]?.current).toEqual({ a: 'a' });
});

test('a type is five parts, or any', () => {
  expect(learned('', { profileTypeId: `${CPU}:delta` })[0]?.profileTypeId).toBe(CPU);
  expect(learned('', { profileTypeId: ` ${CPU} ` })[0]?.profileTypeId).toBe(CPU);
  expect(learned('', { profileTypeId: '$all' })[0]?.profileTypeId).toBeNull();
  expect(learned('', { profileTypeId: '$nobody' })[0]?.profileTypeId).toBeNull();
  expect(learned('', { profileTypeId: 'process_cpu:$one' })[0]?.profileTypeId).toBeNull();
  expect(learned('', { profileTypeId: 'cpu' })).toEqual([]);
});

test('a grouping by a variable is by what it is set to', () => {
  expect(learned('', { groupBy: ['pod', '$two', '$all', 'pod'] })[0]?.groupBy).toEqual(['pod', 'a', 'b']);
});

test('titles are stripped, cut and freed of variables', () => {
  const titles = [
    'CPU of $one',
    '$one',
    'a\u001b[31mred\u0007',
    'x'.repeat(200),
    'see [this](http://x.example)',
  ];
  expect(learned('', { titles })[0]?.titles).toEqual([
    'CPU of …',
    'ared',
    `${'x'.repeat(79)}…`,
    'see [this] (http://x.example)',
  ]);
});

test.each([
  'https://grafana.example.com/d/abc',
  '/explore?panes=not-json',
  '/explore?panes=[1,2]',
  '/explore?panes=null',
  '/explore?left=%7B%22queries%22%3A%5B%7B%22expr%22%3A%22up%22%7D%5D%7D',
  '/a/grafana-pyroscope-app/explore?var-serviceName=x',
  'https://example.com/?query=up{job="x"}',
  '%%%',
  '?',
])('the link %s leads to no profiles', (url) => {
  expect(linkedQueries(url)).toEqual([]);
});

test('a link to one Explore pane of the older form', () => {
  const pane = { datasource: 'Pyroscope', queries: [{ profileTypeId: CPU, labelSelector: '{a="b"}' }] };
  expect(linkedQueries(`/grafana/explore?orgId=1&left=${encodeURIComponent(JSON.stringify(pane))}`)).toEqual([
    { dataSource: { type: null, id: 'Pyroscope' }, profileTypeId: CPU, selector: '{a="b"}', groupBy: [] },
  ]);
});
