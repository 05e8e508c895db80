import * as z from 'zod';
import { UserError } from '../errors.js';
import { didYouMean } from '../text/nearest.js';
import { cutRight } from '../text/sanitise.js';

/** Arguments that mean the same in every tool. */
const sourceArgument = z.string().optional().describe('Data source name or uid; default: the first enabled');

export const serviceArgument = z.string().optional().describe('Exact service_name');

const typeArgument = z
  .string()
  .optional()
  .describe('cpu, alloc, inuse, goroutines, mutex, block, wall, … or a full type id; default: cpu');

const selectorArgument = z.string().optional().describe('Further label matchers: pod="a", region=~"eu-.*"');

const fromArgument = z
  .string()
  .optional()
  .describe('RFC 3339 with zone, epoch ms or now-1h; default: the last hour with data');

const toArgument = z.string().optional().describe('End, like from');

const urlArgument = z.string().optional().describe('Grafana or Pyroscope link');

/** Arguments that a link can stand for where a tool takes one and would require them. */
export const LINKED_ARGUMENTS = ['from', 'to'] as const;

/**
 * The window of a comparison must be named, by itself or by a link: what is compared with what is the
 * question.
 */
export const requiredFromArgument = z
  .string()
  .describe('Start, needed without url: RFC 3339 with zone, epoch ms or now-1h');

export const requiredToArgument = z.string().describe('End, like from');

/** The other side of a comparison. */
export const baselineArguments = {
  baseline_from: z.string().optional().describe('Default: up to 4 windows before from'),
  baseline_to: z.string().optional().describe('Default: from'),
} as const;

export const functionArgument = z.string().describe('Name, or a part that fits one');

export const formatArgument = z.enum(['text', 'json']).default('text');

/** Which profiles an answer is about. */
export const profileArguments = {
  source: sourceArgument,
  service: serviceArgument,
  profile_type: typeArgument,
  selector: selectorArgument,
  url: urlArgument,
  from: fromArgument,
  to: toArgument,
} as const;

const idsArgument = z.string().optional();

/** Which samples of these profiles: those of some requests or single profiles. */
export const idArguments = {
  span_id: idsArgument.describe('16 hex digits, several by commas'),
  trace_id: idsArgument.describe('Likewise, 32'),
  profile_id: idsArgument.describe('UUIDs'),
} as const;

/** Which part of a source a list is taken from. */
export const listArguments = {
  source: sourceArgument,
  selector: selectorArgument,
  url: urlArgument,
  from: fromArgument,
  to: toArgument,
} as const;

/**
 * Other names that arguments are taken under and that no schema lists. `from` is a keyword of Python, so that
 * code written by an agent cannot pass it by name.
 */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['link', 'url'],
  ['start', 'from'],
  ['start_time', 'from'],
  ['from_', 'from'],
  ['end', 'to'],
  ['end_time', 'to'],
  ['to_', 'to'],
  ['baseline_start', 'baseline_from'],
  ['baseline_start_time', 'baseline_from'],
  ['baseline_end', 'baseline_to'],
  ['baseline_end_time', 'baseline_to'],
]);

/**
 * Words that callers write for an argument that they mean to leave out, in lower case. Frameworks with strict
 * schemas make every argument required, and models then fill in one of these.
 */
const WORDS_FOR_NOTHING: ReadonlySet<string> = new Set([
  ...['', 'null', 'none', 'nil', 'undefined', 'default', 'n/a', 'na', 'unset', 'unspecified', 'auto'],
  ...['[]', '{}', '""', "''"],
]);

/**
 * Arguments whose value can be any name or pattern: something that exists may be called "default" or "none".
 */
export const MAY_BE_NAMES: ReadonlySet<string> = new Set([
  'source',
  'service',
  'profile_type',
  'label',
  'group_by',
  'function',
  'focus',
  'ignore',
  'words',
]);

/** Whether a text is one of the words that mean "left out". */
export function isWordForNothing(value: unknown): boolean {
  return typeof value === 'string' && WORDS_FOR_NOTHING.has(value.trim().toLowerCase());
}

/**
 * The error for an argument that does not exist.
 * @param owner name of the tool or prompt
 */
export function unknownArgument(owner: string, name: string, valid: readonly string[]): UserError {
  return new UserError(
    `${owner} has no argument ${JSON.stringify(cutRight(name, 60))}.`,
    `${didYouMean(name, valid)}Valid arguments: ${valid.join(', ')}.`,
  );
}
