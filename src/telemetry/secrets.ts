import { readSettingFileNow } from '../setting-file.js';

/** Time for which the words of a file are used before it is read again, milliseconds. */
const READ_EVERY_MS = 2_000;
/** Maximum number of remembered words of files: a rotated token may still be echoed. */
const MAX_REMEMBERED = 20;
/** Minimum length of a part of a secret that is a secret by itself. */
const MIN_PART = 4;

/**
 * The secrets of a process: those that were configured, and the words of the files that hold tokens, the
 * earlier ones included.
 */
export function secretsNow(
  configured: readonly string[],
  files: readonly string[],
  now: () => number = Date.now,
): () => readonly string[] {
  const remembered = new Set<string>();
  let read = Number.NEGATIVE_INFINITY;
  return () => {
    if (files.length > 0 && now() - read > READ_EVERY_MS) {
      read = now();
      for (const token of files.flatMap(readWords)) {
        remembered.delete(token);
        remembered.add(token);
      }
      for (const token of [...remembered].slice(0, -MAX_REMEMBERED)) remembered.delete(token);
    }
    return [...configured, ...remembered];
  };
}

/**
 * Reads the words of a file. A file that cannot be read has none; the code that needs the file reports the
 * fault.
 */
function readWords(file: string): string[] {
  try {
    return (
      readSettingFileNow(file)
        .replace(/(?:^|\s)#.*/g, '')
        // Name and rights follow a token in its line, and are no secrets.
        .replace(/[^\S\n](?:name|sources|matchers)=.*/g, '')
        .split(/\s+/)
        .filter((word) => word.length >= MIN_PART)
    );
  } catch {
    return [];
  }
}

/** Everything in the values of the secret options that is a secret by itself. */
export function secretsIn(values: readonly string[]): string[] {
  return [
    ...new Set(
      values.flatMap((value) => [value, ...splitSecret(value).filter((part) => part.length >= MIN_PART)]),
    ),
  ];
}

/**
 * The secrets in the addresses of proxies: users and passwords stand in them, and travel as Basic
 * credentials.
 */
export function secretsOfProxy(proxy: { http: string | null; https: string | null } | null): string[] {
  const addresses = [proxy?.http, proxy?.https].flatMap((url) => (url?.includes('@') ? [url] : []));
  return secretsIn(addresses).flatMap((secret) => {
    if (!secret.includes(':') || addresses.includes(secret)) return [secret];
    const word = Buffer.from(secret).toString('base64');
    return [secret, word, `Basic ${word}`];
  });
}

/** The password of a URL, the values of a JSON object and the words in them, the entries of a list. */
function splitSecret(value: string): string[] {
  if (URL.canParse(value) && value.includes('@')) {
    const { username, password } = new URL(value);
    if (username === '' && password === '') return [];
    return [password, decode(password), `${username}:${password}`, `${decode(username)}:${decode(password)}`];
  }
  if (value.trimStart().startsWith('{')) return Object.values(objectIn(value)).flatMap(withLongWords);
  return value.includes(',') ? value.split(',').map((part) => part.trim()) : [];
}

function withLongWords(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  return [value, ...value.split(' ').filter((word) => word.length >= 8)];
}

function objectIn(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
