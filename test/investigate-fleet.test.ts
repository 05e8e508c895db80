import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { UpstreamError } from '../src/errors.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { askFleet } from './evaluation/ask-fleet.js';
import { caseFoldersIn } from './evaluation/case-folder.js';
import { generateFleet } from './evaluation/generator/fleet-case.js';
import { loadLabFleet } from './evaluation/lab-fleet.js';
import { scoreFleet } from './evaluation/score-fleet.js';
import { asker, fixture, INCIDENT_WINDOW } from './support/ask.js';
import { startPyroscopeServer } from './support/pyroscope-server.js';

const fleet = await loadLabFleet(await caseFoldersIn([fixture('demo'), fixture('incidents')]));
afterAll(() => fleet.close());
const ask = asker(fleet.source);
const rowSchema = z.object({
  services: z.array(z.object({ service: z.string(), verdict: z.string(), function: z.string().nullable() })),
});

describe('five incidents in one fleet', () => {
  test('the whole answer', async () => {
    const { text, isError } = await ask('investigate', INCIDENT_WINDOW);
    expect(isError, text).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
    await expect(text).toMatchFileSnapshot('answers/investigate.fleet.txt');
  });

  test('the whole answer as JSON', async () => {
    const { text, isError } = await ask('investigate', { ...INCIDENT_WINDOW, format: 'json' });
    expect(isError, text).toBe(false);
    const pretty = JSON.stringify(JSON.parse(text), null, 2);
    await expect(pretty).toMatchFileSnapshot('answers/investigate.fleet-json.txt');
  });

  test('over HTTP as from files, with few requests on the wire', async () => {
    const server = await startPyroscopeServer(fleet.source);
    const source = createPyroscopeSource({ name: 'lab', uid: 'lab', url: server.url });
    try {
      const args = { ...INCIDENT_WINDOW, format: 'json' };
      const [here, there] = [await ask('investigate', args), await asker(source)('investigate', args)];
      expect(there.isError, there.text).toBe(false);
      const [files, wire] = [here, there].map(({ text }) => rowSchema.parse(JSON.parse(text)).services);
      expect(wire).toEqual(files);
      const sideRequests = server.requests.count('SelectHeatmap') + server.requests.count('GetFeatureFlags');
      expect(server.requests.count() - sideRequests).toBeLessThanOrEqual(60);
      expect(server.requests.mostInFlight()).toBeLessThanOrEqual(8);
    } finally {
      await source.close();
      await server.close();
    }
  });

  test('names all that are guilty, each with its function, and nobody else', async () => {
    const answer = await askFleet(fleet);
    const { plain, listed, rightFunction, wrong } = scoreFleet(fleet, answer);
    expect(wrong).toEqual([]);
    expect([listed, rightFunction]).toEqual([plain, plain]);
    expect(answer.requests).toBe(answer.data.upstream_requests);
    expect(answer.requests).toBeLessThanOrEqual(60);
    expect(answer.mostInFlight).toBeLessThanOrEqual(8);
  });

  test('accuses nobody of the quiet half before it', async () => {
    const calm = { from: '2026-11-20T14:15:00Z', to: '2026-11-20T14:29:59.999Z', format: 'json' };
    const data = JSON.parse((await ask('investigate', calm)).text);
    expect(data).toMatchObject({ services: [], load_only: [], not_looked_at: [], unchanged_count: 5 });
  });
});

describe('which services are meant', () => {
  test('a selector that leaves one gives the ordinary answer', async () => {
    const selector = '{service_name=~"08-auth.*"}';
    const { text } = await ask('investigate', { ...INCIDENT_WINDOW, selector });
    expect(text).toMatch(/^Verdict: CODE REGRESSION \(code_regression\)/);
    expect(text).toContain('Compared: 08-auth-cpu from source lab');
  });

  test('a selector that leaves some judges each of them, never their sum', async () => {
    const selector = '{service_name=~"08-auth.*|10-geo.*"}';
    const { text } = await ask('investigate', { ...INCIDENT_WINDOW, selector, format: 'json' });
    const data = JSON.parse(text);
    expect(data.service_count).toBe(2);
    expect(data.services).toMatchObject([{ service: '08-auth-cpu', verdict: 'code_regression' }]);
    expect(data.unchanged).toEqual(['10-georouting-check']);
  });

  test('group_by judges every value of a label, within a service, too', async () => {
    const args = { ...INCIDENT_WINDOW, service: '08-auth-cpu', group_by: 'version', format: 'json' };
    const data = JSON.parse((await ask('investigate', args)).text);
    expect(data.service_count).toBe(2);
    expect(data.next.every((call: { tool: string }) => call.tool === 'investigate')).toBe(true);
    expect(data.not_looked_at.map(({ service }: { service: string }) => service)).toEqual([
      '08-auth-cpu {version="3.8.0"}',
    ]);
  });

  test('no service at all is explained', async () => {
    const { text } = await ask('investigate', { ...INCIDENT_WINDOW, selector: '{service_name=~"nope.*"}' });
    expect(text).toMatch(/^No /);
  });
});

test('a type that cannot be read is said, and no service without it counts as unchanged', async () => {
  const failing: ProfileSource = {
    ...fleet.source,
    timeSeries(query, ...rest) {
      if (query.profileTypeId.startsWith('goroutine')) throw new UpstreamError('overloaded', 'busy');
      return fleet.source.timeSeries(query, ...rest);
    },
  };
  const { text } = await asker(failing)('investigate', INCIDENT_WINDOW);
  expect(text).toMatch(/^Triage of 5 services from source lab; NOT READ: goroutine/);
  const data = JSON.parse((await asker(failing)('investigate', { ...INCIDENT_WINDOW, format: 'json' })).text);
  expect(data.unchanged).not.toContain('05-notify-goroutines');
});

describe('generated fleets', () => {
  test.each(['calm', 'deploy', 'load'] as const)(
    '%s: the guilty are listed, hardly anybody else',
    async (scene) => {
      let [plain, listed, innocent, accused] = [0, 0, 0, 0];
      for (const seed of [9_001, 9_002]) {
        const generated = await generateFleet(scene, seed, 16);
        const answer = await askFleet(generated);
        const score = scoreFleet(generated, answer);
        plain += score.plain;
        listed += score.listed;
        innocent += score.innocent;
        accused += score.accused;
        expect(answer.requests).toBeLessThanOrEqual(60);
        expect(answer.tokens).toBeLessThanOrEqual(1_500);
      }
      expect(listed).toBe(plain);
      expect(accused / innocent).toBeLessThanOrEqual(0.05);
    },
    60_000,
  );
});
