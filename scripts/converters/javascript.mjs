// Converts tool schemas with the packages of JavaScript agent frameworks: reads {"tools": [...]} from stdin
// and prints one row per converter, {converter, package, failures: [{tool, error}]}. The folder with the
// packages is the first argument. Requests to models end in a `fetch` that keeps their body; nothing is sent
// anywhere.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const FOLDER = path.resolve(process.argv[2]);
/** Keywords of an argument that the strict modes of OpenAI, Anthropic and Bedrock all take. */
const STRICT_KEYWORDS = ['type', 'description', 'enum'];

const load = (name) => import(pathToFileURL(resolveIn(name)).href);

/** The file that an `import` of the package in that folder would load. */
function resolveIn(name) {
  const parts = name.split('/');
  const length = name.startsWith('@') ? 2 : 1;
  const root = path.join(FOLDER, 'node_modules', ...parts.slice(0, length));
  const { exports, module, main } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const entry = exports?.[['.', ...parts.slice(length)].join('/')] ?? module ?? main ?? 'index.js';
  return path.join(root, resolveFile(entry));
}

function resolveFile(entry) {
  if (typeof entry === 'string') return entry;
  return resolveFile(entry.import ?? entry.node ?? entry.default);
}

function readVersion(name) {
  return JSON.parse(readFileSync(path.join(FOLDER, 'node_modules', name, 'package.json'), 'utf8')).version;
}

async function openaiAgents(tool) {
  const { mcpToFunctionTool } = await load('@openai/agents-core');
  const made = mcpToFunctionTool(tool, { name: 'pyroscope' }, true);
  assert.equal(made.strict, true, 'is not strict');
  checkStrict(made.parameters, tool);
}

function checkStrict({ required, additionalProperties, properties }, tool) {
  assert.deepEqual([...required].sort(), buildArguments(tool), 'does not require every argument');
  assert.equal(additionalProperties, false, 'takes further arguments');
  for (const [name, argument] of Object.entries(properties)) {
    // Strict mode has no argument that may be left out but one that may be null.
    const plain = argument.anyOf?.find(({ type }) => type !== 'null') ?? argument;
    const others = Object.keys(plain).filter((keyword) => !STRICT_KEYWORDS.includes(keyword));
    assert.deepEqual(others, [], `${name} has other keywords`);
  }
}

async function googleGenai(tool) {
  const { mcpToTool } = await load('@google/genai');
  const client = { listTools: async () => ({ tools: [tool] }) };
  const { functionDeclarations } = await mcpToTool(client).tool();
  checkGemini(functionDeclarations[0].parametersJsonSchema, tool);
}

/** The package passes the schema on as it is. */
function checkGemini({ properties }, tool) {
  assert.deepEqual(Object.keys(properties).sort(), buildArguments(tool), 'lost an argument');
  for (const [name, argument] of Object.entries(properties)) {
    assert.equal(
      argument.description,
      tool.inputSchema.properties[name].description,
      `${name} lost its description`,
    );
    assert.deepEqual(argument.enum, tool.inputSchema.properties[name].enum, `${name} lost its values`);
  }
}

/** The AI SDK's own tools, sent to a model whose provider shows what it would send. */
function aiSdk(provider, create, model, schemaOf) {
  return async (tool) => {
    const [{ generateText }, { createMCPClient }, made] = await Promise.all([
      load('ai'),
      load('@ai-sdk/mcp'),
      load(provider),
    ]);
    const client = await createMCPClient({ transport: createServer([tool]) });
    let body = null;
    const fetch = async (_url, init) => {
      body = JSON.parse(init.body);
      return new Response('{}', { status: 400 });
    };
    const settings = { apiKey: 'none', region: 'us-east-1', fetch };
    const request = {
      model: made[create](settings)(model),
      tools: await client.tools(),
      prompt: 'x',
      maxRetries: 0,
    };
    await generateText(request).catch((error) => {
      if (body === null) throw error;
    });
    await client.close();
    assert.deepEqual(Object.keys(schemaOf(body).properties).sort(), buildArguments(tool), 'lost an argument');
  };
}

/** A transport to a server that has these tools and answers nothing else. */
function createServer(tools) {
  const transport = {
    start: async () => {},
    close: async () => {},
    async send({ id, method }) {
      const answers = {
        initialize: {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'pyroscope', version: '1' },
        },
        'tools/list': { tools },
      };
      if (id === undefined) return;
      queueMicrotask(() => transport.onmessage({ jsonrpc: '2.0', id, result: answers[method] ?? {} }));
    },
  };
  return transport;
}

async function langchain(tool) {
  const [{ loadMcpTools }, { convertToOpenAITool }] = await Promise.all([
    load('@langchain/mcp-adapters'),
    load('@langchain/core/utils/function_calling'),
  ]);
  const client = { listTools: async () => ({ tools: [tool] }) };
  const [made] = await loadMcpTools('pyroscope', client);
  const { parameters } = convertToOpenAITool(made).function;
  assert.deepEqual(Object.keys(parameters.properties).sort(), buildArguments(tool), 'lost an argument');
}

/** Clients that check arguments themselves often do it with Ajv as it comes: draft-07, strict. */
async function ajv(tool) {
  const { Ajv } = await load('ajv');
  const validate = new Ajv().compile(tool.inputSchema);
  const needed = Object.fromEntries((tool.inputSchema.required ?? []).map((name) => [name, 'now']));
  assert.equal(validate(needed), true, 'refuses a call that is right');
  // The server has a better answer for these than the check has.
  assert.equal(validate({ ...needed, limit: 0, srvice: 'a' }), true, 'refuses what the server explains');
}

function buildArguments({ inputSchema }) {
  return Object.keys(inputSchema.properties).sort();
}

const CONVERTERS = [
  ['OpenAI, strict', '@openai/agents-core', openaiAgents],
  ['Gemini', '@google/genai', googleGenai],
  [
    'AI SDK to OpenAI',
    '@ai-sdk/openai',
    aiSdk('@ai-sdk/openai', 'createOpenAI', 'gpt-5', ({ tools }) => tools[0].parameters),
  ],
  [
    'AI SDK to Gemini',
    '@ai-sdk/google',
    aiSdk('@ai-sdk/google', 'createGoogleGenerativeAI', 'gemini-2.5-pro', ({ tools }) => {
      const [{ functionDeclarations }] = [tools].flat();
      return functionDeclarations[0].parameters;
    }),
  ],
  [
    'AI SDK to Bedrock Converse',
    '@ai-sdk/amazon-bedrock',
    aiSdk('@ai-sdk/amazon-bedrock', 'createAmazonBedrock', 'amazon.nova-pro-v1:0', ({ toolConfig }) => {
      return toolConfig.tools[0].toolSpec.inputSchema.json;
    }),
  ],
  ['OpenAI', '@langchain/mcp-adapters', langchain],
  ['Ajv', 'ajv', ajv],
];

const { tools } = JSON.parse(await text(process.stdin));
const rows = [];
for (const [converter, name, convert] of CONVERTERS) {
  const failures = [];
  for (const tool of tools) {
    try {
      await convert(tool);
    } catch (error) {
      failures.push({ tool: tool.name, error: String(error).slice(0, 200) });
    }
  }
  rows.push({ converter, package: `${name} ${readVersion(name)}`, failures });
}
process.stdout.write(JSON.stringify(rows));
