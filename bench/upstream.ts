import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { generateProfile } from '../test/support/generate-profile.js';

// A profile store in a process of its own: one generated profile, answered as fast as a server can. Started by run.ts
// with the number of nodes; prints its port and what it holds.

const { bytes, nodes, stacks } = generateProfile({
  nodes: Number(process.argv[2]),
  seed: 1,
  hotShare: 0.3024,
  cpuOnly: true,
});
const profile = gzipSync(bytes);
const json = (body: object) => gzipSync(JSON.stringify(body));
const answers: Readonly<Record<string, { type: string; body: Buffer }>> = {
  SelectMergeProfile: { type: 'application/proto', body: profile },
  LabelValues: {
    type: 'application/json',
    body: json({ names: ['process_cpu:cpu:nanoseconds:cpu:nanoseconds'] }),
  },
  LabelNames: { type: 'application/json', body: json({ names: ['pod', 'service_name'] }) },
  SelectHeatmap: {
    type: 'application/json',
    body: json({
      series: [
        { labels: [{ name: 'pod', value: 'a' }], slots: [{ timestamp: String(Date.now()), counts: [240] }] },
      ],
    }),
  },
};

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    const answer = answers[request.url?.split('/').at(-1) ?? ''];
    if (answer === undefined) response.writeHead(404).end();
    else
      response.writeHead(200, { 'content-type': answer.type, 'content-encoding': 'gzip' }).end(answer.body);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(
    `${JSON.stringify({ port, nodes, stacks, raw: bytes.length, gzip: profile.length })}\n`,
  );
});
