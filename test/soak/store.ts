import { createFilesSource } from '../../src/sources/files/source.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';

// The test Pyroscope over a directory of profiles, in a process of its own. Started by run.ts with the
// directory; sends its address, and ends with its parent.

/** Time after which the log of requests is cleared, in ms. */
const FORGET_MS = 1_000;

const [directory = ''] = process.argv.slice(2);
const store = await startPyroscopeServer(createFilesSource({ directory }));
setInterval(() => store.requests.clear(), FORGET_MS);
process.on('disconnect', () => process.exit());
process.send?.(store.url);
