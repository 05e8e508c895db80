import { expect, test } from 'vitest';
import { TOOLS } from '../src/tools/index.js';
import { asker } from './support/ask.js';
import { SCENES } from './support/scenes.js';
import { INCIDENT, smallService } from './support/small-service.js';

// Whole answers about small services, as JSON: what happens to each of them is known, so that a rule which
// changes shows in the lines that it decides.

// Tools are loaded ahead of the tests: code that runs once belongs to none of them (test/mutants/README.md).
await Promise.all(TOOLS.map(({ preload }) => preload?.()));

const window = { from: new Date(INCIDENT.from).toISOString(), to: new Date(INCIDENT.to).toISOString() };

test.each(SCENES)('$name', async ({ name, tool, args, instances }) => {
  const { service = 'shop', ...others } = args ?? {};
  const scope = service === '' ? {} : { service };
  const ask = asker(smallService(instances));
  const { text, isError } = await ask(tool, { ...window, ...scope, ...others, format: 'json' });
  expect(isError, text).toBe(false);
  // How many requests an answer takes is counted elsewhere.
  const withoutRequests = (key: string, value: unknown) => (key === 'upstream_requests' ? undefined : value);
  const pretty = JSON.stringify(JSON.parse(text), withoutRequests, 1);
  await expect(pretty).toMatchFileSnapshot(`answers/scenes/${name}.txt`);
});
