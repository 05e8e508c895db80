/**
 * Captures one case of the SDK matrix: runs two instances of its service under load against a Pyroscope,
 * switches the fault on, and keeps what the server then holds. fixtures/sdk/README.md says how to use it.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { heldProfiles, joinTypes } from './held.mjs';

/**
 * Captures last three minutes; stretched, a case has the time line of the other incidents, 30 + 15 minutes.
 */
const STRETCH = 15;
const BASELINE_S = 120;
const INCIDENT_S = 60;
/** Time for the last uploads to pass through the server. */
const SETTLE_S = 20;

const INSTANCES = [
  { pod: 'm4qzt', region: 'eu-central-1' },
  { pod: 'x2k8p', region: 'us-east-1' },
];
const VERSIONS = { before: '2026.11.3', after: '2026.11.4' };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    case: { type: 'string' },
    /** Seconds before the baseline in which the service warms up. */
    warmup: { type: 'string', default: '30' },
    /** Reads from the server again what a capture that began at this Unix ms has left there. */
    again: { type: 'string' },
    /** The fault comes with new instances of a new version instead of in running ones. */
    deploy: { type: 'boolean', default: false },
    /** FROM=TO: folders of the machine that captures, renamed in files and names. */
    rename: { type: 'string', multiple: true, default: [] },
  },
});
const { url, case: directory } = values;
const [command, ...args] = positionals;
if (url === undefined || directory === undefined || (command === undefined && values.again === undefined)) {
  process.stderr.write('usage: node test/sdk/capture.mjs --url U --case DIR [--deploy] -- COMMAND [ARGS]\n');
  process.exit(2);
}

const renames = values.rename.map((pair) => pair.split('='));
const renamed = (text) => renames.reduce((name, [from = '', to = '']) => name.replaceAll(from, to), text);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
const caseFile = path.join(directory, 'case.json');
const incident = JSON.parse(await readFile(caseFile, 'utf8'));
const service = incident.service_name;

const t0 = values.again === undefined ? await capture() : Number(values.again);
await keep();

/** @returns Unix ms of the baseline's start */
async function capture() {
  const start = Date.now() + Number(values.warmup) * 1000;
  const fault = start + BASELINE_S * 1000;
  process.stderr.write(`${incident.id}: baseline begins at ${start}\n`);
  const never = Number.MAX_SAFE_INTEGER;
  let running = startAll(VERSIONS.before, values.deploy ? never : fault, '7d9f4c');
  await wait(fault - Date.now());
  if (values.deploy) {
    await stopAll(running);
    running = startAll(VERSIONS.after, 0, '86b5d7');
  }
  await wait(fault + INCIDENT_S * 1000 + 12_000 - Date.now());
  await stopAll(running);
  await wait(SETTLE_S * 1000);
  return start;
}

function startAll(version, faultAt, set) {
  return INSTANCES.map(({ pod, region }) => {
    const env = {
      ...process.env,
      SERVICE: service,
      POD: `${service}-${set}-${pod}`,
      REGION: region,
      VERSION: version,
      FAULT_AT: String(faultAt),
      PYROSCOPE_URL: url,
    };
    return spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  });
}

function stopAll(children) {
  return Promise.all(
    children.map(
      (child) =>
        new Promise((resolve) => {
          if (child.exitCode !== null) resolve();
          child.once('exit', resolve);
          child.kill('SIGTERM');
          setTimeout(() => child.kill('SIGKILL'), 5000).unref();
        }),
    ),
  );
}

async function keep() {
  const end = t0 + (BASELINE_S + INCIDENT_S) * 1000;
  const { types, held } = await heldProfiles(url, service, t0, end + 1000);
  const groups = new Map();
  for (const upload of held.filter(({ time }) => time > t0 && time <= end)) {
    const [name, , , ...period] = upload.type.split(':');
    const key = JSON.stringify([upload.time, upload.labels, name, period]);
    groups.set(key, [...(groups.get(key) ?? []), upload]);
  }
  const folder = path.join(directory, 'profiles');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const profiles = [];
  const taken = new Set();
  const rounds = new Map();
  for (const [key, parts] of [...groups].sort(([, [a]], [, [b]]) => a.time - b.time)) {
    const [time, labels, name, period] = JSON.parse(key);
    const offset = ((time - t0) / 1000) * STRETCH;
    const window = offset < BASELINE_S * STRETCH ? 'baseline' : 'incident';
    const series = JSON.stringify([window, labels, name, period]);
    const round = rounds.get(series) ?? 0;
    rounds.set(series, round + 1);
    const stem = `${window[0]}${String(round).padStart(2, '0')}-${labels.pod ?? service}-${name}`;
    let file = `profiles/${stem}.pb.gz`;
    for (let copy = 2; taken.has(file); copy++) file = `profiles/${stem}-${copy}.pb.gz`;
    taken.add(file);
    parts.sort((a, b) => (a.type < b.type ? -1 : 1));
    await writeFile(path.join(directory, file), gzipSync(joinTypes(parts, renamed).encode(), { level: 9 }));
    profiles.push({
      file,
      window,
      at: Math.round(offset),
      duration_s: incident.agent.upload_interval_s,
      type_name: name,
      labels: { ...labels, service_name: labels.service_name ?? service },
    });
  }
  incident.types_held = types;
  incident.profiles = profiles;
  const { profiles: list, ...head } = incident;
  const lines = list.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
  await writeFile(
    caseFile,
    `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "profiles": [\n${lines}\n  ]\n}\n`,
  );
  process.stderr.write(`${incident.id}: ${profiles.length} files of ${types.length} types\n`);
}
