// Plays the bundled incident of checkout-api as if it happened now: sends the last 45 minutes of its profiles, the
// fault in the newest 15 of them, then goes on with the fault, as the service would that still has it.
// PYROSCOPE_URL names the server; --once stops after the first 45 minutes.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';

const url = (process.env.PYROSCOPE_URL ?? 'http://127.0.0.1:4040').replace(/\/+$/, '');
const incident = fileURLToPath(new URL('../../fixtures/demo/', import.meta.url));
/** When the fault began, and when the recording ends. */
const RECORDED = { fault: Date.parse('2026-11-20T14:30:00Z'), end: Date.parse('2026-11-20T14:45:00Z') };
/** Between two rounds of the recording. */
const ROUND_MS = 225_000;
/** The first storage of Pyroscope takes the allocations of Go for counters, and would difference ours, which are not. */
const NO_DELTAS = { __delta__: 'false' };
/** Profiles in one request. */
const BATCH = 8;

const { profiles } = JSON.parse(readFileSync(path.join(incident, 'profiles.json'), 'utf8'));

/** One recorded profile as the server takes it, moved in time. */
function series({ file, time, duration_s, type_name, labels }, shiftMs) {
  const profile = Profile.decode(gunzipSync(readFileSync(path.join(incident, file))));
  profile.timeNanos = BigInt(Date.parse(time) + shiftMs) * 1_000_000n;
  profile.durationNanos = BigInt(duration_s) * 1_000_000_000n;
  return {
    labels: Object.entries({ ...labels, ...NO_DELTAS, __name__: type_name }).map(([name, value]) => ({
      name,
      value,
    })),
    samples: [{ rawProfile: gzipSync(profile.encode()).toString('base64') }],
  };
}

async function push(recorded, shiftMs) {
  for (let from = 0; from < recorded.length; from += BATCH) {
    const batch = recorded.slice(from, from + BATCH).map((profile) => series(profile, shiftMs));
    const response = await fetch(`${url}/push.v1.PusherService/Push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ series: batch }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }
}

/** A server that has just started refuses profiles for a while. */
async function ready() {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(`${url}/ready`).catch(() => null);
    if (answer?.ok) return;
    if (attempt === 60) throw new Error(`${url} is not ready`);
    await sleep(1_000);
  }
}

try {
  await ready();
  const shiftMs = Date.now() - RECORDED.end;
  await push(profiles, shiftMs);
  const [from, to] = [RECORDED.fault, RECORDED.end].map((time) => new Date(time + shiftMs).toISOString());
  process.stdout.write(
    `checkout-api has an incident since ${from}. Ask:\npyroscope-mcp call investigate '${JSON.stringify({ service: 'checkout-api', from, to })}'\n`,
  );
  // The rounds with the fault, again and again: every fourth round is the same one.
  const faulty = profiles.filter(({ time }) => Date.parse(time) >= RECORDED.fault);
  const rounds = [...new Set(faulty.map(({ time }) => time))].sort();
  for (let round = 0; !process.argv.includes('--once'); round++) {
    await sleep(ROUND_MS);
    const time = rounds[round % rounds.length];
    await push(
      faulty.filter((profile) => profile.time === time),
      Date.now() - ROUND_MS / 2 - Date.parse(time),
    );
  }
} catch (error) {
  process.stderr.write(`demo app: ${error.message}\n`);
  process.exitCode = 1;
}
