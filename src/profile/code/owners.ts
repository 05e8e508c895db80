import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import type { FunctionInfo, OwnCode, Profile, Repository } from '../model.js';
import {
  APPLICATION,
  type CodeEvidence,
  decideOwnership,
  type FrameOwner,
  isKnownForeign,
  NO_EVIDENCE,
  type Ownership,
  UNLISTED,
} from './frames.js';
import { normaliseName } from './names.js';

/** Owners determined before, by the functions of a profile: many questions about a profile need them. */
const ownersCache = new WeakMap<
  readonly FunctionInfo[],
  { ownCode: OwnCode | undefined; ownerships: readonly Ownership[]; owners: readonly FrameOwner[] }
>();

type Functions = Pick<Profile, 'functions' | 'ownCode'>;

/**
 * Tells whose code each function of a profile is, by all that the profile says: see {@link collectEvidence}.
 */
export function listOwners(profile: Functions): readonly FrameOwner[] {
  return readOwners(profile).owners;
}

/** Tells whose code each function of a profile is, and which of that is a guess. */
export function listOwnerships(profile: Functions): readonly Ownership[] {
  return readOwners(profile).ownerships;
}

function readOwners({ functions, ownCode }: Functions) {
  const before = ownersCache.get(functions);
  if (before !== undefined && before.ownCode === ownCode) return before;
  const ownerships = ownershipsIn(functions, collectEvidence(functions, ownCode));
  const owners = { ownCode, ownerships, owners: ownerships.map(({ owner }) => owner) };
  ownersCache.set(functions, owners);
  return owners;
}

/**
 * Tells whose code each function is. Names that no list holds are the team's without a guess if all of them
 * begin with one organisation, package or crate and nothing else is known to be own code: if they were a
 * library's, there would also be own code with another beginning.
 */
export function ownershipsIn(
  functions: readonly FunctionInfo[],
  evidence: CodeEvidence,
): readonly Ownership[] {
  const ownerships = functions.map((info) => findOwnership(info, evidence));
  if (ownerships.includes(APPLICATION)) return ownerships;
  const beginnings = functions.map((info, at) => (ownerships[at] === UNLISTED ? findBeginning(info) : null));
  const [only, ...others] = new Set(beginnings.filter((beginning) => beginning !== null));
  if (only === undefined || others.length > 0) return ownerships;
  return ownerships.map((ownership, at) => (beginnings[at] === only ? APPLICATION : ownership));
}

/** Ownerships decided before, by evidence and function: profiles of a service hold the same functions. */
const ownershipCache = new WeakMap<CodeEvidence, WeakMap<FunctionInfo, Ownership>>();

/** Tells whose code a function is: see {@link decideOwnership}. */
export function findOwnership(info: FunctionInfo, evidence: CodeEvidence): Ownership {
  let decided = ownershipCache.get(evidence);
  if (decided === undefined) {
    decided = new WeakMap();
    ownershipCache.set(evidence, decided);
  }
  const known = decided.get(info);
  if (known !== undefined) return known;
  const ownership = decideOwnership(info, evidence);
  decided.set(info, ownership);
  return ownership;
}

/** The part of a name that all code of a team may share, by language; null where it tells nothing. */
const BEGINNINGS: readonly RegExp[] = [
  // A domain has one owner, unless it is one that hosts the code of all.
  /^(?:(?:github|gitlab)\.com|bitbucket\.org|codeberg\.org)\/[^/.\s]+|^[^/.\s]+\.[^/\s]+(?=\/)/,
  /^[a-z_]\w*[./][a-z_]\w*(?=[./])/,
  /^\w+(?=\\|::|[.!])/,
];

function findBeginning({ name, file }: FunctionInfo): string | null {
  if (/\.pyx?$/.test(file)) return /^[^/]+(?=\/)/.exec(file)?.[0] ?? null;
  const plain = name.replace(/^[<&(*]+/, '');
  return BEGINNINGS.map((pattern) => pattern.exec(plain)?.[0]).find((text) => text !== undefined) ?? null;
}

/** Names of entry points by language: the package or crate of one is the team's code. */
const JVM_MAIN = /^((?:[a-z_]\w*[./])+)[A-Z][\w$]*\.main$/;
const RUST_MAIN = /^(\w+)::main(?:::\{\{closure\}\})?$/;
/**
 * The assembly, and the entry point that a C# program has without writing one: `Shop.Orders!Program.<Main>$`.
 */
const DOTNET_MAIN = /^(\w+)[\w.]*!(?:[\w.]+\.)?(?:<Main>\$|Main)$/;
const PHP_NAME = /^\w+(?:\\\w+)+/;

/**
 * Collects from all functions of a profile, above all its entry points, what tells the team's code from that
 * of others.
 */
export function collectEvidence(functions: readonly FunctionInfo[], ownCode?: OwnCode): CodeEvidence {
  const jvmPackages = new Set<string>();
  const rustCrates = new Set<string>();
  const dotnetRoots = new Set<string>();
  let goOrganisation: string | null = null;
  let hasGoVersions = false;
  let [isPhp, hasPhpFiles] = [false, false];
  for (const { name, file } of functions) {
    const hasPhpFile = file.endsWith('.php');
    hasPhpFiles ||= hasPhpFile;
    isPhp ||= hasPhpFile || (file === '' && PHP_NAME.test(name));
    hasGoVersions ||= file.endsWith('.go') && /@v\d/.test(file) && !file.includes('/toolchain@v');
    const dotnetRoot = name.includes('Main') ? DOTNET_MAIN.exec(normaliseName(name))?.[1] : undefined;
    if (dotnetRoot !== undefined && !isKnownForeign(name)) dotnetRoots.add(dotnetRoot);
    if (!name.endsWith('main') && !name.includes('main::{{')) continue;
    if (name === 'main.main') goOrganisation ??= findOrganisation(file);
    const [, jvmPackage] = JVM_MAIN.exec(name) ?? [];
    if (jvmPackage !== undefined && !isKnownForeign(name)) jvmPackages.add(findRoot(jvmPackage));
    const crate = RUST_MAIN.exec(normaliseName(name))?.[1];
    if (crate !== undefined && !isKnownForeign(name)) rustCrates.add(crate);
  }
  const facts = { jvmPackages: [...jvmPackages], goOrganisation, hasGoVersions, isPhp, hasPhpFiles };
  const key = JSON.stringify([facts, [...rustCrates], [...dotnetRoots], ownCode]);
  const known = evidenceCache.get(key);
  if (known !== undefined) return known;
  const evidence = {
    ...NO_EVIDENCE,
    ...facts,
    rustCrates,
    dotnetRoots,
    isOwn: ownCode === undefined || ownCode.patterns.length === 0 ? null : createMatcher(ownCode),
    isInRepository: repositoryMatcher(ownCode?.repositories ?? []),
  };
  evidenceCache.set(key, evidence);
  return evidence;
}

/** Services of a team have much the same evidence. */
const MAX_EVIDENCE = 100;
/** Evidence by what it says, so that what was decided by it holds for further profiles with the same. */
const evidenceCache = new LRUCache<string, CodeEvidence>({ max: MAX_EVIDENCE });

/**
 * The host and the organisation of a Go module, `git.acme.dev/shop`, in the file of its main package, cut by
 * -trimpath.
 */
function findOrganisation(file: string): string | null {
  const [host = '', organisation, ...rest] = file.split('/');
  return host.includes('.') && organisation !== undefined && rest.length > 0
    ? `${host}/${organisation}`
    : null;
}

/** The first two parts of a Java package: `com/acme/` of `com/acme/shop/`. */
function findRoot(jvmPackage: string): string {
  return jvmPackage.split(/[./]/).slice(0, 2).join('/');
}

function createMatcher({ patterns }: OwnCode): CodeEvidence['isOwn'] {
  // Reading the configuration has refused patterns that are too large or do not compile.
  const compiled = patterns.map((pattern) => RE2JS.compile(pattern));
  return ({ name, file }) =>
    compiled.some((pattern) => pattern.test(name) || (file !== '' && pattern.test(file)));
}

/** Tells functions of a repository by their Go package, or by a file below the folder of the service. */
function repositoryMatcher(repositories: readonly Repository[]): CodeEvidence['isInRepository'] {
  const places = repositories.filter(({ module, root }) => module !== '' || root !== '');
  if (places.length === 0) return null;
  return ({ name, file }) => {
    const path = `/${file.replaceAll('\\', '/')}`;
    return places.some(
      ({ module, root }) =>
        (module !== '' && [name, file].some((text) => startsWithModule(text, module))) ||
        (root !== '' && path.includes(`/${root}/`)),
    );
  };
}

/**
 * A module ends before a folder, a package's function or a version: `github.com/acme/shop-tools` is another.
 */
function startsWithModule(text: string, module: string): boolean {
  return text.startsWith(module) && /^[/.@]/.test(text.slice(module.length));
}
