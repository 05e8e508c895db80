import { invalid } from './connect.js';

/** The parts of a profile type id. */
export interface ParsedType {
  id: string;
  name: string;
  sampleType: string;
  sampleUnit: string;
  periodType: string;
  periodUnit: string;
}

/**
 * Reads a profile type id; a sixth part is ignored.
 * @throws RpcError word for word as the server words it
 */
export function parseType(text: string): ParsedType {
  const parts = text.split(':');
  if (parts.length !== 5 && parts.length !== 6) {
    throw invalid(
      'profile-type selection must be of the form <name>:<sample-type>:<sample-unit>:<period-type>:<period-unit>(:delta), ' +
        `got(${parts.length}): ${JSON.stringify(text)}`,
    );
  }
  const [name = '', sampleType = '', sampleUnit = '', periodType = '', periodUnit = ''] = parts;
  const id = parts.slice(0, 5).join(':');
  return { id, name, sampleType, sampleUnit, periodType, periodUnit };
}
