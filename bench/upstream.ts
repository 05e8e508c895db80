import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { generateProfile } from '../test/support/generate-profile.js';

// A profile store in a process of its own, answering as fast as a server can. Started by measure.ts with the
// number of nodes; prints its port and what it holds. For a comparison also with the instant of a change and
// the number of profiles that it says there are on either side: what is asked from then on gets a profile of
// the same tree in which one call path costs more, whatever the window.

const [nodesWanted = 0, changedAt = Number.POSITIVE_INFINITY, rounds = 0] = process.argv.slice(2).map(Number);
/** Milliseconds between two profiles. */
const SPACING = 60_000;
/** Factor by which the costs of one call path, 3 % of all, grow with the change. */
const SLOWER = 3;

const made = (slower: number) =>
  generateProfile({ nodes: nodesWanted, seed: 1, hotShare: 0.3024, slower, cpuOnly: true });
const { bytes, nodes, stacks, total } = made(1);
const before = gzipSync(bytes);
const after = rounds > 0 ? gzipSync(made(SLOWER).bytes) : before;

const json = (body: object) => gzipSync(JSON.stringify(body));
const labels = [{ name: 'pod', value: 'a' }];
const fixed: Readonly<Record<string, Buffer>> = {
  LabelValues: json({ names: ['process_cpu:cpu:nanoseconds:cpu:nanoseconds'] }),
  LabelNames: json({ names: ['pod', 'service_name'] }),
  Series: json({ labelsSet: [{ labels }] }),
  SelectHeatmap: json({
    series: [{ labels, slots: [{ timestamp: String(Date.now()), counts: [240] }] }],
  }),
};

function readAnswer(method: string, body: Buffer): { type: string; body: Buffer } | null {
  if (method === 'SelectMergeProfile')
    return { type: 'application/proto', body: findStart(body) < changedAt ? before : after };
  if (method === 'SelectSeries')
    return { type: 'application/json', body: listPoints(JSON.parse(body.toString())) };
  const answer = fixed[method];
  return answer === undefined ? null : { type: 'application/json', body: answer };
}

/** Field 3 of a SelectMergeProfileRequest; 0 where there is none. */
function findStart(body: Buffer): number {
  const reader = new BinaryReader(body);
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 3) return Number(reader.int64());
      reader.skip(wireType);
    }
  } catch {
    // The raw request of a benchmark has no body to speak of.
  }
  return 0;
}

/** The profiles on either side of the change, on the grid that was asked for. */
function listPoints({ start, end, step }: { start: number; end: number; step: number }): Buffer {
  const stepMs = Math.round(step * 1000);
  const times = Array.from({ length: 2 * rounds }, (_, at) => changedAt + (at - rounds + 0.5) * SPACING);
  const points = times
    .filter((time) => time > start && time <= end)
    .map((time) => ({
      timestamp: String(start + Math.ceil((time - start) / stepMs) * stepMs),
      value: total / rounds,
    }));
  return json({ series: points.length === 0 ? [] : [{ labels, points }] });
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.once('end', () => {
    const answer = readAnswer(request.url?.split('/').at(-1) ?? '', Buffer.concat(chunks));
    if (answer === null) response.writeHead(404).end();
    else
      response.writeHead(200, { 'content-type': answer.type, 'content-encoding': 'gzip' }).end(answer.body);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(
    `${JSON.stringify({ port, nodes, stacks, raw: bytes.length, gzip: before.length })}\n`,
  );
});
