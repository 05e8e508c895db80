import { readAddressArguments } from '../address-arguments.js';

const BASE = 'pyroscope://profile';

/** The address of an exported profile as a URI template (RFC 6570, form-style query). */
export function exportTemplate(variables: readonly string[]): string {
  return `${BASE}{?${variables.join(',')}}`;
}

/** Whether an address is that of an exported profile, whatever its arguments are. */
export function isExportAddress(uri: unknown): uri is string {
  return typeof uri === 'string' && (uri === BASE || uri.startsWith(`${BASE}?`));
}

/**
 * Reads the arguments from an address.
 * @throws UserError for an argument that is given twice, or cannot be decoded
 */
export function readExportAddress(uri: string): Record<string, string> {
  return readAddressArguments(uri.slice(BASE.length + 1));
}
