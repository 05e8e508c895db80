import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ASKED } from '../src/config/asked.js';
import { OPTIONS, type Option } from '../src/config/options.js';
import { GUIDE } from '../src/mcp/prompts/guide.js';
import { TOOLS } from '../src/tools/index.js';
import { ROOT } from './support/packed.js';

// The files by which stores and clients know the server (`npm run docs` writes them) say what the option
// table and the tool table say, and the buttons install what the pages say.

const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');
const options = Object.entries<Option>(OPTIONS);
const findOption = (env: string) => options.find(([, option]) => option.env === env);
const names = TOOLS.map(({ name }) => name);

/** A setting that a channel asks for, in one form for all of them. */
interface Field {
  env: string;
  title: string | null;
  description: string;
  isSecret: boolean;
}

const fieldSchema = z.object({
  title: z.string(),
  description: z.string(),
  type: z.string(),
  required: z.literal(false),
  sensitive: z.boolean().default(false),
  // Without a default hosts pass the placeholder on.
  default: z.literal(''),
});

/** Fields of a dialog whose values the command gets as variables. */
function readDialog(fields: unknown, env: Readonly<Record<string, string>>): Field[] {
  const dialog = z.record(z.string(), fieldSchema).parse(fields);
  expect(Object.values(env).sort()).toEqual(
    Object.keys(dialog)
      .map((key) => `\${user_config.${key}}`)
      .sort(),
  );
  return Object.entries(env).map(([name, placeholder]) => {
    const field = dialog[placeholder.slice(`\${user_config.`.length, -1)];
    if (field === undefined) throw new Error(`${placeholder} names no field`);
    const { title, description, sensitive } = field;
    return { env: name, title, description, isSecret: sensitive };
  });
}

const environment = z.record(z.string(), z.string());
const bundle = z
  .looseObject({
    manifest_version: z.literal('0.3'),
    icon: z.string(),
    server: z.object({
      entry_point: z.string(),
      mcp_config: z.object({ command: z.literal('node'), args: z.array(z.string()), env: environment }),
    }),
    tools: z.array(z.object({ name: z.string(), description: z.string() })),
    user_config: z.unknown(),
  })
  .parse(JSON.parse(read('channels/mcpb/manifest.json')));
const plugin = z
  .object({
    mcpServers: z.object({ pyroscope: z.object({ env: environment }) }),
    userConfig: z.unknown(),
  })
  .parse(JSON.parse(read('channels/claude-code/.claude-plugin/plugin.json')));
const extension = z
  .object({
    mcpServers: z.object({ pyroscope: z.object({ env: environment }) }),
    settings: z.array(
      z.object({ name: z.string(), description: z.string(), envVar: z.string(), sensitive: z.boolean() }),
    ),
  })
  .parse(JSON.parse(read('gemini-extension.json')));
const catalogue = z
  .object({
    name: z.string(),
    config: z.object({
      secrets: z.array(z.object({ name: z.string(), env: z.string(), example: z.string() })),
      env: z.array(z.object({ name: z.string(), value: z.string() })),
      parameters: z.object({ properties: z.record(z.string(), z.object({ description: z.string() })) }),
    }),
  })
  .parse(parse(read('channels/docker-catalogue/server.yaml')));

const asked: [string, Field[]][] = [
  ['the bundle', readDialog(bundle.user_config, bundle.server.mcp_config.env)],
  ['the plugin of Claude Code', readDialog(plugin.userConfig, plugin.mcpServers.pyroscope.env)],
  [
    'the extension of Gemini CLI',
    extension.settings.map(({ name, description, envVar, sensitive }) => ({
      env: envVar,
      title: name,
      description,
      isSecret: sensitive,
    })),
  ],
  [
    "Docker's catalogue",
    [
      ...catalogue.config.secrets.map(({ env }) => ({ env, title: null, description: '', isSecret: true })),
      ...catalogue.config.env.map(({ name, value }) => ({
        env: name,
        title: null,
        description:
          catalogue.config.parameters.properties[value.slice(`{{${catalogue.name}.`.length, -2)]
            ?.description ?? '',
        isSecret: false,
      })),
    ],
  ],
];

describe.each(asked)('%s', (_channel, fields) => {
  test('asks for a Grafana, a Pyroscope and their tokens', () => {
    expect(fields.map(({ env }) => env)).toEqual(
      expect.arrayContaining([
        'GRAFANA_URL',
        'GRAFANA_SERVICE_ACCOUNT_TOKEN',
        'PYROSCOPE_MCP_ENABLED_SOURCES',
        'PYROSCOPE_URL',
        'PYROSCOPE_TOKEN',
      ]),
    );
  });

  test.each(fields)('$env is what the option table says', ({ env, title, description, isSecret }) => {
    const [name = '', option] = findOption(env) ?? [];
    expect(isSecret).toBe(option?.isSecret === true);
    if (title !== null) expect(title).toBe(Object.entries(ASKED).find(([asked]) => asked === name)?.[1]);
    if (description !== '') expect(description.toLowerCase()).toBe(option?.help.toLowerCase());
  });
});

test('the bundle lists every tool, each in a sentence', () => {
  expect(bundle.tools.map(({ name }) => name)).toEqual(names);
  expect(bundle.tools.filter(({ description }) => !/^.{20,220}\.$/.test(description))).toEqual([]);
  expect(bundle.server.mcp_config.args).toEqual([`\${__dirname}/${bundle.server.entry_point}`]);
});

test("Docker's catalogue knows every tool with its arguments", () => {
  const tools = z
    .array(z.object({ name: z.string(), arguments: z.array(z.object({ name: z.string() })) }))
    .parse(JSON.parse(read('channels/docker-catalogue/tools.json')));
  expect(tools.map(({ name }) => name)).toEqual(names);
  expect(tools.find(({ name }) => name === 'investigate')?.arguments.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['service', 'from', 'to']),
  );
});

test('the extension passes on what it asks for', () => {
  expect(extension.mcpServers.pyroscope.env).toEqual(
    Object.fromEntries(extension.settings.map(({ envVar }) => [envVar, `\${${envVar}}`])),
  );
});

test('the skill is the guide, and says when to load it', () => {
  const skill = read('channels/claude-code/skills/investigate-with-profiles/SKILL.md');
  const [, head = ''] = /^---\n([\s\S]*?)\n---\n/.exec(skill) ?? [];
  const { name, description } = z.object({ name: z.string(), description: z.string() }).parse(parse(head));
  expect(name).toBe('investigate-with-profiles');
  // The limit of the format.
  expect(description.length).toBeLessThanOrEqual(1024);
  expect(description).toMatch(/Use it for/);
  expect(skill).toContain(GUIDE.trim());
});

test('the icon is a square picture that bundles and registries take', () => {
  const png = readFileSync(path.join(ROOT, 'docs/pictures/icon.png'));
  expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([512, 512]);
  expect(existsSync(path.join(ROOT, 'channels/claude-code/.claude-plugin/icon.png'))).toBe(true);
});

describe('the buttons', () => {
  const page = read('docs/use/install.md');
  const links = [...page.matchAll(/\]\((https:\/\/[^)]*\/(?:install-mcp|install)\?[^)]*)\)/g)].map(
    ([, link = '']) => new URL(link),
  );
  const find = (host: string) => {
    const link = links.find(({ hostname }) => hostname === host);
    if (link === undefined) throw new Error(`docs/use/install.md has no button for ${host}`);
    return link.searchParams;
  };
  const serverSchema = z.object({ command: z.string(), args: z.array(z.string()), env: environment });
  const stdio = { command: 'npx', args: ['-y', 'pyroscope-mcp'] };

  test('of Cursor holds a server in base64', () => {
    const query = find('cursor.com');
    expect(query.get('name')).toBe('pyroscope');
    const text = Buffer.from(query.get('config') ?? '', 'base64').toString('latin1');
    const { env, ...command } = serverSchema.parse(JSON.parse(text));
    expect(command).toEqual(stdio);
    expect(Object.keys(env).filter((name) => findOption(name) === undefined)).toEqual([]);
    // The receiver decodes it byte by byte.
    expect(text).toMatch(/^[ -~]*$/);
  });

  test('of VS Code asks for what its server names', () => {
    const query = find('vscode.dev');
    expect(query.get('name')).toBe('pyroscope');
    const { env, ...command } = serverSchema.parse(JSON.parse(query.get('config') ?? ''));
    expect(command).toEqual(stdio);
    const inputs = z
      .array(z.object({ id: z.string(), type: z.literal('promptString'), password: z.boolean().optional() }))
      .parse(JSON.parse(query.get('inputs') ?? ''));
    expect(Object.values(env)).toEqual(inputs.map(({ id }) => `\${input:${id}}`));
    const secret = Object.keys(env).map((name) => findOption(name)?.[1].isSecret === true);
    expect(inputs.map(({ password }) => password === true)).toEqual(secret);
  });

  test('of Goose names the command and its variables', () => {
    const [link = ''] = /goose:\/\/extension\?\S+/.exec(page) ?? [];
    const query = new URL(link).searchParams;
    expect([query.get('cmd'), ...query.getAll('arg')]).toEqual([stdio.command, ...stdio.args]);
    const variables = query.getAll('env').map((text) => text.split('=')[0] ?? '');
    expect(variables.filter((name) => findOption(name) === undefined)).toEqual([]);
    expect(variables).toContain('GRAFANA_URL');
  });
});
