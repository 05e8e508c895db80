import { describe, expect, test } from 'vitest';
import { inputJsonSchema } from '../src/mcp/input-schema.js';
import { TOOLS } from '../src/tools/index.js';

// Keywords in the schemas of our tools, which every consumer must accept. Each list has the keywords that the
// named code accepts for flat arguments; `npm run test:converters` gives the schemas to the real packages.

interface Consumer {
  name: string;
  /** Source of the list. */
  source: string;
  /** Keywords that it takes at the root. */
  root: readonly string[];
  /** Keywords that it takes in an argument. */
  argument: readonly string[];
}

const ROOT = ['type', 'properties', 'required'];
const PLAIN = ['type', 'description', 'enum'];

const CONSUMERS: readonly Consumer[] = [
  {
    name: 'OpenAI strict mode',
    source: 'pydantic-ai 2.68.0, OpenAIJsonSchemaTransformer: takes `default` and `$schema` out',
    root: [...ROOT, 'additionalProperties'],
    argument: [...PLAIN, 'minimum', 'maximum', 'anyOf'],
  },
  {
    name: 'OpenAI strict mode through openai-agents',
    source:
      'openai-agents 0.24.0, ensure_strict_json_schema: adds what is missing, leaves every other keyword',
    root: [...ROOT, 'additionalProperties'],
    argument: [...PLAIN, 'minimum', 'maximum', 'anyOf'],
  },
  {
    name: 'Anthropic strict mode',
    source: 'anthropic, transform_schema: keeps these and moves every other keyword into the description',
    root: ROOT,
    argument: [...PLAIN, 'title', 'format', 'const', 'anyOf'],
  },
  {
    name: 'Bedrock Converse, strict or not',
    source:
      'pydantic-ai 2.68.0, BedrockJsonSchemaTransformer: Bedrock rejects bounds of numbers in strict mode',
    root: [...ROOT, 'additionalProperties'],
    argument: PLAIN,
  },
  {
    name: 'google-genai for Python',
    source:
      'google-genai 2.34.0, JSONSchema: no $schema; a boolean additionalProperties ends it with an AttributeError',
    root: ROOT,
    argument: [...PLAIN, 'title', 'default', 'format', 'pattern', 'minimum', 'maximum', 'anyOf'],
  },
  {
    name: 'google-adk',
    source: 'google-adk 2.13.0, _to_gemini_schema: the JSONSchema of google-genai',
    root: ROOT,
    argument: [...PLAIN, 'title', 'default', 'format', 'pattern', 'minimum', 'maximum', 'anyOf'],
  },
  {
    name: 'Vercel AI SDK',
    source:
      '@ai-sdk/google 3.0.141, convertJSONSchemaToOpenAPISchema: drops others; @ai-sdk/mcp sets additionalProperties',
    root: ROOT,
    argument: [...PLAIN, 'format', 'const', 'minLength', 'anyOf'],
  },
  {
    name: 'LangChain',
    source: 'langchain-google-genai 4.4.3, _ALLOWED_SCHEMA_FIELDS: drops others with a warning for each call',
    root: ROOT,
    argument: [...PLAIN, 'title', 'default', 'format', 'pattern', 'minimum', 'maximum', 'anyOf'],
  },
  {
    name: 'pydantic-ai',
    source:
      'pydantic-ai 2.68.0, OpenAIJsonSchemaTransformer: a schema with `default` is not strict by itself',
    root: [...ROOT, 'additionalProperties'],
    argument: [...PLAIN, 'minimum', 'maximum', 'anyOf'],
  },
  {
    name: 'Ajv as it comes',
    source: 'ajv 8.20.0, new Ajv().compile(): "no schema with key or ref" for the $schema of 2020-12',
    root: [...ROOT, 'additionalProperties'],
    argument: [...PLAIN, 'default', 'pattern', 'minimum', 'maximum', 'const', 'anyOf'],
  },
];

describe.each(CONSUMERS.map((consumer) => [consumer.name, consumer] as const))('%s', (_name, consumer) => {
  test.each(TOOLS.map((tool) => [tool.name, tool] as const))('takes %s', (_tool, tool) => {
    const { properties, ...root } = inputJsonSchema(tool);
    expect(unknown({ properties, ...root }, consumer.root), consumer.source).toEqual([]);
    for (const [name, argument] of Object.entries(properties))
      expect(unknown(argument, consumer.argument), `${name}: ${consumer.source}`).toEqual([]);
  });
});

function unknown(schema: object, allowed: readonly string[]): string[] {
  return Object.keys(schema).filter((keyword) => !allowed.includes(keyword));
}

describe.each(TOOLS.map((tool) => [tool.name, tool] as const))('%s', (_name, tool) => {
  const { properties, required = [] } = inputJsonSchema(tool);

  test('describes what it does not put into keywords', () => {
    for (const [name, argument] of Object.entries(properties)) {
      const fallback: unknown = tool.input.shape[name]?.safeParse(undefined).data;
      if (fallback !== undefined) expect(argument.description).toContain(`default ${String(fallback)}`);
      if (argument.type === 'integer') expect(argument.description).toMatch(/\b1–\d+\b/);
    }
  });

  test('has plain values of one type', () => {
    for (const { type, enum: words = [] } of Object.values(properties)) {
      expect(['string', 'integer', 'number', 'boolean']).toContain(type);
      // Schema of google-genai holds text only.
      expect(words.filter((word) => typeof word !== 'string' || word === '')).toEqual([]);
    }
    expect(required.filter((name) => !(name in properties))).toEqual([]);
  });
});
