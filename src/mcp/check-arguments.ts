import { z } from 'zod';
import { UserError } from '../errors.js';
import { nearest } from '../text/nearest.js';
import { cutRight } from '../text/sanitise.js';
import type { Tool } from '../tools/define.js';

/** Longest text of an argument, characters: selectors may list some hundred pods, and check themselves. */
const MAX_TEXT = 20_000;
/** Arguments whose work grows with their length, and whose values are names or some words. */
const MAX_WORDS = 5_000;
/** Arguments that may be as long as {@link MAX_TEXT}. */
const LONG_ARGUMENTS = new Set(['selector', 'baseline_selector']);

/** Arguments of a call after the check: known names, right types, defaults filled in. */
export type CheckedArguments = Record<string, unknown> & { format?: unknown; limit?: unknown };

/**
 * Checks raw arguments against a tool's schema. Numbers given as text and text given as a number are taken; null and ''
 * stand for an argument left out.
 * @throws UserError that names the argument, the value and the valid ones
 */
export function checkArguments(tool: Tool, raw: unknown): CheckedArguments {
  const args = raw ?? {};
  const properties = propertiesOf(tool);
  const valid = [...properties.keys()];
  if (typeof args !== 'object' || Array.isArray(args)) {
    throw new UserError(
      `The arguments of ${tool.name} must be a JSON object.`,
      `Valid arguments: ${valid.join(', ')}.`,
    );
  }
  for (const name of Object.keys(args)) {
    if (valid.includes(name)) continue;
    const [meant] = nearest(name, valid);
    throw new UserError(
      `${tool.name} has no argument ${JSON.stringify(cutRight(name, 60))}.`,
      `${meant === undefined ? '' : `Did you mean \`${meant}\`? `}Valid arguments: ${valid.join(', ')}.`,
    );
  }
  const given = new Map(Object.entries(args).filter(([, value]) => value !== '' && value !== null));
  checkLengths(given);
  const parsed = tool.input.safeParse(coerce(given, properties));
  if (parsed.success) return parsed.data;
  const faults = new Map(parsed.error.issues.map(({ path, message }) => [String(path[0] ?? ''), message]));
  const missing = [...faults.keys()].filter((name) => !given.has(name));
  // All at once: an agent that hears of one at a time calls as often.
  if (missing.length > 0) throw missingArguments(tool, missing, properties);
  const [[name, message] = ['', 'wrong value']] = faults;
  throw new UserError(
    `\`${name}\` ${show(given.get(name))} is not valid: ${message}.`,
    `${describe(name, properties.get(name) ?? {})}.`,
  );
}

/** @throws UserError for a text that is longer than anything it can mean */
function checkLengths(given: ReadonlyMap<string, unknown>): void {
  for (const [name, value] of given) {
    const max = LONG_ARGUMENTS.has(name) ? MAX_TEXT : MAX_WORDS;
    if (typeof value !== 'string' || value.length <= max) continue;
    throw new UserError(
      `\`${name}\` ${JSON.stringify(cutRight(value, 80))} has ${value.length} characters; at most ${max} are taken.`,
      'Give the beginning or a part that tells it apart.',
    );
  }
}

function missingArguments(
  tool: Tool,
  names: readonly string[],
  properties: ReadonlyMap<string, Property>,
): UserError {
  const quoted = names.map((name) => `\`${name}\``);
  return new UserError(
    `${tool.name} needs the argument${names.length === 1 ? '' : 's'} ${quoted.join(' and ')}.`,
    `${names.map((name) => describe(name, properties.get(name) ?? {})).join('; ')}.`,
  );
}

type Property = Exclude<z.core.JSONSchema._JSONSchema, boolean>;

const known = new WeakMap<Tool, ReadonlyMap<string, Property>>();

/** A tool's arguments with their JSON schemas. */
function propertiesOf(tool: Tool): ReadonlyMap<string, Property> {
  const before = known.get(tool);
  if (before !== undefined) return before;
  const { properties = {} } = z.toJSONSchema(tool.input, { io: 'input' });
  const all = new Map(
    Object.entries(properties).map(([name, schema]) => [name, typeof schema === 'boolean' ? {} : schema]),
  );
  known.set(tool, all);
  return all;
}

function isNumeric({ type }: Property): boolean {
  return type === 'number' || type === 'integer';
}

/** Models write numbers as text and text as numbers; both are clear enough. */
function coerce(
  given: ReadonlyMap<string, unknown>,
  properties: ReadonlyMap<string, Property>,
): Record<string, unknown> {
  return Object.fromEntries(
    [...given].map(([name, value]) => {
      const wantsNumber = isNumeric(properties.get(name) ?? {});
      if (wantsNumber && typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value.trim()))
        return [name, Number(value)];
      if (!wantsNumber && typeof value === 'number') return [name, String(value)];
      return [name, value];
    }),
  );
}

/** What an argument takes: `limit` (1–100): Rows of the top table */
function describe(name: string, property: Property): string {
  const { enum: words, description, type } = property;
  if (words !== undefined) return `\`${name}\`: one of ${words.join(', ')}`;
  return `\`${name}\`${range(property)}: ${description ?? `a ${type ?? 'value'}`}`;
}

/** The bounds of a number; those of every safe integer say nothing. */
function range({ minimum, maximum }: Property): string {
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : null;
  if (least !== null && most !== null) return ` (${least}–${most})`;
  if (least !== null) return ` (at least ${least})`;
  return most === null ? '' : ` (at most ${most})`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cutRight(value, 80));
  try {
    return cutRight(JSON.stringify(value) ?? String(value), 80);
  } catch {
    // Lists in lists in lists, beyond the stack.
    return '(nested too deep to show)';
  }
}
