import type { Config } from '../config/read.js';
import { safeText } from '../text/sanitise.js';
import type { Finding } from './finding.js';

/**
 * Checks sign-in: each identity provider must name its endpoints and publish keys, and the key that signs for
 * Grafana must be there.
 */
export async function* examineSignIn({ oauth, proxy }: Config): AsyncGenerator<Finding> {
  if (oauth === null) return;
  const [{ openIssuer }, { createProviderClient }] = await Promise.all([
    import('../sign-in/issuer.js'),
    import('../sign-in/provider.js'),
  ]);
  const { audiences, introspection, grafana, issuers, publicUrl } = oauth;
  yield { level: 'ok', text: `sign-in: tokens for ${audiences.join(' or ')}, clients ask ${publicUrl}` };
  const client = createProviderClient({ proxy });
  try {
    for (const [index, name] of issuers.entries()) {
      const issuer = openIssuer(name, client, Date.now);
      const endpoints = [
        ...(index === 0 && introspection !== null ? (['introspection_endpoint'] as const) : []),
        ...(index === 0 && grafana.kind === 'exchange' ? (['token_endpoint'] as const) : []),
      ];
      try {
        await issuer.prepare();
        for (const endpoint of endpoints) await issuer.endpoint(endpoint);
        yield { level: 'ok', text: `sign-in: ${name} publishes its keys` };
      } catch (error) {
        yield {
          level: 'fail',
          text: `sign-in: ${safeText(error instanceof Error ? error.message : String(error), 300)}`,
          fix: `Check --oauth-issuer: tokens must name it exactly so, and ${name}/.well-known/openid-configuration must be reachable from here. Until then no caller can sign in.`,
        };
      }
    }
  } finally {
    await client.close();
  }
  if (grafana.kind === 'assertion') yield examineKey(await tryKey(oauth));
}

async function tryKey({ grafana, publicUrl }: NonNullable<Config['oauth']>): Promise<string | null> {
  if (grafana.kind !== 'assertion') return null;
  const { openAsserter } = await import('../sign-in/grafana/assertion.js');
  try {
    const { keyFile, audience } = grafana;
    await openAsserter({ keyFile, audience, issuer: publicUrl, hasSeveralIssuers: false, now: Date.now });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function examineKey(fault: string | null): Finding {
  return fault === null
    ? { level: 'ok', text: 'sign-in: the key that signs for Grafana is there' }
    : { level: 'fail', text: `sign-in: ${safeText(fault)}`, fix: 'Check --grafana-signing-key-file.' };
}
