import { escapePattern } from '../text/pattern.js';

/**
 * The spellings in which a program may write a secret that it was sent: as it is, in a URL, a form, JSON
 * (also as Go writes it), HTML and Basic credentials. Distinct, the secret itself first.
 */
export function listSpellings(secret: string): string[] {
  const inUrl = encodeURIComponent(secret.toWellFormed());
  const inForm = inUrl.replace(/[!'()*]/g, percentEncoded).replaceAll('%20', '+');
  const inJson = JSON.stringify(secret).slice(1, -1);
  const base64 = Buffer.from(secret).toString('base64');
  const all = [
    secret,
    inUrl,
    inUrl.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase()),
    inForm,
    inJson,
    inJson.replace(/[<>&]/g, unicodeEscaped),
    inJson.replaceAll('/', '\\/'),
    inHtml(secret),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    // A header travels as Latin-1; a program that takes its bytes for UTF-8 writes other characters beyond
    // ASCII.
    ...(/[^\0-\xff]/.test(secret) ? [] : [Buffer.from(secret, 'latin1').toString('utf8')]),
  ];
  return [...new Set(all)].filter((spelling) => spelling !== '');
}

/** A pattern that finds any of some texts, the longest first; null where there is none. */
export function matchAny(texts: readonly string[]): RegExp | null {
  const distinct = [...new Set(texts)].filter((text) => text !== '');
  if (distinct.length === 0) return null;
  const quoted = distinct.sort((a, b) => b.length - a.length).map(escapePattern);
  return new RegExp(quoted.join('|'), 'g');
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function unicodeEscaped(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}

function inHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;');
}
