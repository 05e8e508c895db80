import { UserError } from '../../errors.js';
import { PICTURE_PREFIX } from '../../report/picture/uri.js';
import { cutRight } from '../../text/sanitise.js';
import type { Tool } from '../../tools/define.js';
import { TOOLS } from '../../tools/index.js';
import { readAddressArguments } from '../address-arguments.js';

/** Tools whose answers have a picture. */
const PICTURED: ReadonlySet<string> = new Set([
  'compare_profiles',
  'get_timeline',
  'investigate',
  'query_profile',
  'summarize_profile',
]);

/**
 * The tool of a name, where its answers have pictures.
 *
 * @param hint words that introduce the tools with pictures where it has none
 * @throws UserError for any other name
 */
export function findPictured(name: string, hint = 'Tools with pictures'): Tool {
  const tool = PICTURED.has(name) ? TOOLS.find((each) => each.name === name) : undefined;
  if (tool !== undefined) return tool;
  throw new UserError(
    `There is no picture of ${JSON.stringify(cutRight(name, 60))}.`,
    `${hint}: ${[...PICTURED].join(', ')}.`,
  );
}

const APP_PREFIX = 'ui://pyroscope-mcp/';

/** Address of the page that shows the answers of a tool; null for a tool whose answers have no picture. */
export function findAppAddress(tool: string): string | null {
  return PICTURED.has(tool) ? `${APP_PREFIX}${tool}` : null;
}

/** The tool whose page stands at an address; null for any other address. */
export function readAppAddress(uri: string): string | null {
  const tool = uri.startsWith(APP_PREFIX) ? uri.slice(APP_PREFIX.length) : '';
  return PICTURED.has(tool) ? tool : null;
}

/** Whether an address is that of the picture of a call, whatever its arguments are. */
export function isPictureAddress(uri: unknown): uri is string {
  return typeof uri === 'string' && uri.startsWith(PICTURE_PREFIX);
}

/**
 * Reads a call from the address of its picture.
 * @throws UserError for a tool without pictures, or an argument that is given twice or cannot be decoded
 */
export function readPictureAddress(uri: string): { tool: Tool; arguments: Record<string, string> } {
  const [name = '', ...rest] = uri.slice(PICTURE_PREFIX.length).split('?');
  return { tool: findPictured(name), arguments: readAddressArguments(rest.join('?')) };
}
