import { createHash, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/** Whose view of what: two that differ in anything never read each other's answers. */
export interface SchemaOwner {
  /** Address of the server. */
  origin: string;
  /** Organisation or tenant; null for the default. */
  org: string | null;
  /** Uid of the data source. */
  source: string;
  /** Hash of the part of the data that is seen; left out for the whole. */
  part?: string;
  /** Everything that the server is shown to be let in, as {@link fingerprint} takes it. */
  credential: readonly (string | null)[];
}

/** The name under which an owner's answers are kept: a hash, from which no credential can be read. */
export function schemaIdentity({ origin, org, source, part, credential }: SchemaOwner): string {
  const view = [origin, org, source, hash(JSON.stringify(credential)).slice(0, 16)];
  return hash(JSON.stringify(part === undefined ? view : [...view, part]));
}

const derive = promisify<string, string, number, Buffer>(scrypt);
const FINGERPRINT_BYTES = 16;

/**
 * Computes the text that stands for credentials in the key of a cache that others may read. It is equal in
 * every replica, and slow to compute (scrypt with its usual cost, some 50 ms in a thread of its own), so that
 * a password that people chose cannot be guessed from it. A random token could not be guessed either way.
 *
 * @param origin address of the server: an equal password elsewhere has another fingerprint
 */
export async function fingerprint(credential: readonly (string | null)[], origin: string): Promise<string> {
  if (credential.every((part) => part === null)) return 'none';
  return (await derive(JSON.stringify(credential), origin, FINGERPRINT_BYTES)).toString('hex');
}

/** SHA-256, in hexadecimal digits. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
