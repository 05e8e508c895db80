import * as z from 'zod';
import { LINKED_ARGUMENTS } from '../tools/arguments.js';
import type { Tool } from '../tools/define.js';

/** The JSON schema of an argument, with its bounds and default. */
export type Property = Exclude<z.core.JSONSchema._JSONSchema, boolean>;

/** An argument as clients see it: the keywords that every converter of schemas knows. */
interface PublishedProperty {
  type: string;
  enum?: readonly unknown[];
  description?: string;
}

/** The schema of a tool's arguments as clients see it. */
// A type, since an interface fits no record, and the SDK wants one.
export type PublishedSchema = {
  type: 'object';
  properties: Readonly<Record<string, PublishedProperty>>;
  required?: readonly string[];
};

/** The arguments of a tool with their JSON schemas, and the names of those that a call must have. */
interface Arguments {
  properties: ReadonlyMap<string, Property>;
  required: readonly string[];
}

const argumentsByTool = new WeakMap<Tool, Arguments>();

function readArguments(tool: Tool): Arguments {
  const known = argumentsByTool.get(tool);
  if (known !== undefined) return known;
  const { properties = {}, required = [] } = z.toJSONSchema(tool.input, { io: 'input' });
  const entries = Object.entries(properties).map(
    ([name, schema]) => [name, typeof schema === 'boolean' ? {} : schema] as const,
  );
  const all = { properties: new Map(entries), required };
  argumentsByTool.set(tool, all);
  return all;
}

/** A tool's arguments with their JSON schemas. */
export function readProperties(tool: Tool): ReadonlyMap<string, Property> {
  return readArguments(tool).properties;
}

/**
 * Builds the schema of a tool's arguments as `tools/list` shows it. `$schema`, `additionalProperties`,
 * `default` and bounds of numbers are left out: some clients refuse a schema that holds them, others refuse a
 * call with an error that does not help, and the server checks all of it anyway. Defaults and bounds are put
 * into the description. An argument that a link may stand for is not required.
 */
export function inputJsonSchema(tool: Tool): PublishedSchema {
  const { properties: all, required: needed } = readArguments(tool);
  const linked: readonly string[] = tool.input.shape.url === undefined ? [] : LINKED_ARGUMENTS;
  const required = needed.filter((name) => !linked.includes(name));
  const properties = Object.fromEntries([...all].map(([name, property]) => [name, published(property)]));
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
}

function published(property: Property): PublishedProperty {
  const { type, enum: words, description, default: preset } = property;
  const rules = [formatBounds(property), preset === undefined ? '' : `default ${String(preset)}`];
  const text = [description ?? '', rules.filter((rule) => rule !== '').join(', ')];
  const whole = text.filter((part) => part !== '').join('; ');
  return {
    // Arguments have one type each (test/surface.test.ts).
    type: typeof type === 'string' ? type : 'string',
    ...(words === undefined ? {} : { enum: words }),
    ...(whole === '' ? {} : { description: whole }),
  };
}

/** The bounds of a number in words; those of every safe integer say nothing. */
export function formatBounds({ minimum, maximum }: Property): string {
  const min = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  const max = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : null;
  if (min !== null && max !== null) return `${min}–${max}`;
  if (min !== null) return `at least ${min}`;
  return max === null ? '' : `at most ${max}`;
}
