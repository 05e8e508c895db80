import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { z } from 'zod';

/** A real Pyroscope to test against, and how to stop it where the test started it. */
export interface LiveServer {
  url: string;
  stop(): Promise<void>;
}

/**
 * The server named by PYROSCOPE_TEST_URL, or one started from the binary PYROSCOPE_BIN on free loopback ports
 * with the storage PYROSCOPE_STORAGE (v1, v2 or v1-v2-dual; default v2); null where neither is set.
 */
export async function liveServer(env: NodeJS.ProcessEnv): Promise<LiveServer | null> {
  if (env.PYROSCOPE_TEST_URL) return { url: env.PYROSCOPE_TEST_URL, stop: async () => {} };
  if (!env.PYROSCOPE_BIN) return null;
  const data = mkdtempSync(path.join(tmpdir(), 'pyroscope-'));
  return startServer(env.PYROSCOPE_BIN, serverFlags(env.PYROSCOPE_STORAGE || 'v2', data));
}

/** Starts a Pyroscope with all components in one process, on free ports of loopback, and waits for it. */
export async function startServer(program: string, flags: readonly string[]): Promise<LiveServer> {
  const [http = 0, grpc = 0, raft = 0, gossip = 0] = await Promise.all([0, 1, 2, 3].map(freePort));
  const child = spawn(program, [...flags, ...loopbackFlags({ http, grpc, raft, gossip })], {
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${http}`;
  for (let attempt = 0; attempt < 120; attempt++) {
    const ready = await fetch(`${url}/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

/** Finds a free port of loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Flags of a process that has all components in it and keeps everything below a folder. */
function serverFlags(storage: string, data: string): string[] {
  return toFlags({
    target: 'all',
    'architecture.storage': storage,
    ...(storage === 'v1' ? { 'write-path': 'ingester' } : {}),
    'config.show_banner': 'false',
    'storage.backend': 'filesystem',
    'storage.filesystem.dir': `${data}/shared`,
    'pyroscopedb.data-path': `${data}/db`,
    'metastore.data-dir': `${data}/ms`,
    'metastore.raft.dir': `${data}/raft`,
    'metastore.raft.snapshots-dir': `${data}/snap`,
    'ingester.min-ready-duration': '0s',
    'metastore.min-ready-duration': '0s',
    'segment-writer.min-ready-duration': '0s',
    'usage-stats.enabled': 'false',
    'self-profiling.disable-push': 'true',
    'tracing.enabled': 'false',
  });
}

/** Flags that keep every component on these ports of loopback. */
function loopbackFlags({
  http,
  grpc,
  raft,
  gossip,
}: Readonly<Record<'http' | 'grpc' | 'raft' | 'gossip', number>>): string[] {
  const local = '127.0.0.1';
  return toFlags({
    'metastore.raft.bind-address': `${local}:${raft}`,
    'metastore.raft.advertise-address': `${local}:${raft}`,
    'metastore.raft.server-id': `${local}:${raft}`,
    'metastore.address': `${local}:${grpc}`,
    'query-backend.address': `${local}:${grpc}`,
    'server.http-listen-address': local,
    'server.http-listen-port': http,
    'server.grpc-listen-address': local,
    'server.grpc-listen-port': grpc,
    'memberlist.bind-addr': local,
    'memberlist.bind-port': gossip,
    'memberlist.advertise-addr': local,
    'memberlist.advertise-port': gossip,
    'memberlist.leave-timeout': '1s',
    'segment-writer.lifecycler.addr': local,
    'distributor.ring.instance-addr': local,
    'overrides-exporter.ring.instance-addr': local,
    'query-frontend.instance-addr': local,
    'query-scheduler.ring.instance-addr': local,
    'ingester.lifecycler.addr': local,
    'store-gateway.sharding-ring.instance-addr': local,
    'compactor.ring.instance-addr': local,
  });
}

const toFlags = (flags: Readonly<Record<string, string | number>>) =>
  Object.entries(flags).map(([name, value]) => `-${name}=${value}`);

const manifestSchema = z.object({
  profiles: z.array(
    z.object({
      file: z.string(),
      time: z.string(),
      duration_s: z.number(),
      type_name: z.string(),
      labels: z.record(z.string(), z.string()),
    }),
  ),
});

/** The first storage takes the allocations of Go for counters, and would difference ours, which are not. */
const NO_DELTAS = { __delta__: 'false' };

type ManifestEntry = z.infer<typeof manifestSchema>['profiles'][number];

/** Reads the manifest of a directory of profiles. */
export function readManifest(directory: string): ManifestEntry[] {
  return manifestSchema.parse(JSON.parse(readFileSync(path.join(directory, 'profiles.json'), 'utf8')))
    .profiles;
}

/** Pushes the profiles of a manifest, moved in time by `shift` milliseconds. */
export async function pushDirectory(url: string, directory: string, shift: number): Promise<void> {
  await pushProfiles(url, directory, readManifest(directory), shift);
}

/**
 * Pushes the profiles of a manifest as those of another service, moved in time by `shift` milliseconds: a
 * store may hold the service of the manifest already, of an earlier run.
 */
export async function pushService(
  url: string,
  directory: string,
  shift: number,
  service: string,
): Promise<void> {
  const renamed = readManifest(directory).map((entry) => ({
    ...entry,
    labels: { ...entry.labels, service_name: service },
  }));
  await pushProfiles(url, directory, renamed, shift);
}

/** Pushes profiles of a directory, moved in time by `shift` milliseconds. */
export async function pushProfiles(
  url: string,
  directory: string,
  profiles: readonly ManifestEntry[],
  shift: number,
): Promise<void> {
  const series = profiles.map(({ file, time, duration_s, type_name, labels }) => {
    const profile = Profile.decode(gunzipSync(readFileSync(path.join(directory, file))));
    profile.timeNanos = BigInt(Date.parse(time) + shift) * 1_000_000n;
    profile.durationNanos = BigInt(duration_s) * 1_000_000_000n;
    return {
      labels: Object.entries({ ...labels, ...NO_DELTAS, __name__: type_name }).map(([name, value]) => ({
        name,
        value,
      })),
      samples: [{ rawProfile: gzipSync(profile.encode()).toString('base64') }],
    };
  });
  for (let from = 0; from < series.length; from += 6) {
    const response = await fetch(`${url}/push.v1.PusherService/Push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ series: series.slice(from, from + 6) }),
    });
    if (!response.ok) throw new Error(`push failed: ${response.status} ${await response.text()}`);
  }
}

/**
 * Resolves when a server lists all the services; one that keeps both storages needs minutes for the first of
 * a tenant.
 */
export async function servicesListed(url: string, services: readonly string[]): Promise<void> {
  const listed = z.object({ names: z.array(z.string()).default([]) });
  for (let attempt = 0; attempt < 150; attempt++) {
    const response = await fetch(`${url}/querier.v1.QuerierService/LabelValues`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'service_name', start: Date.now() - 3_600_000, end: Date.now() }),
    });
    const { names } = listed.parse(await response.json());
    if (services.every((service) => names.includes(service))) return;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  throw new Error(`not all of ${services.join(', ')} are listed after five minutes`);
}
