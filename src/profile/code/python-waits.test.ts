import { describe, expect, test } from 'vitest';
import { isPythonLoop, isPythonWait } from './python-waits.js';

const LIB = '/usr/local/lib/python3.11';
const PACKAGES = `${LIB}/site-packages`;

const buildInfo = (name: string, file: string) => ({ name, file, startLine: 0, isSymbolised: true });

describe('a Python thread waits for work', () => {
  test.each([
    ['Condition.wait', `${LIB}/threading.py`],
    ['wait (threading.py:320)', 'threading.py'],
    ['Thread.join', '/home/app/.pyenv/versions/3.13.1/lib/python3.13/threading.py'],
    ['Thread._wait_for_tstate_lock', `${LIB}/threading.py`],
    ['_shutdown', `${LIB}/threading.py`],
    ['EpollSelector.select', `${LIB}/selectors.py`],
    ['_PollLikeSelector.select', 'C:\\Python\\Lib\\selectors.py'],
    ['SelectSelector._select', '/opt/pypy/lib-python/3/selectors.py'],
    ['socket.accept', `${LIB}/socket.py`],
    ['_worker', `${LIB}/concurrent/futures/thread.py`],
    ['_worker', 'concurrent/futures/thread.py'],
    ['poll', `${LIB}/asyncore.py`],
    ['poll2', `${PACKAGES}/waitress/wasyncore.py`],
    ['SyncWorker.wait', `${PACKAGES}/gunicorn/workers/sync.py`],
    ['Arbiter.sleep', `${PACKAGES}/gunicorn/arbiter.py`],
    ['Hub.do_poll', `${PACKAGES}/eventlet/hubs/epolls.py`],
    ['_PollLikeMixin.doPoll', `${PACKAGES}/twisted/internet/epollreactor.py`],
    ['_poll.poll', `${PACKAGES}/kombu/utils/eventio.py`],
  ])('in %s of %s', (name, file) => {
    expect(isPythonWait(buildInfo(name, file), true)).toBe(true);
  });

  test.each([
    // Files of a team have such names, and other functions stand in the same files.
    ['Condition.wait', '/srv/app/orders/threading.py'],
    ['select', '/srv/app/selectors.py'],
    ['accept', 'orders/socket.py'],
    ['poll', 'orders/wasyncore.py'],
    ['wait', 'orders/workers/sync.py'],
    ['Condition.notify', `${LIB}/threading.py`],
    ['Thread.run', `${LIB}/threading.py`],
    ['Condition.waiters', `${LIB}/threading.py`],
    ['Condition.wait', `${LIB}/threading.pyc`],
    ['SocketIO.readinto', `${LIB}/socket.py`],
    ['dispatcher.send', `${PACKAGES}/waitress/wasyncore.py`],
    ['BaseEventLoop._run_once', `${LIB}/asyncio/base_events.py`],
    ['Runner.run', `${LIB}/asyncio/runners.py`],
  ])('but not in %s of %s', (name, file) => {
    expect(isPythonWait(buildInfo(name, file), true)).toBe(false);
  });

  test('in a worker of a pool only where that is the leaf', () => {
    expect(isPythonWait(buildInfo('_worker', 'concurrent/futures/thread.py'), false)).toBe(false);
    expect(isPythonWait(buildInfo('Condition.wait', 'threading.py'), false)).toBe(true);
  });
});

test.each([
  ['Runner.run', `${LIB}/asyncio/runners.py`, true],
  ['BaseEventLoop.run_forever', `${LIB}/asyncio/base_events.py`, true],
  ['asyncio_run', `${PACKAGES}/uvicorn/_compat.py`, true],
  ['Hub.run', `${PACKAGES}/gevent/hub.py`, true],
  ['BaseEventLoop._run_once', `${LIB}/asyncio/base_events.py`, false],
  ['Runner.run', 'orders/runners.py', false],
  ['Hub.run', 'orders/hub.py', false],
])('%s of %s runs a loop in C: %s', (name, file, isLoop) => {
  expect(isPythonLoop(buildInfo(name, file))).toBe(isLoop);
});
