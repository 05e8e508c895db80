import { createFilesSource } from '../src/sources/files/source.js';
import { startPyroscopeServer } from '../test/support/pyroscope-server.js';

// The test Pyroscope over a directory of profiles, in a process of its own. Started by load.ts with the directory; sends
// its address, and what it was asked since the last time whenever it gets a message.

/** A request that can be sent again. */
export interface Recorded {
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Base64. */
  body: string;
}

const [directory = ''] = process.argv.slice(2);
const store = await startPyroscopeServer(createFilesSource({ directory }));

process.on('message', () => {
  const asked: Recorded[] = store.requests.log.map(({ method, path, headers, body }) => ({
    method,
    path,
    headers: Object.fromEntries(
      ['accept', 'accept-encoding', 'content-type'].flatMap((name) => {
        const value = headers[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    body: body.toString('base64'),
  }));
  store.requests.clear();
  process.send?.(asked);
});
process.on('disconnect', () => process.exit());
process.send?.(store.url);
