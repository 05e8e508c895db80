import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type JSONWebKeySet, SignJWT } from 'jose';
import { UsageError } from '../../errors.js';
import { readSettingFile, reasonOfSettingFile } from '../../setting-file.js';
import type { Person } from '../claims.js';

/** Time for which an assertion holds, seconds: a request to Grafana takes less. */
export const ASSERTION_SECONDS = 60;
/** Age up to which an assertion is used again, seconds: several requests of one call share one. */
const REUSED_SECONDS = 20;
/** Name of our key by its kind, as Grafana verifies signatures. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: 'RS256',
  'ec prime256v1': 'ES256',
  'ec secp384r1': 'ES384',
  'ec secp521r1': 'ES512',
};

export interface Asserter {
  /** Public keys, as Grafana reads them (`jwk_set_url`, `jwk_set_file`). */
  readonly keys: JSONWebKeySet;
  /** Makes what gives assertions for one person. */
  openFor(person: Person): () => Promise<string>;
}

export interface AsserterOptions {
  keyFile: string;
  /** Address of this server, which signs. */
  issuer: string;
  audience: string;
  /** Whether several issuers sign people in, so that a subject alone does not name a person. */
  hasSeveralIssuers: boolean;
  now: () => number;
}

/**
 * Opens the key that signs assertions for Grafana (`auth.jwt`). An assertion is ours: it says who asks, and
 * holds nothing of the token of that person.
 *
 * @throws UsageError for a file without a key that will do
 */
export async function openAsserter(options: AsserterOptions): Promise<Asserter> {
  const { key, algorithm } = await readKey(options.keyFile);
  const publicKey = await exportJWK(createPublicKey(key));
  const kid = await calculateJwkThumbprint(publicKey);
  return {
    keys: { keys: [{ ...publicKey, kid, alg: algorithm, use: 'sig' }] },
    openFor(person) {
      let last: { text: Promise<string>; at: number } | null = null;
      return () => {
        const seconds = Math.floor(options.now() / 1000);
        if (last !== null && seconds - last.at < REUSED_SECONDS && seconds >= last.at) return last.text;
        const text = new SignJWT(describePerson(person, options))
          .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid })
          .setIssuer(options.issuer)
          .setAudience(options.audience)
          .setIssuedAt(seconds)
          .setNotBefore(seconds - 5)
          .setExpirationTime(seconds + ASSERTION_SECONDS)
          .setJti(randomUUID())
          .sign(key);
        last = { text, at: seconds };
        return text;
      };
    },
  };
}

function describePerson(
  { issuer, subject, user, email, name }: Person,
  { hasSeveralIssuers }: AsserterOptions,
) {
  return {
    sub: hasSeveralIssuers ? `${issuer}#${subject}` : subject,
    login: user,
    ...(email === null ? {} : { email }),
    ...(name === null ? {} : { name }),
  };
}

async function readKey(file: string) {
  const next =
    'Make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem; RSA from 2048 bits will do, too.';
  const text = await readSettingFile(file).catch((error: unknown) => {
    throw new UsageError(
      `The file of the signing key cannot be read (${reasonOfSettingFile(error)}).`,
      'Check --grafana-signing-key-file and who may read it.',
    );
  });
  try {
    const key = createPrivateKey(text);
    const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    const kind = namedCurve === undefined ? key.asymmetricKeyType : `${key.asymmetricKeyType} ${namedCurve}`;
    const algorithm = ALGORITHMS[kind ?? ''];
    if (algorithm !== undefined && (kind !== 'rsa' || modulusLength >= 2048)) return { key, algorithm };
  } catch {
    throw new UsageError('The file of the signing key holds no private key that can be read (PEM).', next);
  }
  throw new UsageError('The signing key is not one that Grafana accepts.', next);
}
