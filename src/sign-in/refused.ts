/** Why a token does not let its bearer in; it decides status and challenge. */
export type RefusedKind =
  | 'invalid' // the token is not one for this server, or not any more: 401 invalid_token
  | 'scope' // the token holds, and lacks a scope: 403 insufficient_scope
  | 'rights' // the token holds, and says nothing of the rights that it must tell: 403
  | 'unavailable'; // the provider cannot be asked: 503

/**
 * A token that does not let its bearer in. The message is for the caller: a sentence of ours that shows
 * nothing of the token. `detail` is for the log.
 */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly kind: RefusedKind;
  readonly detail: string | null;

  constructor(kind: RefusedKind, message: string, detail: string | null = null) {
    super(message);
    this.kind = kind;
    this.detail = detail;
  }
}
