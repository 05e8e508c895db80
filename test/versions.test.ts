import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { OPTIONS, type Option } from '../src/config/options.js';
import { ROOT } from './support/packed.js';

// Everything that carries the version or the name of the package says the same, and server.json is what the
// MCP registry takes: the rules of its schema of 2025-12-11, as far as we use it.

const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');
const SEMVER = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

const manifestSchema = z.object({ name: z.string(), version: z.string().regex(SEMVER), mcpName: z.string() });
const serverSchema = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z.string().regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().max(100),
  description: z.string().min(1).max(100),
  version: z.string().regex(SEMVER),
  packages: z.tuple([
    z.strictObject({
      registryType: z.literal('npm'),
      identifier: z.string(),
      version: z.string().regex(SEMVER),
      runtimeHint: z.literal('npx'),
      transport: z.strictObject({ type: z.literal('stdio') }),
      environmentVariables: z.array(
        z.strictObject({
          name: z.string().regex(/^[A-Z0-9_]+$/),
          description: z.string().min(1),
          format: z.literal('filepath').optional(),
          default: z.string().optional(),
          isRequired: z.literal(false),
          isSecret: z.boolean(),
        }),
      ),
    }),
  ]),
});

const manifest = manifestSchema.parse(JSON.parse(read('package.json')));
const server = serverSchema.parse(JSON.parse(read('server.json')));
const [npm] = server.packages;

describe('the version', () => {
  const lock = z.object({
    version: z.string(),
    packages: z.object({ '': z.object({ version: z.string() }) }),
  });
  const { version, packages } = lock.parse(JSON.parse(read('package-lock.json')));

  test.each([
    ['server.json', server.version],
    ['the package in server.json', npm.version],
    ['package-lock.json', version],
    ['the root in package-lock.json', packages[''].version],
  ])('of %s is that of package.json', (_where, carried) => {
    expect(carried).toBe(manifest.version);
  });

  test('on top of CHANGELOG.md is that of package.json, once one is released', () => {
    const sections = [...read('CHANGELOG.md').matchAll(/^## \[(.+?)\]/gm)].map(([, name]) => name);
    const [newest] = sections.filter((name) => name !== 'Unreleased');
    expect([undefined, manifest.version]).toContain(newest);
    expect(sections[0]).toMatch(/^(?:Unreleased|\d)/);
  });
});

test('the names are those of package.json', () => {
  expect([server.name, npm.identifier]).toEqual([manifest.mcpName, manifest.name]);
  expect(read('Dockerfile')).toContain(`io.modelcontextprotocol.server.name="${manifest.mcpName}"`);
});

describe('the environment variables of server.json', () => {
  const options = Object.values<Option>(OPTIONS);

  test.each(npm.environmentVariables)('$name is what src/config/options.ts says', ({ name, ...told }) => {
    const option = options.find(({ env }) => env === name);
    expect(told).toMatchObject({ isSecret: option?.isSecret === true });
    expect(told.default).toBe(option?.default);
    expect(told.description.toLowerCase()).toBe(option?.help.toLowerCase());
  });

  test('every setting of a source is there', () => {
    const settings = options.flatMap(({ env }) =>
      /^(?:GRAFANA|PYROSCOPE(?!_MCP)|PROFILES)_/.test(env ?? '') ? [env] : [],
    );
    expect(npm.environmentVariables.map(({ name }) => name)).toEqual(expect.arrayContaining(settings));
  });

  test('what is named like a secret is marked as one', () => {
    const named = npm.environmentVariables.filter(({ name }) => /(?:TOKEN|PASSWORD|HEADERS)$/.test(name));
    expect(named.map(({ isSecret }) => isSecret)).not.toContain(false);
  });
});
