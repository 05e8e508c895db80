import type { z } from 'zod';
import { UserError } from '../errors.js';
import { nearest } from '../report/nearest.js';
import type { Tool } from '../tools/define.js';

/** Arguments of a call after the check: known names, right types, defaults filled in. */
export type CheckedArguments = Record<string, unknown> & { format?: unknown; limit?: unknown };

/**
 * Checks raw arguments against a tool's schema. Numbers given as text and text given as a number are taken.
 * @throws UserError that names the argument, the value and the valid ones
 */
export function checkArguments(tool: Tool, raw: unknown): CheckedArguments {
  const args = raw ?? {};
  if (typeof args !== 'object' || Array.isArray(args)) {
    throw new UserError(
      `The arguments of ${tool.name} must be a JSON object.`,
      `Valid arguments: ${names(tool).join(', ')}.`,
    );
  }
  const valid = names(tool);
  for (const name of Object.keys(args)) {
    if (valid.includes(name)) continue;
    const [meant] = nearest(name, valid);
    throw new UserError(
      `${tool.name} has no argument ${JSON.stringify(name.slice(0, 60))}.`,
      `${meant === undefined ? '' : `Did you mean \`${meant}\`? `}Valid arguments: ${valid.join(', ')}.`,
    );
  }
  const parsed = tool.input.safeParse(coerce(tool, args as Record<string, unknown>));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? '');
  const given = (args as Record<string, unknown>)[name];
  throw new UserError(
    given === undefined
      ? `${tool.name} needs the argument \`${name}\`.`
      : `\`${name}\` ${show(given)} is not valid: ${issue?.message ?? 'wrong value'}.`,
    `\`${name}\`: ${tool.input.shape[name] === undefined ? '' : describe(tool.input.shape[name])}`,
  );
}

function names(tool: Tool): string[] {
  return Object.keys(tool.input.shape);
}

/** Models write numbers as text, text as numbers and '' for nothing; all are clear enough. */
function coerce(tool: Tool, args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => {
        const wantsNumber = kindOf(tool.input.shape[name]) === 'number';
        if (wantsNumber && typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value.trim()))
          return [name, Number(value)];
        if (!wantsNumber && typeof value === 'number') return [name, String(value)];
        return [name, value];
      }),
  );
}

/** The type below `optional` and `default`. */
function kindOf(schema: unknown): string {
  const definition = definitionOf(schema);
  return definition?.innerType === undefined ? (definition?.type ?? '') : kindOf(definition.innerType);
}

interface SchemaDefinition {
  type?: string;
  innerType?: unknown;
  entries?: Record<string, string>;
}

function definitionOf(schema: unknown): SchemaDefinition | undefined {
  return (schema as { def?: SchemaDefinition } | undefined)?.def;
}

function describe(schema: z.core.$ZodType): string {
  const definition = definitionOf(schema);
  const inner = definition?.innerType === undefined ? schema : (definition.innerType as z.core.$ZodType);
  const entries = definitionOf(inner)?.entries;
  const text =
    (schema as { description?: string }).description ?? (inner as { description?: string }).description;
  if (entries !== undefined) return `one of ${Object.values(entries).join(', ')}.`;
  return `${text ?? `a ${kindOf(schema)}`}.`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
