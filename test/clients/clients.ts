import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Features of the server that a client uses; each is a column of the table. */
export const FEATURES = [
  'list',
  'call',
  'progress',
  'bad argument',
  'cancel',
  'completion',
  'resource',
  'prompt',
] as const;
export type Feature = (typeof FEATURES)[number];

export const TRANSPORTS = ['stdio', 'HTTP'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** A set of packages that is installed together. */
export type Environment = 'sdk-v1' | 'sdk-v2' | 'go' | 'rust' | 'node';

export interface ClientProgram {
  name: string;
  version: string;
  environment: Environment;
  /** File that is run, in the folder of its language; null where the environment builds a program. */
  program: string | null;
  /** Features that the client has no way to use, over one transport or at all, with the reason. */
  lacks: Partial<Record<Feature | `${Feature} over ${Transport}`, string>>;
  /** Characters that the client puts before the name of each tool. */
  namePrefix?: string;
}

/** Folder of the programs and their lock files. */
export const PROGRAMS = fileURLToPath(new URL('.', import.meta.url));

function pinned(file: string, pattern: RegExp): string {
  const version = pattern.exec(readFileSync(`${PROGRAMS}${file}`, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${file} does not pin ${pattern}`);
  return version;
}

const python = (set: 'sdk-v1' | 'sdk-v2', name: string) =>
  pinned(`python/${set}.in`, new RegExp(`^${name}(?:\\[[a-z]+\\])?==(\\S+)$`, 'm'));
const npm = (name: string) => pinned('node/package.json', new RegExp(`"${name}": "([\\d.]+)"`));

/** Says why a client cannot use a feature over a transport; undefined where it can. */
export function whyLacking(
  { lacks }: ClientProgram,
  transport: Transport,
  feature: Feature,
): string | undefined {
  return lacks[feature] ?? lacks[`${feature} over ${transport}`];
}

export const NO_API = 'the framework has no call for it';

export const CLIENTS: readonly ClientProgram[] = [
  {
    name: 'Python SDK 1.x',
    version: python('sdk-v1', 'mcp'),
    environment: 'sdk-v1',
    program: 'sdk_v1.py',
    lacks: {},
  },
  {
    name: 'Python SDK 2.x',
    version: python('sdk-v2', 'mcp'),
    environment: 'sdk-v2',
    program: 'sdk_v2.py',
    lacks: {},
  },
  {
    name: 'Go SDK',
    version: pinned('go/go.mod', /^require github\.com\/modelcontextprotocol\/go-sdk v(\S+)$/m),
    environment: 'go',
    program: null,
    lacks: {},
  },
  {
    name: 'Rust SDK',
    version: pinned('rust/Cargo.toml', /^rmcp = \{ version = "=([^"]+)"/m),
    environment: 'rust',
    program: null,
    lacks: {},
  },
  {
    name: 'openai-agents',
    version: python('sdk-v2', 'openai-agents'),
    environment: 'sdk-v2',
    program: 'with_openai_agents.py',
    lacks: { progress: NO_API, completion: NO_API },
  },
  {
    name: 'pydantic-ai',
    version: python('sdk-v2', 'pydantic-ai-slim'),
    environment: 'sdk-v2',
    program: 'with_pydantic_ai.py',
    lacks: { completion: NO_API },
  },
  {
    name: 'langchain-mcp-adapters',
    version: python('sdk-v1', 'langchain-mcp-adapters'),
    environment: 'sdk-v1',
    program: 'with_langchain.py',
    lacks: {
      completion: NO_API,
      cancel: 'it tells the server nothing when the task of a call is cancelled',
    },
  },
  {
    name: 'google-adk',
    version: python('sdk-v2', 'google-adk'),
    environment: 'sdk-v2',
    program: 'with_google_adk.py',
    lacks: { completion: NO_API, resource: NO_API, prompt: NO_API },
  },
  {
    name: 'AI SDK',
    version: npm('ai'),
    environment: 'node',
    program: 'with_ai_sdk.mjs',
    lacks: {
      progress: NO_API,
      completion: NO_API,
      'cancel over stdio': 'it tells the server nothing when a call is aborted',
    },
  },
  {
    name: 'Mastra',
    version: npm('@mastra/mcp'),
    environment: 'node',
    program: 'with_mastra.mjs',
    lacks: { completion: NO_API },
    namePrefix: 'pyroscope_',
  },
];
