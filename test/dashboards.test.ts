import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { learnFrom } from '../src/patterns/learn.js';
import { formatSelector } from '../src/sources/selector.js';
import { fixture } from './support/ask.js';
import { dashboardModel, dashboardNames, dashboardSources, libraryModels } from './support/dashboards.js';

// fixtures/dashboards/ holds one dashboard of each shape; expected.json says what must be learned from each.

const expected: Record<string, unknown> = JSON.parse(
  readFileSync(fixture('dashboards', 'expected.json'), 'utf8'),
);
test('every dashboard has an expectation', () => {
  expect(Object.keys(expected).sort()).toEqual(dashboardNames);
});

test.each(dashboardNames)('%s', (name) => {
  const { queries } = learnFrom(dashboardModel(name), {
    sources: dashboardSources,
    library: libraryModels,
  });
  const learned = queries.map((query) => ({
    sources: query.sources,
    profile_type_id: query.profileTypeId,
    selector: formatSelector(query.matchers),
    varies_by: query.variesBy,
    ...(Object.keys(query.current).length > 0 ? { current: query.current } : {}),
    group_by: query.groupBy,
    titles: query.titles,
    ...(query.valueNames.length > 0
      ? { words: Object.fromEntries(query.valueNames.map(({ word, value }) => [word, value])) }
      : {}),
    origin: query.origin,
  }));
  expect(learned).toEqual(expected[name]);
});
