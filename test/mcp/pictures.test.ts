import { beforeEach, describe, expect, test, vi } from 'vitest';
import { readPicture } from '../../src/mcp/pictures/read.js';
import { pictureUri } from '../../src/report/picture/uri.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { scene, TWO } from '../support/grafana-scene.js';

// The data of a picture, read as a resource: its drawing is a part of the call.

const QUESTION = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };
const drawing = vi.hoisted((): { instead: (() => Promise<never>) | null } => ({ instead: null }));
vi.mock('../../src/offload.js', async (load) => {
  const { offload, ...rest } = await load<typeof import('../../src/offload.js')>();
  const watched = (...[job, ...call]: Parameters<typeof offload>) =>
    job === 'flames' && drawing.instead !== null ? drawing.instead() : offload(job, ...call);
  return { ...rest, offload: watched };
});
beforeEach(() => {
  drawing.instead = null;
});

const read = (args: object, environment = createEnvironment([demoSource()])) =>
  readPicture(pictureUri('summarize_profile', { ...args }), environment, new AbortController().signal).then(
    ({ contents }) => JSON.parse((contents[0] as { text: string }).text),
  );

describe('a drawing', () => {
  test('that fails is told as any bug, without its details', async () => {
    const log: string[] = [];
    drawing.instead = () => Promise.reject(new TypeError('secret detail'));
    await expect(read(QUESTION, createEnvironment([demoSource()], log))).rejects.toMatchObject({
      code: -32_603,
      message: expect.stringMatching(/^An internal error stopped summarize_profile \(id \w+/),
    });
    expect(log.join('')).toContain('secret detail');
  });

  test('ends at the deadline of a call', async () => {
    drawing.instead = () => new Promise(() => {});
    const environment = { ...createEnvironment([demoSource()]), deadlineMs: 2_000 };
    await expect(read(QUESTION, environment)).rejects.toMatchObject({
      code: -32_603,
      message: expect.stringContaining('did not answer in time'),
    });
  });
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
