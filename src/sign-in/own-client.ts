import type { OAuthClient } from '../config/oauth/read.js';
import { readSettingFile, reasonOfSettingFile } from '../setting-file.js';
import { ProviderError } from './provider.js';

/**
 * Makes the header by which this server names itself at the provider (RFC 6749, section 2.3.1). The file of a
 * secret is read each time, so that a new secret counts at once.
 *
 * @throws ProviderError where the file has no secret
 */
export async function authorizeClient({ id, secret, secretFile }: OAuthClient): Promise<string> {
  const text = secret ?? (secretFile === null ? '' : await readSecret(secretFile));
  return `Basic ${Buffer.from(`${encodeForm(id)}:${encodeForm(text)}`).toString('base64')}`;
}

async function readSecret(file: string): Promise<string> {
  const text = await readSettingFile(file).catch((error: unknown) => {
    throw new ProviderError(`the file of the client secret cannot be read (${reasonOfSettingFile(error)})`);
  });
  if (text.trim() === '') throw new ProviderError('the file of the client secret is empty');
  return text.trim();
}

/** Encodes a text as in a form, which the specification wants before base64. */
function encodeForm(text: string): string {
  return new URLSearchParams({ text }).toString().slice('text='.length);
}
