import { type Forge, readForge } from './forge.js';

/** A file of a Go module with a version: its repository, the tag or commit, and the path in it. */
export interface ModuleFile {
  forge: Forge;
  ref: string;
  path: string;
}

/** A module path, its version, and the path of a file in it; parts of domain names tell where it begins. */
const VERSIONED = /(?:^|\/)([a-z\d][a-z\d-]*(?:\.[a-z\d-]+)+(?:\/[\w.~!-]+)*)@(v\d[\w.+-]*)\/(.+)$/i;

/** Repositories of modules whose path does not name them: prefix of the path, and what stands behind it. */
const VANITY: readonly (readonly [prefix: string, repository: string])[] = [
  ['cloud.google.com/go', 'github.com/googleapis/google-cloud-go'],
  ['connectrpc.com/connect', 'github.com/connectrpc/connect-go'],
  ['contrib.go.opencensus.io', ''],
  ['dario.cat/mergo', 'github.com/darccio/mergo'],
  ['filippo.io/edwards25519', 'github.com/FiloSottile/edwards25519'],
  ['go.etcd.io/bbolt', 'github.com/etcd-io/bbolt'],
  ['go.etcd.io/etcd', 'github.com/etcd-io/etcd'],
  ['go.etcd.io/raft', 'github.com/etcd-io/raft'],
  ['go.mongodb.org/mongo-driver', 'github.com/mongodb/mongo-go-driver'],
  ['go.opencensus.io', 'github.com/census-instrumentation/opencensus-go'],
  ['go.opentelemetry.io/auto', 'github.com/open-telemetry/opentelemetry-go-instrumentation'],
  ['go.opentelemetry.io/collector', 'github.com/open-telemetry/opentelemetry-collector'],
  ['go.opentelemetry.io/contrib', 'github.com/open-telemetry/opentelemetry-go-contrib'],
  ['go.opentelemetry.io/otel', 'github.com/open-telemetry/opentelemetry-go'],
  ['go.opentelemetry.io/proto', 'github.com/open-telemetry/opentelemetry-proto-go'],
  ['go.starlark.net', 'github.com/google/starlark-go'],
  ['google.golang.org/api', 'github.com/googleapis/google-api-go-client'],
  ['google.golang.org/appengine', 'github.com/golang/appengine'],
  ['google.golang.org/genproto', 'github.com/googleapis/go-genproto'],
  ['google.golang.org/grpc', 'github.com/grpc/grpc-go'],
  ['google.golang.org/protobuf', 'github.com/protocolbuffers/protobuf-go'],
  ['gorm.io/gorm', 'github.com/go-gorm/gorm'],
  ['modernc.org', ''],
  ['nhooyr.io/websocket', 'github.com/coder/websocket'],
];

/** Hosts on which the part behind them is a repository of one organisation. */
const ORGANISATIONS: Readonly<Record<string, string>> = {
  'golang.org/x': 'github.com/golang',
  'go.uber.org': 'github.com/uber-go',
  'k8s.io': 'github.com/kubernetes',
  'sigs.k8s.io': 'github.com/kubernetes-sigs',
  'rsc.io': 'github.com/rsc',
};

/** Hosts on which a repository is a name with its owner. */
const TWO_PARTS: readonly string[] = ['github.com', 'bitbucket.org', 'codeberg.org', 'gitea.com'];

/**
 * Reads the file of a module in the module cache, `…/pkg/mod/github.com/!acme/lib/v2@v2.1.0/x.go`, or cut by
 * -trimpath.
 *
 * @returns null for a file of no such module, and where its repository is not known
 */
export function readModuleFile(file: string): ModuleFile | null {
  const inCache = file.slice(
    file.lastIndexOf('/pkg/mod/') < 0 ? 0 : file.lastIndexOf('/pkg/mod/') + '/pkg/mod/'.length,
  );
  const [, modulePath, version, path] = VERSIONED.exec(inCache) ?? [];
  if (modulePath === undefined || version === undefined || path === undefined) return null;
  if (path.includes('@')) return null;
  const home = findRepository(unescapeModule(modulePath));
  if (home === null) return null;
  const forge = readForge(`https://${home.repository}`);
  if (forge === null) return null;
  const folder = home.folder.replace(/(?:^|\/)v\d+$/, '');
  const inFolder = folder === '' ? '' : `${folder}/`;
  const commit = /[.-]\d{14}-([\da-f]{12})(?:\+incompatible)?$/.exec(version)?.[1];
  const tag = `${inFolder}${version.replace(/\+incompatible$/, '')}`;
  return { forge, ref: commit ?? tag, path: `${inFolder}${path}` };
}

/** The module cache writes capital letters with a mark: `!azure` is `Azure`. */
function unescapeModule(path: string): string {
  return path.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The repository of a module, and the folder in it; null where it is not known. */
function findRepository(path: string): { repository: string; folder: string } | null {
  const parts = path.split('/');
  const [host = '', second = '', third = ''] = parts;
  if (TWO_PARTS.includes(host)) return take(3);
  // Groups of groups: the path does not tell where the repository ends.
  if (host === 'gitlab.com') return withoutMajor(parts).length === 3 ? take(3) : null;
  if (host === 'gopkg.in') return readGopkg(parts);
  for (const [prefix, organisation] of Object.entries(ORGANISATIONS)) {
    const depth = prefix.split('/').length;
    if (path.startsWith(`${prefix}/`) && parts.length > depth)
      return {
        repository: `${organisation}/${parts[depth] ?? ''}`,
        folder: parts.slice(depth + 1).join('/'),
      };
  }
  const vanity = VANITY.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  if (vanity === undefined || vanity[1] === '') return null;
  return { repository: vanity[1], folder: path.slice(vanity[0].length + 1) };

  function take(count: number) {
    if (second === '' || third === '') return null;
    return { repository: parts.slice(0, count).join('/'), folder: parts.slice(count).join('/') };
  }
}

function withoutMajor(parts: readonly string[]): readonly string[] {
  return /^v\d+$/.test(parts.at(-1) ?? '') ? parts.slice(0, -1) : parts;
}

/** `gopkg.in/yaml.v3` is go-yaml's, `gopkg.in/user/pkg.v3` is the user's. */
function readGopkg([, ...parts]: readonly string[]): { repository: string; folder: string } | null {
  const at = parts.findIndex((part) => /\.v\d+$/.test(part));
  const name = (parts[at] ?? '').replace(/\.v\d+$/, '');
  if (name === '' || at > 1) return null;
  const owner = at === 1 ? (parts[0] ?? '') : `go-${name}`;
  return { repository: `github.com/${owner}/${name}`, folder: parts.slice(at + 1).join('/') };
}

const GO: Forge = { kind: 'github', url: 'https://github.com/golang/go', module: 'github.com/golang/go' };

/** Folders of an installed Go whose path names the version; the toolchain that a module asked for is one. */
const GO_ROOTS: readonly RegExp[] = [
  /(?:^|\/)golang\.org\/toolchain@v[\d.]+-go(\d+\.\d+(?:\.\d+)?(?:rc\d+|beta\d+)?)\.[\w-]+\/src\/(.+)$/,
  /\/go\/(\d+\.\d+(?:\.\d+)?(?:rc\d+|beta\d+)?)\/(?:[\w-]+\/)?src\/(.+)$/,
  /[/-]go-?(\d+\.\d+(?:\.\d+)?(?:rc\d+|beta\d+)?)(?:[.-][\w.-]+)?\/(?:share\/go\/|go\/|libexec\/)?src\/(.+)$/,
];

/** A file of Go's standard library of a version that its path names; null for any other. */
export function readGoStandardFile(file: string): ModuleFile | null {
  for (const root of GO_ROOTS) {
    const [, version, path] = root.exec(file) ?? [];
    if (version !== undefined && path !== undefined && !/^(?:\w[\w-]*\.)+\w+\//.test(path))
      return { forge: GO, ref: `go${version}`, path: `src/${path}` };
  }
  return null;
}
