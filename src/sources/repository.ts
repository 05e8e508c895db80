import { isCommit, isSafePath, readForge, readRef } from '../profile/forge/forge.js';
import type { CodePlace, SourceCode } from '../profile/forge/locate.js';
import { createProfile, type Profile, type Repository } from '../profile/model.js';
import type { Labels } from './source.js';

/**
 * Labels of the repository of a service: those of Grafana's source code integration, of OpenTelemetry's
 * attributes, and of Datadog's agents. The first that is set counts.
 */
const REPOSITORY = [
  ...['service_repository', 'vcs_repository_url_full', 'vcs.repository.url.full'],
  ...['git_repository_url', 'git.repository_url'],
];
const ROOT_PATH = 'service_root_path';
/** Labels of the deployed commit, in the same order. */
const REF = [
  ...[
    'service_git_ref',
    'vcs_ref_head_revision',
    'vcs.ref.head.revision',
    'git_commit_sha',
    'git.commit.sha',
  ],
  ...['vcs_ref_head_name', 'vcs.ref.head.name'],
];
/** Labels of the version, which is a commit for some teams. */
const VERSION = ['service_version', 'service.version', 'version'];

/** The labels that tell whose code is the team's. */
export const REPOSITORY_LABELS: readonly string[] = [...REPOSITORY, ROOT_PATH];

/** The labels among some names that tell where the source of a service is; none without a repository. */
export function listSourceLabels(names: readonly string[]): string[] {
  const own = REPOSITORY_LABELS.filter((label) => names.includes(label));
  const hasRepository = REPOSITORY.some((label) => own.includes(label));
  return hasRepository ? [...own, ...[...REF, ...VERSION].filter((label) => names.includes(label))] : own;
}

/**
 * Finds the places of the source code in label sets, each with a number of profiles.
 * @returns null where no label names a repository whose pages are known
 */
export function findSourceCode(rows: Iterable<{ labels: Labels; profiles: number }>): SourceCode | null {
  const weights = new Map<string, { place: CodePlace; profiles: number }>();
  for (const { labels, profiles } of rows) {
    const forge = readForge(pickFirst(labels, REPOSITORY));
    if (forge === null) continue;
    const place = { forge, root: readRoot(labels), ref: readDeployed(labels) };
    const key = JSON.stringify([forge.url, place.root, place.ref]);
    const before = weights.get(key)?.profiles ?? 0;
    weights.set(key, { place, profiles: before + profiles });
  }
  const ranked = [...weights.values()].sort((a, b) => b.profiles - a.profiles).map(({ place }) => place);
  const places = new Map<string, CodePlace>();
  for (const place of ranked) {
    const key = JSON.stringify([place.forge.url, place.root]);
    if (!places.has(key)) places.set(key, place);
  }
  const refs = new Set(ranked.flatMap(({ ref }) => ref ?? []));
  return places.size === 0 ? null : { places: [...places.values()], refs: refs.size, before: null };
}

/** Source code of a service, and all references of it that are deployed in both windows together. */
export interface DeployedCode {
  code: SourceCode;
  refs: readonly string[];
  /** The label whose values are the references; null where there are none. */
  label: string | null;
}

/** Finds the source code in label sets, all of which count alike; null where none names a repository. */
export function findDeployedCode(rows: readonly Labels[]): DeployedCode | null {
  const code = findSourceCode(rows.map((labels) => ({ labels, profiles: 1 })));
  if (code === null) return null;
  const refs = [...new Set(rows.flatMap((labels) => readDeployed(labels) ?? []))].sort();
  const label = rows.map(findDeployedLabel).find((name) => name !== null) ?? null;
  return { code, refs, label };
}

/** The reference that labels name as deployed, a commit before a branch or tag; null where they name none. */
export function readDeployed(labels: Labels): string | null {
  return findDeployed(labels)?.ref ?? null;
}

/** The label that {@link readDeployed} reads; null where it reads none. */
function findDeployedLabel(labels: Labels): string | null {
  return findDeployed(labels)?.label ?? null;
}

function findDeployed(labels: Labels): { label: string; ref: string } | null {
  const read = (label: string) => {
    const ref = readRef(labels[label] ?? '');
    return ref === null ? [] : [{ label, ref }];
  };
  const named = REF.flatMap(read);
  const commits = [...named, ...VERSION.flatMap(read)].filter(({ ref }) => isCommit(ref));
  return commits[0] ?? named[0] ?? null;
}

/** The value of the first of some labels that is set; '' where none is. */
function pickFirst(labels: Labels, names: readonly string[]): string {
  return names.map((name) => labels[name] ?? '').find((value) => value.trim() !== '') ?? '';
}

function readRoot(labels: Labels): string {
  const root = (labels[ROOT_PATH] ?? '').trim().replace(/^(?:\.?\/)+|\/+$|^\.$/g, '');
  return root === '' || isSafePath(root) ? root : '';
}

/** Lists the distinct repositories that label sets name. */
export function listRepositories(rows: Iterable<Labels>): readonly Repository[] {
  const repositories = new Map<string, Repository>();
  for (const labels of rows) {
    const repository = {
      module: cutModule(pickFirst(labels, REPOSITORY)),
      root: readRoot(labels),
    };
    if (repository.module === '' && repository.root === '') continue;
    repositories.set(`${repository.module}\0${repository.root}`, repository);
  }
  return [...repositories.values()];
}

/** The module `github.com/acme/shop` of `https://github.com/acme/shop.git` or `git@github.com:acme/shop`. */
function cutModule(address: string): string {
  const place = address
    .trim()
    .replace(/^\w+:\/\//, '')
    .replace(/^[^/@]*@([^/:]+):?/, '$1/')
    .replace(/\/{2,}/g, '/')
    .replace(/(?:\.git)?\/*$/, '');
  return /^[^/]+\.[^/]+\/[^/]/.test(place) ? place : '';
}

/** Adds the repositories with the source code of its service to a profile. */
export function withRepositories(profile: Profile, repositories: readonly Repository[]): Profile {
  if (repositories.length === 0) return profile;
  return createProfile({
    ...profile,
    ownCode: { patterns: profile.ownCode?.patterns ?? [], repositories },
  });
}
