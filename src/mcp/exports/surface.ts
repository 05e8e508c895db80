import * as z from 'zod';
import { EXPORT_FORMATS } from '../../profile/export/exported.js';
import { idArguments, profileArguments } from '../../tools/arguments.js';

/** The arguments of an exported profile, which are the variables of its address. */
const input = z.strictObject({
  ...profileArguments,
  ...idArguments,
  format: z.enum(EXPORT_FORMATS).default('pprof'),
  pgo: z.enum(['true', 'false']).default('false'),
});

/**
 * The exported profile as a client sees it. Reading it is checked, counted and logged like a call of a tool.
 */
export const EXPORT_RESOURCE = {
  name: 'export',
  title: 'A profile as a file',
  description:
    'The merged profile of a service for other tools: pprof (gzip), collapsed stacks or speedscope; pgo=true for go build -pgo.',
  input,
} as const;

/** Types of the content by format; there is no registered type for pprof. */
export const EXPORT_TYPES = {
  pprof: 'application/octet-stream',
  collapsed: 'text/plain',
  speedscope: 'application/json',
} as const;
