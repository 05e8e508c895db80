import { createFilesSource } from '../src/sources/files/source.js';
import { startPyroscopeServer } from '../test/support/pyroscope-server.js';

// The test Pyroscope over a directory of profiles, in a process of its own. Started by load.ts with the
// directory; sends its address, and how many requests it got since the last time whenever it gets a message.

const [directory = ''] = process.argv.slice(2);
const store = await startPyroscopeServer(createFilesSource({ directory }));

process.on('message', () => {
  const count = store.requests.count();
  store.requests.clear();
  process.send?.(count);
});
process.on('disconnect', () => process.exit());
process.send?.(store.url);
