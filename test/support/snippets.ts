import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ROOT } from './packed.js';

/** A server as a client's configuration names it. */
export type Snippet = { client: string; root: string } & (
  | { kind: 'stdio'; command: string; args: string[]; env: Record<string, string> }
  | { kind: 'http'; key: string; url: string; headers: Record<string, string> }
);

const serverSchema = z.union([
  z.strictObject({
    type: z.literal('stdio').optional(),
    command: z.string(),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()),
    env_vars: z.array(z.string()).default([]),
    startup_timeout_sec: z.number().optional(),
  }),
  z.strictObject({
    type: z.literal('http').optional(),
    url: z.string().optional(),
    httpUrl: z.string().optional(),
    headers: z.record(z.string(), z.string()).default({}),
    bearer_token_env_var: z.string().optional(),
  }),
]);
const rootSchema = z.looseObject({});
const oneServer = z.strictObject({ pyroscope: serverSchema });

const gooseSchema = z.strictObject({
  extensions: z.strictObject({
    pyroscope: z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('stdio'),
        enabled: z.literal(true),
        name: z.string(),
        cmd: z.string(),
        args: z.array(z.string()),
        envs: z.record(z.string(), z.string()),
        env_keys: z.array(z.string()),
        timeout: z.number(),
      }),
      z.strictObject({
        type: z.literal('streamable_http'),
        enabled: z.literal(true),
        name: z.string(),
        uri: z.string(),
        headers: z.record(z.string(), z.string()),
        env_keys: z.array(z.string()),
        timeout: z.number(),
      }),
    ]),
  }),
});

/** All snippets of a page, with the heading that each stands under. */
export function listSnippets(page: string): Snippet[] {
  const snippets: Snippet[] = [];
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  for (const section of text.split(/^## /m)) {
    const [client = ''] = section.split('\n');
    for (const [, language, block = ''] of section.matchAll(/^```(json|toml|yaml|sh)\n([\s\S]*?)^```/gm)) {
      if (language === 'json') snippets.push(ofConfiguration(client, JSON.parse(block)));
      if (language === 'toml') snippets.push(ofConfiguration(client, parseToml(block)));
      if (language === 'yaml') snippets.push(ofGoose(client, parseYaml(block)));
      if (language === 'sh' && block.startsWith('claude mcp add ')) snippets.push(ofCommand(client, block));
    }
  }
  return snippets;
}

function ofConfiguration(client: string, configuration: unknown): Snippet {
  const keys = Object.entries(rootSchema.parse(configuration)).filter(([key]) => key !== 'inputs');
  const [root = '', servers] = keys[0] ?? [];
  const { pyroscope } = oneServer.parse(servers);
  if ('command' in pyroscope) {
    const { command, args, env, env_vars } = pyroscope;
    const passed = env_vars.map((name) => [name, `\${${name}}`]);
    return { client, root, kind: 'stdio', command, args, env: { ...env, ...Object.fromEntries(passed) } };
  }
  const { url, httpUrl, headers, bearer_token_env_var: variable } = pyroscope;
  const bearer = variable === undefined ? {} : { Authorization: `Bearer \${${variable}}` };
  return {
    client,
    root,
    kind: 'http',
    key: httpUrl === undefined ? 'url' : 'httpUrl',
    url: url ?? httpUrl ?? '',
    headers: { ...headers, ...bearer },
  };
}

/** The configuration of Goose, which has words of its own. */
function ofGoose(client: string, configuration: unknown): Snippet {
  const { pyroscope } = gooseSchema.parse(configuration).extensions;
  if (pyroscope.type === 'streamable_http') {
    return {
      client,
      root: 'extensions',
      kind: 'http',
      key: 'uri',
      url: pyroscope.uri,
      headers: pyroscope.headers,
    };
  }
  const passed = pyroscope.env_keys.map((name) => [name, `\${${name}}`]);
  const { cmd: command, args, envs } = pyroscope;
  return {
    client,
    root: 'extensions',
    kind: 'stdio',
    command,
    args,
    env: { ...envs, ...Object.fromEntries(passed) },
  };
}

/** `claude mcp add`: options, the name, then the address or `--` and the command. */
function ofCommand(client: string, line: string): Snippet {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const after = (flag: string) => words.flatMap((word, at) => (words[at - 1] === flag ? [word] : []));
  const pairs = (texts: string[], by: string) =>
    Object.fromEntries(
      texts.map((text) => [text.slice(0, text.indexOf(by)), text.slice(text.indexOf(by) + 1).trim()]),
    );
  const name = words.indexOf('pyroscope');
  if (after('--transport')[0] === 'http') {
    const headers = pairs(after('--header'), ':');
    return { client, root: 'sh', kind: 'http', key: 'url', url: words[name + 1] ?? '', headers };
  }
  if (words[name + 1] !== '--') throw new Error(`no command in ${line}`);
  const [command = '', ...args] = words.slice(name + 2);
  return { client, root: 'sh', kind: 'stdio', command, args, env: pairs(after('--env'), '=') };
}

/** Fills in placeholders as the clients do. */
export function filledIn(
  texts: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const fill = (text: string) =>
    text.replace(
      /\$\{(?:env:|input:)?([\w-]+)\}|\$(\w+)/g,
      (whole, braced, plain) => values[braced ?? plain] ?? whole,
    );
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text)]));
}
