import { RE2JS } from 're2js';
import type { FunctionInfo, OwnCode, Profile } from '../model.js';
import { type CodeEvidence, type FrameOwner, frameOwner, isKnownForeign, NO_EVIDENCE } from './frames.js';
import { normaliseName } from './names.js';

/** Owners determined before, by the functions of a profile: many questions about a profile need them. */
const ownersCache = new WeakMap<
  readonly FunctionInfo[],
  { ownCode: OwnCode | undefined; owners: readonly FrameOwner[] }
>();

/** Tells whose code each function of a profile is, by all that the profile says: see {@link evidenceIn}. */
export function ownersOf({
  functions,
  ownCode,
}: Pick<Profile, 'functions' | 'ownCode'>): readonly FrameOwner[] {
  const known = ownersCache.get(functions);
  if (known !== undefined && known.ownCode === ownCode) return known.owners;
  const evidence = evidenceIn(functions, ownCode);
  const owners = functions.map((info) => frameOwner(info, evidence));
  ownersCache.set(functions, { ownCode, owners });
  return owners;
}

/** Names of entry points by language: the package or crate of one is the team's code. */
const JVM_MAIN = /^((?:[a-z_]\w*[./])+)[A-Z][\w$]*\.main$/;
const RUST_MAIN = /^(\w+)::main(?:::\{\{closure\}\})?$/;
const PHP_NAME = /^\w+(?:\\\w+)+/;

/**
 * Collects from all functions of a profile, above all its entry points, what tells the team's code from that
 * of others.
 */
export function evidenceIn(functions: readonly FunctionInfo[], ownCode?: OwnCode): CodeEvidence {
  const jvmPackages = new Set<string>();
  const rustCrates = new Set<string>();
  let goOrganisation: string | null = null;
  let [isPhp, hasPhpFiles] = [false, false];
  for (const { name, file } of functions) {
    const hasPhpFile = file.endsWith('.php');
    hasPhpFiles ||= hasPhpFile;
    isPhp ||= hasPhpFile || (file === '' && PHP_NAME.test(name));
    if (!name.endsWith('main') && !name.includes('main::{{')) continue;
    if (name === 'main.main') goOrganisation ??= organisationOf(file);
    const [, jvmPackage] = JVM_MAIN.exec(name) ?? [];
    if (jvmPackage !== undefined && !isKnownForeign(name)) jvmPackages.add(rootOf(jvmPackage));
    const crate = RUST_MAIN.exec(normaliseName(name))?.[1];
    if (crate !== undefined && !isKnownForeign(name)) rustCrates.add(crate);
  }
  return {
    ...NO_EVIDENCE,
    jvmPackages: [...jvmPackages],
    rustCrates,
    goOrganisation,
    isPhp,
    hasPhpFiles,
    isOwn: ownCode === undefined ? null : matcherOf(ownCode),
  };
}

/**
 * The host and the organisation of a Go module, `git.acme.dev/shop`, in the file of its main package, cut by
 * -trimpath.
 */
function organisationOf(file: string): string | null {
  const [host = '', organisation, ...rest] = file.split('/');
  return host.includes('.') && organisation !== undefined && rest.length > 0
    ? `${host}/${organisation}`
    : null;
}

/** The first two parts of a Java package: `com/acme/` of `com/acme/shop/`. */
function rootOf(jvmPackage: string): string {
  return jvmPackage.split(/[./]/).slice(0, 2).join('/');
}

function matcherOf({ patterns }: OwnCode): CodeEvidence['isOwn'] {
  // The configuration has compiled them before, and refused what is too large or not valid.
  const compiled = patterns.map((pattern) => RE2JS.compile(pattern));
  return ({ name, file }) =>
    compiled.some((pattern) => pattern.test(name) || (file !== '' && pattern.test(file)));
}
