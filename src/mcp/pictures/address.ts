import { UserError } from '../../errors.js';
import { PICTURE_PREFIX } from '../../report/picture/uri.js';
import { cutRight } from '../../text/sanitise.js';
import { readAddressArguments } from '../address-arguments.js';

/** Tools whose answers have a picture. */
const PICTURED: ReadonlySet<string> = new Set([
  'compare_profiles',
  'get_timeline',
  'investigate',
  'query_profile',
  'summarize_profile',
]);

/** Whether the answers of a tool have a picture. */
export function isPictured(tool: string): boolean {
  return PICTURED.has(tool);
}

/** Names of the tools whose answers have pictures. */
export function listPictured(): string {
  return [...PICTURED].join(', ');
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
export function readPictureAddress(uri: string): { tool: string; arguments: Record<string, string> } {
  const [tool = '', ...rest] = uri.slice(PICTURE_PREFIX.length).split('?');
  if (!PICTURED.has(tool)) {
    throw new UserError(
      `There is no picture of ${JSON.stringify(cutRight(tool, 60))}.`,
      `Tools with pictures: ${listPictured()}.`,
    );
  }
  return { tool, arguments: readAddressArguments(rest.join('?')) };
}
