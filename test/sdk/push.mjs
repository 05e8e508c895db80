/** Sends profiles of profilers without an SDK to a Pyroscope; labels come from the environment. */
import { gzipSync } from 'node:zlib';

const { PYROSCOPE_URL, SERVICE, POD, REGION, VERSION } = process.env;

/** Pushes one pprof file, as an agent that scrapes does. */
export async function pushPprof(bytes, name) {
  const labels = { __name__: name, service_name: SERVICE, pod: POD, region: REGION, version: VERSION };
  const rawProfile = (bytes[0] === 0x1f ? bytes : gzipSync(bytes)).toString('base64');
  const series = [
    {
      labels: Object.entries(labels).map(([label, value]) => ({ name: label, value })),
      samples: [{ rawProfile }],
    },
  ];
  const response = await fetch(`${PYROSCOPE_URL}/push.v1.PusherService/Push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ series }),
  });
  if (!response.ok) process.stderr.write(`push: ${response.status} ${await response.text()}\n`);
}

/** Pushes folded stacks ("a;b;c 12" a line) to the older endpoint, with a spy's name as the SDKs give it. */
export async function pushFolded(text, { from, until, spyName, sampleRate, units = 'samples' }) {
  const query = new URLSearchParams({
    name: `${SERVICE}{pod=${POD},region=${REGION},version=${VERSION}}`,
    from: String(from),
    until: String(until),
    format: 'folded',
    spyName,
    sampleRate: String(sampleRate),
    units,
  });
  const response = await fetch(`${PYROSCOPE_URL}/ingest?${query}`, { method: 'POST', body: text });
  if (!response.ok) process.stderr.write(`ingest: ${response.status} ${await response.text()}\n`);
}

/** Pushes a JFR file named after the local time at which it began, as in 20261128-221836.jfr. */
export async function pushJfr(bytes, fileName) {
  const [, day, time] = /^(\d{8})-(\d{6})/.exec(fileName) ?? [];
  const began = new Date(
    `${day?.replace(/(....)(..)/, '$1-$2-')}T${time?.replace(/(..)(..)/, '$1:$2:')}`,
  ).getTime();
  const query = new URLSearchParams({
    name: `${SERVICE}{pod=${POD},region=${REGION},version=${VERSION}}`,
    from: String(began / 1000),
    until: String(began / 1000 + 10),
    format: 'jfr',
    spyName: 'javaspy',
  });
  const body = new FormData();
  body.set('jfr', new Blob([gzipSync(bytes)]), 'jfr');
  const response = await fetch(`${PYROSCOPE_URL}/ingest?${query}`, { method: 'POST', body });
  if (!response.ok) process.stderr.write(`ingest: ${response.status} ${await response.text()}\n`);
}
