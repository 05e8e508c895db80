import { createHash } from 'node:crypto';
import type { Matcher } from '../sources/source.js';

/** Who makes a call. */
export interface Identity {
  /** Client id for limits, cancels and the audit log. It contains no secret. */
  readonly client: string;
  readonly rights: Rights;
}

/** Limits of what a caller may ask, and the credential with which it is asked. */
export interface Rights {
  /** Credential that replaces the server's own towards Grafana; null for the server's own. */
  readonly grafana: GrafanaCredential | null;
  /** Names or uids of the sources that may be asked; null for all. */
  readonly sources: readonly string[] | null;
  /** Matchers that every query carries in addition to its own. */
  readonly matchers: readonly Matcher[];
}

/** A credential of a caller for Grafana. */
export interface GrafanaCredential {
  /** Hash that is stable for a person or token. Nothing can be read from it. */
  readonly key: string;
  /** Organisation to ask; null for the one that the credential belongs to. */
  readonly orgId: number | null;
  /**
   * Gives the headers that authenticate a request. It is asked before each request, since an assertion
   * expires. The headers are never mixed with the server's own credential.
   */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/** Everything, with the server's own credential. */
export const SERVER_RIGHTS: Rights = { grafana: null, sources: null, matchers: [] };

/**
 * Makes a text that is equal exactly for equal rights. The order and the repetition of sources and of
 * matchers make no difference to what a caller may ask, so they make none to the text.
 */
export function rightsKey({ grafana, sources, matchers }: Rights): string {
  const parts = [
    grafana === null ? null : [grafana.key, grafana.orgId],
    sources === null ? null : toSet(sources),
    listConditions(matchers),
  ];
  return hashParts(parts);
}

function toSet(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

/** Lists conditions so that their order and repetition make no difference. */
export function listConditions(matchers: readonly Matcher[]): string[] {
  return toSet(matchers.map(({ name, op, value }) => JSON.stringify([name, op, value])));
}

/** Makes a name for some values, from which none of them can be read. */
export function hashParts(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
