import type { FunctionInfo } from '../model.js';
import { normaliseName } from './names.js';

interface PythonFrame {
  name: RegExp;
  file: RegExp;
  /** Whether the function waits only as the leaf, since it also runs work. */
  isLeafOnly?: true;
}

/** Files of Python's standard library: below the folder of a version, or bare as py-spy shortens them. */
const standard = (files: string) =>
  new RegExp(`(?:^|[\\\\/](?:python[\\d.]*|lib-python[\\\\/]\\d|Lib)[\\\\/])(?:${files})\\.py$`);
/** Functions of some names. Since Python 3.11 profilers write the class before a method. */
const named = (names: string) => new RegExp(`^(?:\\w+\\.)*(?:${names})$`);

/**
 * Functions in which a thread waits for work, the last Python frame above the call that blocks: locks,
 * conditions and queues, selectors, sockets that accept, workers of pools, and the loops of servers.
 */
const WAITS: readonly PythonFrame[] = [
  { name: named('wait|join|_wait_for_tstate_lock|_shutdown'), file: standard('threading') },
  { name: named('_?select'), file: standard('selectors') },
  { name: named('accept'), file: standard('socket') },
  { name: named('_worker'), file: standard('concurrent[\\\\/]futures[\\\\/]thread'), isLeafOnly: true },
  { name: named('poll2?'), file: standard('asyncore') },
  { name: named('poll2?'), file: /(?:^|[\\/])waitress[\\/]wasyncore\.py$/ },
  { name: named('wait|accept|sleep'), file: /(?:^|[\\/])gunicorn[\\/](?:arbiter|workers[\\/]\w+)\.py$/ },
  { name: named('wait|do_poll'), file: /(?:^|[\\/])eventlet[\\/]hubs[\\/]\w+\.py$/ },
  { name: named('doPoll|doSelect'), file: /(?:^|[\\/])twisted[\\/]internet[\\/]\w+\.py$/ },
  { name: named('poll'), file: /(?:^|[\\/])kombu[\\/]utils[\\/]eventio\.py$/ },
];

/** Functions above which nothing of Python is seen while a loop in C waits, but also while it works. */
const LOOPS: readonly PythonFrame[] = [
  {
    name: named('run|run_forever|run_until_complete'),
    file: standard('asyncio[\\\\/](?:runners|base_events)'),
  },
  { name: named('asyncio_run'), file: /(?:^|[\\/])uvicorn[\\/]_compat\.py$/ },
  { name: named('run'), file: /(?:^|[\\/])gevent[\\/]hub\.py$/ },
];

function findFrame(frames: readonly PythonFrame[], { name, file }: FunctionInfo): PythonFrame | undefined {
  if (!file.endsWith('.py')) return undefined;
  const normal = normaliseName(name);
  return frames.find((frame) => frame.file.test(file) && frame.name.test(normal));
}

/** Whether a Python thread in this function merely waits, the leaf of its stack or not. */
export function isPythonWait(info: FunctionInfo, isLeaf: boolean): boolean {
  const frame = findFrame(WAITS, info);
  return frame !== undefined && (isLeaf || frame.isLeafOnly !== true);
}

/** Whether a loop in C runs where this Python function is the leaf of a stack. */
export function isPythonLoop(info: FunctionInfo): boolean {
  return findFrame(LOOPS, info) !== undefined;
}
