import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { OPTIONS, type Option } from '../../src/config/options.js';
import { readConfig } from '../../src/config/read.js';
import { ROOT } from '../support/packed.js';

// The Helm chart as helm renders it for two sets of values, of which the results stand next to this file.
// With helm installed they must be what it renders now (`npx vitest run -u` writes them); without it only the
// kept ones are checked.

const CHART = path.join(ROOT, 'charts', 'pyroscope-mcp');
const HERE = path.join(ROOT, 'test', 'chart');
const helm = (...args: string[]) => spawnSync('helm', args, { encoding: 'utf8' });
const hasHelm = helm('version').status === 0;
if (!hasHelm) console.log('helm is not installed: what it rendered last is checked.');

const render = (values: string, ...more: string[]) =>
  helm(
    'template',
    'release',
    CHART,
    '--kube-version',
    '1.32.0',
    '--values',
    path.join(HERE, values),
    ...more,
  );

const metadataSchema = z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()) });
const objectSchema = z.looseObject({ kind: z.string(), metadata: metadataSchema });
const containerSchema = z.looseObject({
  name: z.string(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() }).loose()).default([]),
  resources: z.looseObject({ limits: z.looseObject({ memory: z.string() }) }),
});
const deploymentSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z.looseObject({
    replicas: z.number(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.number().optional(),
        containers: z.tuple([containerSchema]),
        volumes: z.array(z.looseObject({ name: z.string() })).default([]),
      }),
    }),
  }),
});

function readObjects(name: string) {
  const file = path.join(HERE, `${name}.rendered.yaml`);
  if (!existsSync(file)) return [];
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) =>
    objectSchema.parse(document.toJSON()),
  );
}

const kinds = {
  small: ['Deployment', 'NetworkPolicy', 'Service', 'ServiceAccount'],
  full: [
    ...['Deployment', 'Deployment', 'Ingress', 'NetworkPolicy', 'NetworkPolicy'],
    ...['PodDisruptionBudget', 'Secret', 'Service', 'Service', 'ServiceAccount'],
  ],
};

describe.each(['small', 'full'] as const)('with the %s values', (name) => {
  test.skipIf(!hasHelm)('is what helm renders, and lint finds nothing', async () => {
    const { stdout, stderr } = render(`${name}.values.yaml`);
    expect(stderr).toBe('');
    await expect(stdout).toMatchFileSnapshot(`${name}.rendered.yaml`);
    const lint = helm('lint', '--strict', CHART, '--values', path.join(HERE, `${name}.values.yaml`));
    expect(lint.stdout).toContain('0 chart(s) failed');
  });

  const objects = readObjects(name);
  const deployments = objects
    .filter(({ kind }) => kind === 'Deployment')
    .map((object) => deploymentSchema.parse(object));
  const [server] = deployments;

  test('has its objects, each labelled', () => {
    expect(objects.map(({ kind }) => kind).sort()).toEqual(kinds[name]);
    expect(objects.filter(({ metadata }) => metadata.labels['helm.sh/chart'] === undefined)).toEqual([]);
  });

  test.each(deployments)('$metadata.name runs without rights', ({ spec }) => {
    const [container] = spec.template.spec.containers;
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container).toMatchObject({ livenessProbe: {}, readinessProbe: {} });
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    const volumes = spec.template.spec.volumes.map((volume) => volume.name);
    expect(container.volumeMounts.map((mount) => mount.name)).toEqual(volumes);
  });

  test('gives the server settings that it knows, and takes', () => {
    const { env } = server?.spec.template.spec.containers[0] ?? { env: [] };
    const names = env.map((variable) => variable.name);
    const known = new Map(Object.values<Option>(OPTIONS).map((option) => [option.env, option]));
    expect(names.filter((variable) => !known.has(variable))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    // A secret comes from a secret; the address of the chart's own Redis holds none.
    const readable = env.filter(
      ({ name, value }) =>
        value !== undefined && known.get(name)?.isSecret === true && name !== 'PYROSCOPE_MCP_CACHE_URL',
    );
    expect(readable).toEqual([]);
    const config = readConfig(
      [],
      Object.fromEntries(env.map(({ name, value }) => [name, value ?? '{"X-A":"b"}'])),
    );
    expect(config.http).toEqual({ host: '0.0.0.0', port: 8080 });
    expect(config.allowedHosts).toContain('mcp.example.com');
    const { mountPath = '' } =
      server?.spec.template.spec.containers[0].volumeMounts.find((mount) => mount.name === 'secrets') ?? {};
    expect(path.posix.dirname(config.httpSettings.access.tokenFile ?? '')).toBe(mountPath);
    expect(server?.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
      config.httpSettings.shutdown.graceMs / 1000 + 5,
    );
  });
});

describe.skipIf(!hasHelm)('values that would not work are refused', () => {
  test.each([
    ['hosts=null', 'hosts is empty'],
    ['pyroscope.url=', 'no source of profiles'],
    ['grafana.url=https://grafana.example.com', 'enabledSources is empty'],
    ['secrets.existing=', 'Callers could not be told apart'],
    ['redis.enabled=true,networkPolicy.enabled=false', 'the Redis has no password'],
    ['redis.enabled=true,redis.url=redis://a:6379', 'two caches'],
    ['env.PYROSCOPE_MCP_TYPO=1', 'PYROSCOPE_MCP_TYPO'],
    ['env.PYROSCOPE_TOKEN=secret', 'PYROSCOPE_TOKEN'],
    ['replicas=3', 'replicas'],
  ])('%s', (set, refusal) => {
    const { status, stderr } = render('small.values.yaml', '--set', set);
    expect(stderr).toContain(refusal);
    expect(status).not.toBe(0);
  });
});
