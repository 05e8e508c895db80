import { readCallerCredential, TOKEN_HEADER } from '../../access/caller-credential.js';
import type { GrafanaCredential } from '../../access/identity.js';
import { SERVER_RIGHTS } from '../../access/identity.js';
import { UserError } from '../../errors.js';
import type { Bearer } from './auth.js';
import { refusal } from './responses.js';

export interface CallerAccess {
  /** Whether a request without a credential is refused, or asks with the server's own. */
  mode: 'required' | 'optional';
  /** Headers that are a credential for Grafana, in lower case. */
  forwardHeaders: readonly string[];
}

/**
 * Lets requests ask Grafana with a credential of their own. A request must pass the check of its token as
 * well, where tokens are wanted. Where a person has signed in, the provider decides about Grafana, and the
 * headers are refused.
 *
 * @param bearer checks tokens; null where callers need none
 */
export function withCallerCredentials(bearer: Bearer | null, access: CallerAccess): Bearer {
  return {
    async check(headers) {
      const checked = await bearer?.check(headers);
      if (checked !== undefined && 'refused' in checked) return checked;
      const { client = null, rights = SERVER_RIGHTS } = checked?.identity ?? {};
      let credential: GrafanaCredential | null;
      try {
        credential = readCallerCredential(headers, access.forwardHeaders);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { refused: refusal(400, `${error.message} ${error.next}`) };
      }
      if (credential === null) {
        if (rights.grafana !== null || access.mode === 'optional')
          return { identity: checked?.identity ?? null };
        return { refused: refusal(403, describeMissing(access)) };
      }
      if (rights.grafana !== null) {
        return {
          refused: refusal(
            400,
            'The request brings a Grafana credential, and its token already tells as whom Grafana is asked. Send one of them.',
          ),
        };
      }
      const own = credential.key.slice(0, 16);
      return {
        identity: {
          client: client === null ? own : `${client}/${own}`,
          rights: { ...rights, grafana: credential },
        },
      };
    },
  };
}

function describeMissing({ forwardHeaders }: CallerAccess): string {
  const others = forwardHeaders.length === 0 ? '' : ` (or, by a gateway, ${forwardHeaders.join(', ')})`;
  return `This server asks Grafana with the credential of each caller, and the request brings none: send the token of your Grafana service account in the header ${TOKEN_HEADER}${others}.`;
}
