import type { Profile, Repository } from '../profile/model.js';
import type { Labels } from './source.js';

/** Labels by which Grafana's source code integration finds the sources of a service. */
const REPOSITORY = 'service_repository';
const ROOT_PATH = 'service_root_path';
export const REPOSITORY_LABELS: readonly string[] = [REPOSITORY, ROOT_PATH];

/** Lists the distinct repositories that label sets name. */
export function listRepositories(rows: Iterable<Labels>): readonly Repository[] {
  const repositories = new Map<string, Repository>();
  for (const labels of rows) {
    const repository = {
      module: cutModule(labels[REPOSITORY] ?? ''),
      root: (labels[ROOT_PATH] ?? '').trim().replace(/^(?:\.?\/)+|\/+$|^\.$/g, ''),
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
  return { ...profile, ownCode: { patterns: profile.ownCode?.patterns ?? [], repositories } };
}
