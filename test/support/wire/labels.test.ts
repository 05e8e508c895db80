import { expect, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from '../ask.js';
import { labelValues, series } from './labels.js';

const { from, to } = INCIDENT_WINDOW;
const query = { matchers: [], window: { from: Date.parse(from), to: Date.parse(to) } };

test.each(['hasOwnProperty', 'constructor', '__proto__'])(
  'a label called %s, as a member of every object is, has no value unless it was set',
  async (name) => {
    expect(await labelValues(demoSource(), name, query)).toEqual({ names: [] });
    expect(await series(demoSource(), [name], query, true)).toEqual({ labelsSet: [{ labels: [] }] });
  },
);
