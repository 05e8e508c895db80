import { UserError } from '../errors.js';
import { cutRight } from '../text/sanitise.js';

/**
 * Reads the arguments from the query of an address. A plus sign stands for itself, as in RFC 6570: it is part
 * of times such as `2026-11-20T14:30:00+01:00`.
 *
 * @throws UserError for an argument that is given twice, or cannot be decoded
 */
export function readAddressArguments(query: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    if (values.has(name)) {
      throw new UserError(
        `The address names ${JSON.stringify(cutRight(name, 60))} twice.`,
        'Name each argument once; several matchers stand in one `selector`, separated by commas.',
      );
    }
    values.set(name, decode(at < 0 ? '' : pair.slice(at + 1)));
  }
  // From entries: a member called `__proto__` is data then.
  return Object.fromEntries(values);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UserError(
      `${JSON.stringify(cutRight(text, 80))} in the address is not percent-encoded UTF-8.`,
      'Encode each value as encodeURIComponent does: % is %25, & is %26.',
    );
  }
}
