import { z } from 'zod';

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

/** The window of a comparison must be named: what is compared with what is the question. */
export const requiredFromArgument = z.string().describe('Start: RFC 3339 with zone, epoch ms or now-1h');

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
  from: fromArgument,
  to: toArgument,
} as const;

/** Which part of a source a list is taken from. */
export const listArguments = {
  source: sourceArgument,
  selector: selectorArgument,
  from: fromArgument,
  to: toArgument,
} as const;
