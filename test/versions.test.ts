import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { OPTIONS, type Option } from '../src/config/options.js';
import { ROOT } from './support/packed.js';

// Everything that carries the version or the name of the package says the same, and server.json is what the
// MCP registry takes: the rules of its schema of 2025-12-11, as far as we use it.

const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');
const SEMVER = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

const manifestSchema = z.object({ name: z.string(), version: z.string().regex(SEMVER), mcpName: z.string() });
const variableSchema = z.strictObject({
  name: z.string().regex(/^[A-Z0-9_]+$/),
  description: z.string().min(1),
  format: z.literal('filepath').optional(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  isRequired: z.literal(false),
  isSecret: z.boolean(),
});
const stdioSchema = z.strictObject({ type: z.literal('stdio') });
const serverSchema = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z.string().regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().max(100),
  description: z.string().min(1).max(100),
  version: z.string().regex(SEMVER),
  websiteUrl: z.url(),
  repository: z.strictObject({ url: z.url(), source: z.literal('github') }),
  icons: z.array(
    z.strictObject({
      src: z.url({ protocol: /^https$/ }).max(255),
      mimeType: z.enum(['image/png', 'image/svg+xml']),
      sizes: z.array(z.string().regex(/^(?:\d+x\d+|any)$/)),
    }),
  ),
  packages: z.tuple([
    z.strictObject({
      registryType: z.literal('npm'),
      identifier: z.string(),
      version: z.string().regex(SEMVER),
      runtimeHint: z.literal('npx'),
      transport: stdioSchema,
      environmentVariables: z.array(variableSchema),
    }),
    // The version of an image stands in its name.
    z.strictObject({
      registryType: z.literal('oci'),
      identifier: z.string().regex(/^[a-z0-9./-]+:\S+$/),
      runtimeHint: z.literal('docker'),
      transport: stdioSchema,
      environmentVariables: z.array(variableSchema),
    }),
  ]),
  remotes: z.tuple([
    z.strictObject({
      type: z.literal('streamable-http'),
      url: z.string().regex(/^https:\/\/\{host\}\/mcp$/),
      variables: z.strictObject({ host: z.looseObject({ isRequired: z.literal(true) }) }),
      headers: z.array(
        z.looseObject({
          name: z.literal('Authorization'),
          value: z.literal('Bearer {token}'),
          variables: z.strictObject({ token: z.looseObject({ isSecret: z.literal(true) }) }),
        }),
      ),
    }),
  ]),
});

const manifest = manifestSchema.parse(JSON.parse(read('package.json')));
const server = serverSchema.parse(JSON.parse(read('server.json')));
const [npm, image] = server.packages;
const versionSchema = z.looseObject({ version: z.string() });
const readVersion = (name: string) => versionSchema.parse(JSON.parse(read(name))).version;
const commandSchema = z.object({
  mcpServers: z.object({ pyroscope: z.object({ command: z.string(), args: z.array(z.string()) }) }),
});
/** Version in the command of a plugin, which starts the server of its own version. */
function readStarted(name: string): string | undefined {
  const { command, args } = commandSchema.parse(JSON.parse(read(name))).mcpServers.pyroscope;
  return /^npx -y pyroscope-mcp@(.+)$/.exec([command, ...args].join(' '))?.[1];
}
const catalogue = z
  .object({ image: z.string(), source: z.object({ project: z.string() }) })
  .parse(parse(read('channels/docker-catalogue/server.yaml')));
const marketplace = z
  .object({ metadata: versionSchema, plugins: z.array(z.object({ source: z.string() })) })
  .parse(JSON.parse(read('.claude-plugin/marketplace.json')));

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
    ['the image in server.json', image.identifier.split(':').at(-1)],
    ['the image in the entry for Docker', catalogue.image.split(':').at(-1)],
    ['the bundle', readVersion('channels/mcpb/manifest.json')],
    ['the marketplace', marketplace.metadata.version],
    ['the plugin of Claude Code', readVersion('channels/claude-code/.claude-plugin/plugin.json')],
    ['the server that it starts', readStarted('channels/claude-code/.claude-plugin/plugin.json')],
    ['the extension of Gemini CLI', readVersion('gemini-extension.json')],
    ['the server that it starts', readStarted('gemini-extension.json')],
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

test('one place names the owner: the rest follows from mcpName', () => {
  const [, owner = ''] = /^io\.github\.([^/]+)\//.exec(manifest.mcpName) ?? [];
  const repository = `https://github.com/${owner}/${manifest.name}`;
  expect(server.repository.url).toBe(repository);
  expect(catalogue.source.project).toBe(repository);
  expect(JSON.parse(read('package.json')).repository.url).toBe(`git+${repository}.git`);
  expect(image.identifier).toBe(catalogue.image);
  expect(image.identifier).toContain(`/${owner.toLowerCase()}/`);
});

test.each([
  ['server.json', server.icons.map(({ src }) => src.replace(/^.*\/main\//, ''))],
  ['the marketplace', marketplace.plugins.map(({ source }) => source)],
])('%s names files that are there', (_where, files) => {
  expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
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
