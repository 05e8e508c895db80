/** Programs that show repositories on the web; each writes the address of a line in its own way. */
export type ForgeKind = 'github' | 'gitlab' | 'bitbucket' | 'bitbucket_server' | 'gitea' | 'docs_rs';

/** A repository on the web. */
export interface Forge {
  kind: ForgeKind;
  /** Address of the repository's page, without a slash at the end: `https://github.com/acme/shop`. */
  url: string;
  /** Host and path without a scheme, with which its Go modules begin: `github.com/acme/shop`. */
  module: string;
}

/** A line of a file in a repository. */
export interface SourceLine {
  forge: Forge;
  /** Commit, tag or branch. */
  ref: string;
  /** Path below the root of the repository, without a slash at the beginning. */
  path: string;
  /** Null where only the file is known. */
  line: number | null;
}

const MAX_HOST = 253;
const MAX_PATH = 600;
const MAX_REF = 200;
const HOST = /^(?!-)[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63})+$/i;
/** A part of the path of a repository; a dot alone or two would lead elsewhere. */
const PART = /^(?!\.{1,2}$)[\w.~-]{1,100}$/;
/** Hosts of a forge that show no repository: pages that anybody may publish, snippets, interfaces. */
const FOREIGN_PAGES =
  /(?:^|\.)(?:github|gitlab|bitbucket)\.io$|(?:^|\.)codeberg\.page$|\.(?:github|gitlab)\.com$/;
/** Parts of an address below the repository, as people copy it from the page of a folder. */
const BELOW: readonly string[] = ['tree', 'blob', 'src', '-', 'browse'];

/**
 * Reads the address of a repository as people and programs write it: https, ssh, `git@host:path`, or host and
 * path alone. Credentials in it are left out.
 *
 * @returns null for an address that names no repository, and for a host of which it is not known how it shows
 *   files
 */
export function readForge(address: string): Forge | null {
  const text = address.trim();
  if (text.length > MAX_PATH || /[\s\\<>"'`{}|^]/.test(text)) return null;
  const [, scheme = '', rest = ''] = /^(?:git\+)?(?:([a-z+]+):\/\/)?(.*)$/i.exec(text) ?? [];
  if (!/^(?:|https?|ssh|git)$/i.test(scheme)) return null;
  const withoutUser = rest.replace(/^[^/]*@/, '');
  // `host:path` of git's short form; a port only where a scheme stands before it.
  const [, host = '', port = '', path = ''] =
    /^([^/:]+)(?::(\d{1,5})(?=\/))?[/:]([^?#]*)(?:[?#].*)?$/.exec(withoutUser) ?? [];
  if (host.length > MAX_HOST || !HOST.test(host)) return null;
  const parts = path
    .replace(/(?:\.git)?\/*$/, '')
    .split('/')
    .filter((part) => part !== '');
  if (parts.length < 2 || !parts.every((part) => PART.test(part))) return null;
  return buildForge(
    /^https?$/i.test(scheme) ? scheme.toLowerCase() : 'https',
    { host: host.toLowerCase(), port: /^https?$/i.test(scheme) ? port : '' },
    parts,
  );
}

function buildForge(
  scheme: string,
  { host, port }: { host: string; port: string },
  parts: readonly string[],
): Forge | null {
  if (FOREIGN_PAGES.test(host)) return null;
  const origin = `${scheme}://${host}${port === '' ? '' : `:${port}`}`;
  const shape = (kind: ForgeKind, path: readonly string[]): Forge => ({
    kind,
    url: `${origin}/${path.join('/')}`,
    module: `${host}/${path.join('/')}`,
  });
  if (host === 'bitbucket.org') return withTwo('bitbucket');
  if (/(?:^|\.)github\.|^ghe\./.test(host)) return withTwo('github');
  if (/(?:^|[.-])gitlab(?:[.-]|$)/.test(host)) {
    const end = parts.indexOf('-');
    return shape('gitlab', end < 2 ? parts : parts.slice(0, end));
  }
  if (/(?:^|[.-])(?:gitea|forgejo|codeberg)(?:[.-]|$)/.test(host)) return withTwo('gitea');
  if (/(?:^|[.-])bitbucket(?:[.-]|$)|^stash\./.test(host)) return buildServer();
  return null;

  function withTwo(kind: ForgeKind): Forge | null {
    const [owner = '', name = '', below] = parts;
    if (below !== undefined && !BELOW.includes(below)) return null;
    return shape(kind, [owner, name.replace(/\.git$/, '')]);
  }

  /** `scm/KEY/name` to clone, `projects/KEY/repos/name` to look at. */
  function buildServer(): Forge | null {
    const [first, key = '', third, fourth] = parts;
    const name = first === 'scm' ? third : first === 'projects' && third === 'repos' ? fourth : undefined;
    if (name === undefined || key === '') return null;
    const module = `${host}/scm/${key}/${name}`;
    return { kind: 'bitbucket_server', url: `${origin}/projects/${key}/repos/${name}`, module };
  }
}

/** Words that stand for a reference that is not known. */
const NO_REF = /^(?:unknown|none|null|undefined|n\/a|unset|dirty)$/i;

/**
 * Reads a git reference of a label: a commit, a tag, a branch, or what `git describe` writes. Null for a text
 * that git would not take, and for a build with changes that are in no commit.
 */
export function readRef(text: string): string | null {
  const ref = text.trim();
  if (ref.length > MAX_REF || NO_REF.test(ref) || /-dirty$/.test(ref)) return null;
  const described = /-\d+-g([\da-f]{7,40})$/.exec(ref)?.[1];
  if (described !== undefined) return described;
  const plain = ref.replace(/^refs\/(?:heads|tags)\//, '');
  if (!/^[A-Za-z\d_][\w./+@-]*$/.test(plain)) return null;
  return /\.\.|\/\/|@\{|\/\.|[./]$|\.lock(?:\/|$)/.test(plain) ? null : plain;
}

/** Whether a text is a commit: so many hexadecimal digits that it is no number of a build. */
export function isCommit(text: string): boolean {
  return (
    /^[\da-f]{40}$/i.test(text) || (/^[\da-f]{7,40}$/i.test(text) && /[a-f]/i.test(text) && /\d/.test(text))
  );
}

/** Checks a path in a repository: no part leads elsewhere or is invisible. */
export function isSafePath(path: string): boolean {
  if (path === '' || path.length > MAX_PATH || !path.isWellFormed()) return false;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\\]/u.test(path)) return false;
  return path.split('/').every((part) => part.trim() !== '' && part !== '.' && part !== '..');
}

/** The address of a line; null where the path is not one that can be shown. */
export function writeLineUrl({ forge, ref, path, line }: SourceLine): string | null {
  if (!isSafePath(path)) return null;
  const [at, file] = [encodePath(ref), encodePath(path)];
  const anchor = (start: string) => (line === null || line <= 0 ? '' : `${start}${Math.trunc(line)}`);
  switch (forge.kind) {
    case 'github':
      return `${forge.url}/blob/${at}/${file}${anchor('#L')}`;
    case 'gitlab':
      return `${forge.url}/-/blob/${at}/${file}${anchor('#L')}`;
    case 'bitbucket':
      return `${forge.url}/src/${at}/${file}${anchor('#lines-')}`;
    case 'bitbucket_server':
      return `${forge.url}/browse/${file}?at=${encodePart(ref)}${anchor('#')}`;
    case 'gitea':
      return `${forge.url}/src/${nameGiteaRef(ref)}/${at}/${file}${anchor('#L')}`;
    case 'docs_rs':
      return `${forge.url}/${at}/source/${file}${anchor('#L')}`;
  }
}

/** The address that compares two references; null where the forge has no such page, or they are equal. */
export function writeCompareUrl({ kind, url }: Forge, before: string, after: string): string | null {
  if (before === after) return null;
  const [from, to] = [encodePath(before), encodePath(after)];
  switch (kind) {
    case 'github':
    case 'gitea':
      return `${url}/compare/${from}...${to}`;
    case 'gitlab':
      return `${url}/-/compare/${from}...${to}`;
    case 'bitbucket':
      return `${url}/branches/compare/${encodePart(after)}%0D${encodePart(before)}`;
    case 'bitbucket_server':
      return `${url}/compare/commits?sourceBranch=${encodePart(after)}&targetBranch=${encodePart(before)}`;
    case 'docs_rs':
      return null;
  }
}

/** Gitea names the kind of a reference in the address. */
function nameGiteaRef(ref: string): string {
  if (isCommit(ref)) return 'commit';
  return /^v?\d/.test(ref) ? 'tag' : 'branch';
}

function encodePath(path: string): string {
  return path.split('/').map(encodePart).join('/');
}

/** A part of an address; what could end one in a text or in Markdown is escaped, too. */
function encodePart(part: string): string {
  return encodeURIComponent(part)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(?:40|2B)/g, (escaped) => decodeURIComponent(escaped));
}
