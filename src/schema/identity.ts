import { createHash } from 'node:crypto';

/** Whose view of what: two that differ in anything never read each other's answers. */
export interface SchemaOwner {
  /** Address of the server. */
  origin: string;
  /** Organisation or tenant; null for the default. */
  org: string | null;
  /** Uid of the data source. */
  source: string;
  /** Everything that the server is shown to be let in. */
  credential: readonly (string | null)[];
}

/** The name under which an owner's answers are kept: a hash, from which no credential can be read. */
export function schemaIdentity({ origin, org, source, credential }: SchemaOwner): string {
  return hash(JSON.stringify([origin, org, source, hash(JSON.stringify(credential)).slice(0, 16)]));
}

/** SHA-256, in hexadecimal digits. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
