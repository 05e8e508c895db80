import * as z from 'zod';
import { UserError } from '../errors.js';
import { isLink } from '../text/link.js';
import { cutRight } from '../text/sanitise.js';
import {
  ALIASES,
  isWordForNothing,
  LINKED_ARGUMENTS,
  MAY_BE_NAMES,
  unknownArgument,
} from '../tools/arguments.js';
import type { Tool } from '../tools/define.js';
import { formatBounds, type Property, readProperties } from './input-schema.js';

/**
 * Longest text of an argument, characters: selectors may list some hundred pods, and have a check of their
 * own.
 */
const MAX_TEXT = 20_000;
/** Arguments whose work grows with their length, and whose values are names or some words. */
const MAX_WORDS = 5_000;
/** Arguments that may be as long as {@link MAX_TEXT}. */
const LONG_ARGUMENTS = new Set(['selector', 'baseline_selector', 'url']);

/** Arguments of a call after the check: known names, right types, defaults filled in. */
export type CheckedArguments = Record<string, unknown> & { format?: unknown; limit?: unknown };

/**
 * Checks raw arguments against a tool's schema. Numbers given as text and text given as a number are taken;
 * null, '' and the like stand for an argument left out, and some arguments have aliases.
 * @throws UserError that names the argument, the value and the valid ones
 */
export function checkArguments(tool: Tool, raw: unknown): CheckedArguments {
  const properties = readProperties(tool);
  const given = readGiven(tool, raw);
  const values = new Map([...given].map(([name, { value }]) => [name, value]));
  checkLengths(given);
  const parsed = findSchema(tool, values).safeParse(coerce(values, properties));
  if (parsed.success) return parsed.data;
  const faults = new Map(parsed.error.issues.map(({ path, message }) => [String(path[0] ?? ''), message]));
  const missing = [...faults.keys()].filter((name) => !given.has(name));
  // All problems are reported at once, so that an agent needs one more call and not several.
  if (missing.length > 0) throw missingArguments(tool, missing, properties);
  const [[name, message] = ['', 'wrong value']] = faults;
  const { as, value } = given.get(name) ?? { as: name, value: undefined };
  throw new UserError(
    `\`${as}\` ${show(value)} is not valid: ${message}.`,
    `${describe(name, properties.get(name) ?? {})}.`,
  );
}

/** The schema of a call: with a link in it, the link may name the window. */
function findSchema({ input }: Tool, values: ReadonlyMap<string, unknown>): Tool['input'] {
  const selector = values.get('selector');
  const hasLink = values.has('url') || (typeof selector === 'string' && isLink(selector));
  if (!hasLink || input.shape.url === undefined) return input;
  return input.extend(Object.fromEntries(LINKED_ARGUMENTS.map((name) => [name, z.string().optional()])));
}

/** @throws UserError for a text that is longer than anything it can mean */
function checkLengths(given: ReadonlyMap<string, GivenValue>): void {
  for (const [name, { as, value }] of given) {
    const max = LONG_ARGUMENTS.has(name) ? MAX_TEXT : MAX_WORDS;
    if (typeof value !== 'string' || value.length <= max) continue;
    throw new UserError(
      `\`${as}\` ${JSON.stringify(cutRight(value, 80))} has ${value.length} characters; at most ${max} are taken.`,
      'Give the beginning or a part that tells it apart.',
    );
  }
}

/**
 * Whether the caller set an argument, to its default or anything else.
 * @throws UserError
 */
export function isGiven(tool: Tool, raw: unknown, name: string): boolean {
  return readGiven(tool, raw).has(name);
}

/** A value that the caller set, and the name under which it was written. */
interface GivenValue {
  as: string;
  value: unknown;
}

/**
 * The arguments that the caller set, by their names in the schema.
 * @throws UserError for an argument that does not exist, or one that is given twice with different values
 */
function readGiven(tool: Tool, raw: unknown): ReadonlyMap<string, GivenValue> {
  const args = raw ?? {};
  const properties = readProperties(tool);
  if (typeof args !== 'object' || Array.isArray(args)) {
    throw new UserError(
      `The arguments of ${tool.name} must be a JSON object.`,
      `Valid arguments: ${[...properties.keys()].join(', ')}.`,
    );
  }
  const given = new Map<string, GivenValue>();
  for (const [as, value] of Object.entries(args)) {
    const name = properties.has(as) ? as : (ALIASES.get(as) ?? as);
    const property = properties.get(name);
    if (property === undefined) throw unknownArgument(tool.name, as, [...properties.keys()]);
    if (isLeftOut(name, value, property)) continue;
    const existing = given.get(name);
    if (existing !== undefined && toText(existing.value) !== toText(value)) {
      throw new UserError(
        `${tool.name} got \`${existing.as}\` ${show(existing.value)} and \`${as}\` ${show(value)}, which mean the same argument.`,
        `Give it once, as \`${name}\`.`,
      );
    }
    if (existing === undefined) given.set(name, { as, value });
  }
  return given;
}

/**
 * Whether a value stands for an argument left out: a framework that makes every argument required has to send
 * one.
 */
function isLeftOut(name: string, value: unknown, property: Property): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value === 'object') return Object.keys(value).length === 0;
  if (typeof value === 'string') {
    if (value.trim() === '') return true;
    if (isWordForNothing(value)) return !MAY_BE_NAMES.has(name) && property.enum?.includes(value) !== true;
  }
  // A limit of 0 cannot be meant.
  const isCount = isNumeric(property) && property.minimum !== undefined && property.minimum >= 1;
  return isCount && (typeof value === 'number' || isNumberText(value)) && Number(value) <= 0;
}

function toText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : show(value);
}

function missingArguments(
  tool: Tool,
  names: readonly string[],
  properties: ReadonlyMap<string, Property>,
): UserError {
  const quoted = names.map((name) => `\`${name}\``);
  const described = names.map((name) => describe(name, properties.get(name) ?? {}, findAlias(name)));
  return new UserError(
    `${tool.name} needs the argument${names.length === 1 ? '' : 's'} ${quoted.join(' and ')}.`,
    `${described.join('; ')}.`,
  );
}

function isNumeric({ type }: Property): boolean {
  return type === 'number' || type === 'integer';
}

function isNumberText(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value.trim());
}

/** Converts numbers written as text and text written as numbers: models send both, and both are clear. */
function coerce(
  given: ReadonlyMap<string, unknown>,
  properties: ReadonlyMap<string, Property>,
): Record<string, unknown> {
  return Object.fromEntries(
    [...given].map(([name, value]) => {
      const wantsNumber = isNumeric(properties.get(name) ?? {});
      if (wantsNumber && isNumberText(value)) return [name, Number(value)];
      if (!wantsNumber && typeof value === 'number') return [name, String(value)];
      return [name, value];
    }),
  );
}

/** The first alias of an argument: code in Python cannot pass `from` by name. */
function findAlias(name: string): string | undefined {
  return [...ALIASES].find(([, target]) => target === name)?.[0];
}

/** Describes an argument: `limit` (1–100): Rows of the top table */
function describe(name: string, property: Property, alias?: string): string {
  const { enum: words, description, type } = property;
  if (words !== undefined) return `\`${name}\`: one of ${words.join(', ')}`;
  const aliasText = alias === undefined ? '' : ` (or \`${alias}\`)`;
  return `\`${name}\`${aliasText}${range(property)}: ${description ?? `a ${type ?? 'value'}`}`;
}

function range(property: Property): string {
  const bounds = formatBounds(property);
  return bounds === '' ? '' : ` (${bounds})`;
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
