import { expect, test } from 'vitest';
import { z } from 'zod';
import { callWithPicture } from '../../src/mcp/pictures/call.js';
import { readPicture } from '../../src/mcp/pictures/read.js';
import type { PictureMaterial } from '../../src/report/picture/material.js';
import { pictureUri } from '../../src/report/picture/uri.js';
import { NO_METER } from '../../src/telemetry/meter.js';
import type { Tool } from '../../src/tools/define.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { scene, TWO } from '../support/grafana-scene.js';

// The data of a picture, read as a resource: its drawing is a part of the call.

const QUESTION = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };
const read = (args: object, environment = createEnvironment([demoSource()])) =>
  readPicture(pictureUri('summarize_profile', { ...args }), environment, new AbortController().signal).then(
    ({ contents }) => JSON.parse((contents[0] as { text: string }).text),
  );

test('a drawing that fails is told as any bug, without its details, and counted as the end of the call', async () => {
  const [log, ends]: [string[], object[]] = [[], []];
  const meter = { ...NO_METER, call: () => (end: object) => void ends.push(end) };
  const tool: Tool = {
    ...{ name: 'summarize_profile', title: '', description: '', input: z.strictObject({}) },
    async run(_args, { pictures }) {
      pictures?.add({ kind: 'profile' } as PictureMaterial);
      return { data: {}, text: [], lists: [] };
    },
  };
  const environment = { ...createEnvironment([demoSource()], log), meter };
  expect(await callWithPicture(tool, {}, environment, new AbortController().signal)).toEqual({
    outcome: 'internal_error',
    failure: expect.stringMatching(/^An internal error stopped summarize_profile \(id \w+/),
  });
  expect(log.join('')).toContain('TypeError');
  expect(ends).toMatchObject([{ outcome: 'internal_error' }]);
});

test('a question that is refused is the fault of who asks', async () => {
  await expect(read({ ...QUESTION, from: 'yesterday' })).rejects.toMatchObject({
    code: -32_602,
    message: expect.stringContaining('`from`'),
  });
});

test('a disabled source is not read', async () => {
  const { environment } = await scene(TWO);
  await expect(read({ ...QUESTION, source: 'second' }, environment)).rejects.toMatchObject({
    message: expect.stringContaining('pyroscope-mcp sources enable'),
  });
});

test('credentials in a link are not passed on', async () => {
  const environment = createEnvironment([{ ...demoSource(), pages: 'https://pyroscope.test' }]);
  const query = encodeURIComponent(
    'process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="checkout-api"}',
  );
  const { asked, data } = await read(
    {
      ...INCIDENT_WINDOW,
      url: `https://admin:hunter2@pyroscope.test/?query=${query}&auth_token=opensesame`,
    },
    environment,
  );
  expect(data).toMatchObject({ scope: { service: 'checkout-api' } });
  expect(asked.arguments.url).toContain('pyroscope.test/?query=');
  expect(JSON.stringify(asked)).not.toMatch(/hunter2|opensesame/);
});
