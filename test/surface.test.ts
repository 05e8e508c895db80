import { readdirSync } from 'node:fs';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';

import { EXPORT_RESOURCE } from '../src/mcp/exports/surface.js';
import { inputJsonSchema } from '../src/mcp/input-schema.js';
import { INSTRUCTIONS } from '../src/mcp/instructions.js';
import { PROMPTS } from '../src/mcp/prompts/index.js';
import { GUIDE_RESOURCE } from '../src/mcp/serve-guide.js';
import { EXPORT_TEMPLATE } from '../src/mcp/serve-resources.js';
import { ANNOTATIONS } from '../src/mcp/server.js';
import type { Tool } from '../src/tools/define.js';
import { TOOLS } from '../src/tools/index.js';

describe('the surface that every agent pays for', () => {
  const listTokens = (tools: readonly Tool[]) =>
    encode(
      tools
        .map((tool) =>
          JSON.stringify({
            name: tool.name,
            title: tool.title,
            description: tool.description,
            inputSchema: inputJsonSchema(tool),
            annotations: ANNOTATIONS,
          }),
        )
        .join('\n'),
    ).length;
  const [learned, others] = [true, false].map((wanted) =>
    TOOLS.filter(({ name }) => (name === 'find_query_patterns') === wanted),
  );

  test('definitions of ten tools and instructions cost at most 3,500 tokens', () => {
    expect(
      others?.length,
      'Every agent pays for each tool with every conversation: count the new one here, and shorten until the budget fits.',
    ).toBe(10);
    expect(listTokens(others ?? []) + encode(INSTRUCTIONS).length).toBeLessThanOrEqual(3_500);
  });

  test('all eleven and the instructions cost at most 3,700', () => {
    expect(listTokens(TOOLS) + encode(INSTRUCTIONS).length).toBeLessThanOrEqual(3_700);
  });

  test('the eleventh, find_query_patterns, costs at most 250', () => {
    expect(listTokens(learned ?? [])).toBeLessThanOrEqual(250);
  });

  // Clients show prompts and resources to people; a model gets what somebody picks, or what it reads itself.
  test('prompts and resources cost nothing until they are asked for; their lists are at most 600 tokens', () => {
    const prompts = PROMPTS.map(({ name, title, description, arguments: args }) => ({
      name,
      title,
      description,
      arguments: Object.entries(args).map(([argument, rest]) => ({
        name: argument,
        description: rest.description,
        required: rest.required === true,
      })),
    }));
    const { name, title, description } = EXPORT_RESOURCE;
    const template = { name, title, description, uriTemplate: EXPORT_TEMPLATE };
    const tokens = encode(
      [...prompts, GUIDE_RESOURCE, template].map((entry) => JSON.stringify(entry)).join('\n'),
    ).length;
    expect(tokens).toBeLessThanOrEqual(600);
  });

  test('instructions are at most 2 KB', () => {
    expect(Buffer.byteLength(INSTRUCTIONS)).toBeLessThanOrEqual(2_048);
  });

  test('tools are sorted, and each has its own files of the same name', () => {
    const names = TOOLS.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    for (const folder of ['../src/tools/', '../src/tools/surface/']) {
      const files = readdirSync(new URL(folder, import.meta.url));
      expect(names.filter((name) => !files.includes(`${name}.ts`))).toEqual([]);
    }
  });

  describe.each(TOOLS.map((tool) => [tool.name, tool] as const))('%s', (_name, tool) => {
    test('its description fits every client', () => {
      expect(tool.name.length).toBeLessThanOrEqual(40);
      expect(tool.description.length).toBeLessThanOrEqual(1_024);
      expect((tool.description.split('. ')[0] ?? '').length).toBeLessThanOrEqual(200);
    });

    test('its arguments are flat, and others are refused', () => {
      expect(tool.input.safeParse({ nope: 1 }).error?.issues).toContainEqual(
        expect.objectContaining({ code: 'unrecognized_keys', keys: ['nope'] }),
      );
      const schema = inputJsonSchema(tool);
      expect(JSON.stringify(schema).length).toBeLessThan(16_384);
      const types = Object.values(schema.properties).map(({ type }) => type);
      expect(types.filter((type) => !['string', 'integer', 'number', 'boolean'].includes(type))).toEqual([]);
    });
  });
});
